"""Commands that read the current snapshot: `tieout snapshot`, `tieout discrepancies`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, cast

import typer

from app.cli.errors import FOUND_SEVERE
from app.cli.options import HomeOption, home_of
from tieout.core.kind import CATEGORIES, SEVERITIES, Severity
from tieout.core.kinds import KIND_BY_NAME
from tieout.core.money import format_money
from tieout.core.plain import plain
from tieout.store.errors import BadArgument, TieoutError
from tieout.store.snapshots import Snapshot, current_snapshot_path, open_snapshot

STATUSES: Final = ("open", "accepted", "resolved")
STAGES: Final = ("preventable", "billed")
AGAIN: Final = "may be given again"


class Format(StrEnum):
    """How rows are written."""

    table = "table"
    json = "json"
    csv = "csv"


def snapshot(home: HomeOption = None) -> None:
    """Prints the path of the current snapshot, and nothing else."""
    typer.echo(current_snapshot_path(home_of(home)))


def discrepancies(
    home: HomeOption = None,
    format: Annotated[Format, typer.Option("--format", help="table, json or csv.")] = Format.table,
    fail_on: Annotated[
        str, typer.Option("--fail-on", help="Exit status 3 when one of this severity or above is open.")
    ] = "",
    kind: Annotated[list[str] | None, typer.Option("--kind", help=f"Only this kind; {AGAIN}.")] = None,
    category: Annotated[list[str] | None, typer.Option("--category", help=f"Only this category; {AGAIN}.")] = None,
    severity: Annotated[list[str] | None, typer.Option("--severity", help=f"Only this severity; {AGAIN}.")] = None,
    stage: Annotated[str, typer.Option("--stage", help="Only preventable or only billed ones.")] = "",
    customer: Annotated[str, typer.Option("--customer", help="Only this customer.")] = "",
    currency: Annotated[str, typer.Option("--currency", help="Only this currency.")] = "",
    min_impact: Annotated[
        int, typer.Option("--min-impact", min=0, help="Only with at least so much money, in its smallest unit.")
    ] = 0,
    status: Annotated[
        list[str] | None,
        typer.Option("--status", help=f"open, accepted or resolved; {AGAIN} [default: open]."),
    ] = None,
) -> None:
    """Lists discrepancies, the costliest first."""
    filters = {
        "kind": _known("--kind", kind, tuple(KIND_BY_NAME)),
        "category": _known("--category", category, CATEGORIES),
        "severity": _known("--severity", severity, SEVERITIES),
        "stage": _known("--stage", [stage] if stage else None, STAGES),
        "status": _known("--status", status or ["open"], STATUSES),
        "customer_id": [customer] if customer else [],
        "currency": [currency.lower()] if currency else [],
    }
    _known("--fail-on", [fail_on] if fail_on else None, SEVERITIES)
    with open_snapshot(home_of(home)) as current:
        if "discrepancies" not in current.tables():
            raise TieoutError(f"snapshot {current.path} has no table discrepancies")
        rows, columns = _listed(current, filters, min_impact)
        severe = _open_from(current, fail_on) if fail_on else 0
    typer.echo(written(rows, format, columns), nl=False)
    if format is Format.table and rows:
        typer.echo(_reading_aid(rows, home), err=True)
    if severe:
        typer.echo(f"tieout: {severe} open at or above {fail_on}", err=True)
        raise typer.Exit(FOUND_SEVERE)


def _known(option: str, given: list[str] | None, allowed: Sequence[str]) -> list[str]:
    """What was asked for, which must be among what there is."""
    for word in given or []:
        if word not in allowed:
            raise BadArgument(f"{option} {word} is unknown; there are {', '.join(allowed)}")
    return given or []


def _listed(
    snapshot: Snapshot, filters: Mapping[str, list[str]], min_impact: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows that pass every filter that is given, and the table's columns."""
    asked = {column: words for column, words in filters.items() if words}
    conditions = [f"list_contains(?, {column})" for column in asked]
    values: list[object] = list(asked.values())
    if min_impact:
        conditions.append("abs(impact_minor) >= ?")
        values.append(min_impact)
    rows = snapshot.rows(
        f"select * from marts.discrepancies where {' and '.join(conditions) or 'true'} "
        "order by abs(impact_minor) desc nulls last, kind, discrepancy_id",
        values,
    )
    columns = snapshot.rows("describe marts.discrepancies")
    return rows, [str(column["column_name"]) for column in columns]


def _open_from(snapshot: Snapshot, severity: str) -> int:
    """How many are open at that severity or above, whatever is listed."""
    floor = list(SEVERITIES[SEVERITIES.index(cast("Severity", severity)) :])
    found = snapshot.rows(
        "select count(*) as found from marts.discrepancies where status = 'open' and list_contains(?, severity)",
        [floor],
    )
    return int(found[0]["found"])


def written(rows: list[dict[str, Any]], format: Format, columns: Sequence[str] = ()) -> str:
    """The rows as text in that format, each ending with a line end. CSV has its header also without rows."""
    if format is Format.json:
        return json.dumps([{k: plain(v) for k, v in row.items()} for row in rows], indent=2) + "\n"
    if format is Format.csv:
        out = io.StringIO()
        if rows or columns:
            writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows({k: plain(v) for k, v in row.items()} for row in rows)
        return out.getvalue()
    return _table(rows)


def _reading_aid(rows: list[dict[str, Any]], home: Path | None) -> str:
    """What the list does not say by itself, and where to go from there; on standard error, apart from the list."""
    where = "" if home is None else f" --home {home}"
    return (
        f"{len(rows):,} {'discrepancy' if len(rows) == 1 else 'discrepancies'}. Impact: what leaked, with a minus what "
        f"was overcharged. One with both sides and its remedy: tieout explain {rows[0]['discrepancy_id']}{where}"
    )


def _table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "No discrepancies.\n"
    heads = ("id", "kind", "severity", "customer", "impact", "what it is")
    cells = [
        (
            str(row["discrepancy_id"]),
            str(row["kind"]),
            str(row["severity"]),
            str(row["customer_id"] or ""),
            "" if row["impact_minor"] is None else format_money(row["impact_minor"], row["currency"] or ""),
            str(row["explanation"] or ""),
        )
        for row in rows
    ]
    widths = [max(len(line[i]) for line in (heads, *cells)) for i in range(len(heads) - 1)]
    return "".join(
        "  ".join([*(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=False)), line[-1]]).rstrip() + "\n"
        for line in (heads, *cells)
    )
