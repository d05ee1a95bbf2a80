"""Cells of credit grants and of what used them, for the page of all customers and for that of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.dashboard.widgets import day, money, spoken

GRANT_AMOUNTS: Final = ("Granted", "Used", "Expired", "Taken back", "Still there")
USE_AMOUNTS: Final = ("Used", "Left of the grant")


def grant_cells(row: Mapping[str, Any]) -> dict[str, str]:
    """A row of `credit_balances`."""
    currency = row["currency"]
    return {
        "Grant": row["name"] or row["credit_grant_id"],
        "Category": spoken(row["category"]),
        "Granted": money(row["granted_minor"], currency),
        "Used": money(row["applied_minor"], currency),
        "Expired": money(row["expired_minor"], currency),
        "Taken back": money(row["voided_minor"], currency),
        "Still there": money(row["available_minor"], currency),
        "From": day(row["effective_at"]),
        "Expires": day(row["expires_at"]) if row["expires_at"] else "never",
    }


def use_cells(row: Mapping[str, Any]) -> dict[str, str]:
    """A row of `credit_applications`: how a grant burns down, line by line."""
    return {
        "Grant": row["credit_grant_id"],
        "Used": money(row["amount_minor"], row["currency"]),
        "Left of the grant": money(row["balance_after_minor"], row["currency"]),
        "Price": row["price_id"] or "–",
        "Invoice": row["invoice_id"] or "–",
    }
