"""How the lines of an expected invoice come about, for `tieout explain`: every sum, expected beside actual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tieout.core.derivation import UsageDay, usage_by_day, written_sum
from tieout.core.money import format_money
from tieout.store.snapshots import Snapshot

NEEDED = frozenset({"expected_invoices", "expected_invoice_lines", "invoice_reconciliation", "invoices", "usage_daily"})

# what the expected side calls it, what the actual side does, and how a person would
TOTALS = (
    ("subtotal_minor", "subtotal_minor", "sum of the lines"),
    ("discount_minor", "discount_minor", "less discounts"),
    ("credit_grants_minor", "credit_grants_minor", "less credit grants"),
    ("tax_minor", "tax_minor", "tax, as Stripe states it"),
    ("total_minor", "total_minor", "total"),
    ("starting_balance_minor", "starting_balance_minor", "customer balance before"),
    ("ending_balance_minor", "ending_balance_minor", "customer balance after"),
    ("amount_due_minor", "amount_due_minor", "amount due"),
)

LINES = """
select lines.*, sides.status as comparison, sides.actual_minor
from marts.expected_invoice_lines as lines
left join marts.invoice_reconciliation as sides
    on lines.expected_invoice_id = sides.expected_invoice_id
    and lines.kind = sides.kind
    and lines.subscription_item_id is not distinct from sides.subscription_item_id
    and lines.price_id is not distinct from sides.price_id
    and lines.contract_id is not distinct from sides.contract_id
    and lines.period_start = sides.period_start
    and lines.period_end = sides.period_end
where lines.expected_invoice_id = ?
order by lines.line_number
"""


def sums_of(
    snapshot: Snapshot, invoice_id: str | None, expected_invoice_id: str | None, with_events: bool
) -> list[str]:
    """Text about one invoice, named by Stripe's id or by the expected one's; nothing where none is expected."""
    if not snapshot.tables() >= NEEDED:
        return []
    told: list[str] = []
    for expected in snapshot.rows(
        "select *, total_minor - total_excl_tax_minor as tax_minor from marts.expected_invoices "
        "where matched_invoice_id = ? or expected_invoice_id = ? order by expected_invoice_id",
        [invoice_id, expected_invoice_id],
    ):
        told += ["", f"  how {expected['expected_invoice_id']} comes about"]
        for line in snapshot.rows(LINES, [expected["expected_invoice_id"]]):
            told += ["", *(f"  {text}" for text in _line(snapshot, line, with_events))]
        told += ["", *(f"  {text}" for text in _totals(snapshot, expected))]
    return told


def _line(snapshot: Snapshot, line: dict[str, Any], with_events: bool) -> Iterator[str]:
    """A line group: what it is for, its sums, what was expected beside what is there, and the usage behind it."""
    names = [line["kind"].replace("_", " "), line["price_name"], line["meter"] and f"meter {line['meter']}"]
    names.append(line["price_id"] or line["contract_id"])
    yield f"{', '.join(str(name) for name in names if name)}: {line['period_start']} to {line['period_end']}"
    counts_from = line["usage_from"] or line["period_start"]
    if counts_from > line["period_start"]:
        yield f"  usage from {counts_from}, when the price was put on the subscription"
    for text in written_sum(line["derivation"], line["currency"]):
        yield f"  {text}"
    yield f"  expected {_money(line, 'amount_minor')}, actual {_money(line, 'actual_minor')}{_comparison(line)}"
    if with_events and line["meter"]:
        rows = snapshot.rows(
            "select usage_date, quantity, events from marts.usage_daily where customer_id = ? and meter = ? "
            "and usage_date between ?::date and ?::date order by usage_date",
            [line["customer_id"], line["meter"], counts_from, line["period_end"]],
        )
        days = [UsageDay(row["usage_date"], row["quantity"], row["events"]) for row in rows]
        told = usage_by_day(days, counts_from, line["period_end"])
        yield "  usage by day" if told else "  no usage"
        for text in told:
            yield f"    {text}"


def _comparison(line: dict[str, Any]) -> str:
    reason = f" ({line['not_computed_reason']})" if line["not_computed_reason"] else ""
    return f": {line['comparison'] or 'not compared'}{reason}"


def _totals(snapshot: Snapshot, expected: dict[str, Any]) -> Iterator[str]:
    """The invoice's own sums, expected beside actual."""
    found = snapshot.rows("select * from marts.invoices where invoice_id = ?", [expected["matched_invoice_id"]])
    actual = found[0] if found else {}
    if expected["status"] != "computed":
        yield f"not computed: {expected['not_computed_reason']}"
    yield f"{'':<26}{'expected':>18}{'actual':>18}"
    for mine, theirs, words in TOTALS:
        cells = (_money(expected, mine), _money({**actual, "currency": expected["currency"]}, theirs))
        yield f"{words:<26}{cells[0]:>18}{cells[1]:>18}"


def _money(row: dict[str, Any], name: str) -> str:
    return "–" if row.get(name) is None else format_money(row[name], row["currency"])
