"""`tieout explain ID`: a discrepancy, an invoice (both sides, and how it comes about), or a customer."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated, Any

import typer

from app.cli.explain_discrepancy import evidence_lines, told_discrepancy, usage_lines
from app.cli.explain_sums import sums_of
from app.cli.options import HomeOption, home_of
from tieout.core.money import format_money
from tieout.store.errors import BadArgument
from tieout.store.home import Home
from tieout.store.snapshots import Snapshot, open_snapshot

LIST_MAX = 50


def explain(
    id: Annotated[str, typer.Argument(metavar="ID", help="A discrepancy, an invoice or a customer.")],
    home: HomeOption = None,
    events: Annotated[
        bool, typer.Option("--events", help="With the usage behind it: by day, and of a discrepancy its records.")
    ] = False,
) -> None:
    """Says what is known about a discrepancy, a customer, or an invoice: expected beside actual, and every sum.

    An invoice that never came is named by its expected_invoice_id.
    """
    where = home_of(home)
    with open_snapshot(where) as snapshot:
        for finder in (
            partial(_discrepancy, home=where, with_events=events),
            partial(_invoice, with_events=events),
            _customer,
        ):
            lines = finder(snapshot, id)
            if lines is not None:
                typer.echo("\n".join(lines))
                return
        raise BadArgument(f"{id} is no discrepancy, invoice or customer in {snapshot.path}")


def _one(snapshot: Snapshot, table: str, key: str, id: str) -> dict[str, Any] | None:
    if table not in snapshot.tables():
        return None
    rows = snapshot.rows(f"select * from marts.{table} where {key} = ? limit 1", [id])
    return rows[0] if rows else None


def _discrepancy(snapshot: Snapshot, id: str, home: Home, with_events: bool) -> list[str] | None:
    row = _one(snapshot, "discrepancies", "discrepancy_id", id)
    if row is None:
        return None
    expected_invoice_id = json.loads(row.get("evidence") or "{}").get("expected_invoice_id")
    return [
        *told_discrepancy(row),
        *(
            ["", *_both_sides(snapshot, row["invoice_id"], expected_invoice_id)]
            if row["invoice_id"] or expected_invoice_id
            else []
        ),
        *evidence_lines(row),
        *(usage_lines(home, snapshot, row) if with_events else []),
    ]


def _invoice(snapshot: Snapshot, id: str, with_events: bool = False) -> list[str] | None:
    row = _one(snapshot, "invoices", "invoice_id", id)
    if row is None:
        expected = _one(snapshot, "expected_invoices", "expected_invoice_id", id)
        if expected is None:
            return None
        return [
            f"expected invoice {id} ({expected['reason']}) of customer {expected['customer_id']}",
            *_facts(expected, expected.get("currency")),
            "",
            *_both_sides(snapshot, expected.get("matched_invoice_id"), id),
            *sums_of(snapshot, expected.get("matched_invoice_id"), id, with_events),
        ]
    return [
        f"invoice {id} ({row.get('status')}) of customer {row.get('customer_id')}",
        *_facts(row, row.get("currency")),
        "",
        *_both_sides(snapshot, id),
        *sums_of(snapshot, id, None, with_events),
        *_open_findings(snapshot, "invoice_id", id),
    ]


def _customer(snapshot: Snapshot, id: str) -> list[str] | None:
    row = _one(snapshot, "customers", "customer_id", id)
    if row is None:
        return None
    lines = [f"customer {id} {row.get('name') or ''}".rstrip(), *_facts(row, row.get("currency"))]
    if "subscriptions" in snapshot.tables():
        versions = snapshot.rows(
            "select subscription_id, status, valid_from, price_ids from marts.subscriptions "
            f"where customer_id = ? and valid_to is null order by subscription_id limit {LIST_MAX}",
            [id],
        )
        lines += ["", "  subscriptions"]
        lines += [
            f"    {v['subscription_id']}  {v['status']}  since {v['valid_from']}  {v['price_ids']}" for v in versions
        ]
    if "invoices" in snapshot.tables():
        invoices = snapshot.rows(
            f"select * from marts.invoices where customer_id = ? order by invoice_id limit {LIST_MAX}",
            [id],
        )
        lines += ["", "  invoices"]
        for invoice in invoices:
            total = invoice.get("total_minor")
            amount = "" if total is None else format_money(total, invoice.get("currency") or "")
            lines.append(f"    {invoice['invoice_id']}  {invoice.get('status')}  {amount}")
    return lines + _open_findings(snapshot, "customer_id", id)


def _open_findings(snapshot: Snapshot, key: str, id: str) -> list[str]:
    if "discrepancies" not in snapshot.tables():
        return []
    rows = snapshot.rows(
        f"select discrepancy_id, kind, explanation from marts.discrepancies where {key} = ? and status = 'open' "
        f"order by kind, discrepancy_id limit {LIST_MAX}",
        [id],
    )
    return (
        ["", "  open discrepancies", *(f"    {r['discrepancy_id']}  {r['kind']}: {r['explanation']}" for r in rows)]
        if rows
        else []
    )


def _both_sides(snapshot: Snapshot, invoice_id: str | None, expected_invoice_id: str | None = None) -> list[str]:
    """The line groups of an invoice, what was expected beside what is on it."""
    if "invoice_reconciliation" not in snapshot.tables():
        return []
    rows = snapshot.rows(
        "select * from marts.invoice_reconciliation where invoice_id = ? or expected_invoice_id = ? "
        "order by kind, price_id nulls last",
        [invoice_id, expected_invoice_id],
    )
    if not rows:
        return ["  no line groups"]
    currency = _currency(snapshot, invoice_id, expected_invoice_id)
    heads = ("line group", "price", "status", "expected", "actual", "difference")
    cells = [
        (
            str(row["kind"] or ""),
            str(row["price_id"] or ""),
            str(row["status"]) + (f" ({row['reason']})" if row.get("reason") else ""),
            *("–" if row[name] is None else format_money(row[name], currency) for name in AMOUNTS),
        )
        for row in rows
    ]
    widths = [max(len(line[i]) for line in (heads, *cells)) for i in range(len(heads))]
    return [
        "  "
        + "  ".join(f"{c:<{w}}" if i < 3 else f"{c:>{w}}" for i, (c, w) in enumerate(zip(line, widths, strict=True)))
        for line in (heads, *cells)
    ]


AMOUNTS = ("expected_minor", "actual_minor", "difference_minor")


def _currency(snapshot: Snapshot, invoice_id: str | None, expected_invoice_id: str | None) -> str:
    for table, key, id in (
        ("invoices", "invoice_id", invoice_id),
        ("expected_invoices", "expected_invoice_id", expected_invoice_id),
    ):
        row = _one(snapshot, table, key, id) if id else None
        if row is not None and row.get("currency"):
            return str(row["currency"])
    return ""


def _facts(row: dict[str, Any], currency: str | None) -> list[str]:
    """Every column that has a value, money as money."""
    told = []
    for name, value in row.items():
        if value is None or isinstance(value, list | dict) or (name.endswith("_id") and str(value) == ""):
            continue
        if name.endswith("_minor") and isinstance(value, int):
            told.append(f"  {name.removesuffix('_minor'):<28}{format_money(value, currency or '')}")
        else:
            told.append(f"  {name:<28}{value}")
    return told
