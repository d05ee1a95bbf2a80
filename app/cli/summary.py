"""The closing words of a run, read from the snapshot that it has just published."""

from __future__ import annotations

from decimal import Decimal

from tieout.core.money import format_money
from tieout.store.home import Home
from tieout.store.snapshots import Snapshot, open_snapshot


def summary(home: Home, seconds: float) -> str:
    """Events, customers, invoices, the share of invoiced money that was recomputed, and what was found."""
    with open_snapshot(home) as snapshot:
        measures = health(snapshot)
        lines = [
            f"Published {snapshot.path}",
            f"  as of               {snapshot.as_of:%Y-%m-%d %H:%M:%S} UTC",
            f"  usage events        {measures.get('usage_events', 0):,}",
            f"  customers           {measures.get('customers', 0):,}",
            f"  invoices            {measures.get('invoices', 0):,}",
            *_quarantined(measures),
            *_recomputed(measures),
            *_discrepancies(snapshot),
            *_ledger_anew(snapshot),
            f"  seconds             {seconds:.1f}",
        ]
    return "\n".join(lines)


def health(snapshot: Snapshot) -> dict[str, int]:
    """The run's measures by name; empty in a snapshot that has none."""
    if "pipeline_health" not in snapshot.tables():
        return {}
    rows = snapshot.rows("select measure, value from marts.pipeline_health where run_id = ?", [snapshot.run_id])
    return {row["measure"]: row["value"] for row in rows}


def recomputed_shares(measures: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Currency to (recomputed, invoiced), in minor units; amounts are absolute, so that credits do not hide charges."""
    currencies = sorted(name.partition("/")[2] for name in measures if name.startswith("invoiced_minor/"))
    return {c: (measures.get(f"recomputed_minor/{c}", 0), measures[f"invoiced_minor/{c}"]) for c in currencies}


def _quarantined(measures: dict[str, int]) -> list[str]:
    count = sum(
        value for name, value in measures.items() if name.startswith(("usage_quarantined/", "landing_quarantined/"))
    )
    return [f"  quarantined         {count:,}"] if count else []


def _recomputed(measures: dict[str, int]) -> list[str]:
    shares = recomputed_shares(measures)
    told = [
        f"  recomputed          {percent(part, whole)} of {format_money(whole, currency)} invoiced"
        for currency, (part, whole) in shares.items()
    ]
    reasons = {n.partition("/")[2]: v for n, v in measures.items() if n.startswith("not_computed/")}
    if reasons:
        words = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items(), key=lambda item: -item[1]))
        told.append(f"  not computed        {words} (line groups)")
    return told


def percent(part: int, whole: int) -> str:
    """A share with one decimal, rounded down, so that 100.0% means all of it."""
    if whole == 0:
        return "100.0%"
    return f"{Decimal(part * 1000 // whole) / 10:.1f}%"


def _discrepancies(snapshot: Snapshot) -> list[str]:
    if "discrepancies" not in snapshot.tables():
        return ["  discrepancies       not computed"]
    rows = snapshot.rows(
        "select kind, currency, count(*) as found, sum(impact_minor)::bigint as impact_minor from marts.discrepancies "
        "where status = 'open' group by all order by kind, currency nulls first"
    )
    if not rows:
        return ["  discrepancies       none open"]
    found: dict[str, tuple[int, list[str]]] = {}
    for row in rows:
        count, amounts = found.get(row["kind"], (0, []))
        if row["impact_minor"] is not None and row["currency"]:
            amounts = [*amounts, format_money(row["impact_minor"], row["currency"])]
        found[row["kind"]] = (count + row["found"], amounts)
    total = sum(count for count, _ in found.values())
    return [
        f"  discrepancies       {total:,} open (positive: leaked, negative: overcharged)",
        *(f"    {kind:<28}{count:>5}  {'  '.join(amounts)}".rstrip() for kind, (count, amounts) in found.items()),
        *_totals(snapshot),
    ]


def _ledger_anew(snapshot: Snapshot) -> list[str]:
    """Closed months and a ledger that begins with this run: there was another one, and what it knew when is lost."""
    if "ledger_periods" not in snapshot.tables():
        return []
    rows = snapshot.rows(
        "select strftime(max(period_month), '%Y-%m') as month from marts.ledger_periods where last_action = 'close' "
        "and not is_closed having count(*) > 0 and (select max(batch_number) from marts.ledger_entries) = 1"
    )
    return [
        f"  ledger              posted anew, though months up to {row['month']} were closed: what it had said of them, "
        "and what was known when, is lost"
        for row in rows
    ]


def _totals(snapshot: Snapshot) -> list[str]:
    """What leaked and what was overcharged, each by currency: the two are never netted."""
    if "discrepancy_totals" not in snapshot.tables():
        return []
    rows = snapshot.rows(
        "select currency, sum(leaked_minor)::bigint as leaked, sum(overcharged_minor)::bigint as overcharged "
        "from marts.discrepancy_totals where status = 'open' group by currency order by currency"
    )
    told = []
    for name in ("leaked", "overcharged"):
        amounts = [format_money(row[name], row["currency"]) for row in rows if row[name]]
        if amounts:
            told.append(f"  {'in all ' + name:<20}{'  '.join(amounts)}")
    return told
