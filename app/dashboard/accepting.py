"""Accepting a discrepancy from the dashboard: it lands a record, and the next run shows it."""

from __future__ import annotations

from app.dashboard.source import Row


def show_accept(row: Row) -> None:
    """The form, or why there is none."""
