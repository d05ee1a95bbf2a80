"""Cuts a made world at an instant: what had landed by then, each live object as its newest event shows it."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.simulator.recount import objects

_RANK = ("draft", "incomplete", "trialing", "open", "active", "past_due", "uncollectible", "paid", "void", "canceled")
_LIVE = ("subscription", "invoice")


def cut(landing: Path, target: Path, at: int) -> set[str]:
    """Write what had landed by the instant into ``target``; the ids of the invoices that were drafts then.

    Usage is taken by its file's day: that day's files as a whole.
    """
    newest: dict[str, tuple[int, int, dict[str, Any]]] = {}
    rest: dict[str, list[dict[str, Any]]] = {}
    for path in sorted((landing / "stripe").rglob("*.jsonl*")):
        for one in objects(path):
            kind = one["object"]
            if kind == "event" and one["created"] <= at:
                live = one["data"]["object"]
                seen = (one["created"], _RANK.index(live["status"]), live)
                newest[live["id"]] = max(newest.get(live["id"], seen), seen, key=lambda s: s[:2])
                rest.setdefault("event", []).append(one)
            elif kind not in (*_LIVE, "event") and one.get("end_time", one.get("created", one.get("date", 0))) <= at:
                rest.setdefault(kind, []).append(one)
    for _, _, live in newest.values():
        rest.setdefault(live["object"], []).append(live)
    for kind, rows in rest.items():
        (target / "stripe").mkdir(parents=True, exist_ok=True)
        (target / "stripe" / f"{kind}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    day = _day(at)
    for folder in (landing / "usage").glob("dt=*"):
        if folder.name <= f"dt={day}":
            shutil.copytree(folder, target / "usage" / folder.name)
    if (landing / "contracts").is_dir():
        shutil.copytree(landing / "contracts", target / "contracts")
    return {i for i, (_, _, live) in newest.items() if live["object"] == "invoice" and live["status"] == "draft"}


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
