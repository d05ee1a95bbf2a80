"""Commands that read the current snapshot: `tieout snapshot`, `tieout discrepancies`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from app.cli.errors import FOUND_SEVERE
from app.cli.options import HomeOption, home_of
from tieout.core.money import format_money
from tieout.core.plain import plain
from tieout.store.errors import BadArgument, TieoutError
from tieout.store.snapshots import current_snapshot_path, open_snapshot

SEVERITIES = ("info", "warning", "error", "critical")
STATUSES = ("open", "accepted", "resolved")


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
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only this kind; may be given again.")] = None,
    customer: Annotated[str, typer.Option("--customer", help="Only this customer.")] = "",
    status: Annotated[
        list[str] | None,
        typer.Option("--status", help="open, accepted or resolved; may be given again [default: open]."),
    ] = None,
) -> None:
    """Lists discrepancies, the costliest first."""
    if fail_on and fail_on not in SEVERITIES:
        raise BadArgument(f"--fail-on {fail_on} is no severity; there are {', '.join(SEVERITIES)}")
    statuses = status or ["open"]
    for given in statuses:
        if given not in STATUSES:
            raise BadArgument(f"--status {given} is unknown; there are {', '.join(STATUSES)}")
    with open_snapshot(home_of(home)) as current:
        if "discrepancies" not in current.tables():
            raise TieoutError(f"snapshot {current.path} has no table discrepancies")
        rows = current.rows(
            "select * from marts.discrepancies where list_contains(?, status) "
            "and (? = '' or customer_id = ?) and (len(?) = 0 or list_contains(?, kind)) "
            "order by abs(impact_minor) desc nulls last, kind, discrepancy_id",
            [statuses, customer, customer, kind or [], kind or []],
        )
        columns = [
            str(row["column_name"])
            for row in current.rows(
                "select column_name from information_schema.columns "
                "where table_schema = 'marts' and table_name = 'discrepancies' order by ordinal_position",
                [],
            )
        ]
        severe = 0
        if fail_on:
            floor = SEVERITIES[SEVERITIES.index(fail_on) :]
            found = current.rows(
                "select count(*) as found from marts.discrepancies where status = 'open' "
                "and list_contains(?, severity)",
                [list(floor)],
            )
            severe = int(found[0]["found"])
    typer.echo(written(rows, format, columns), nl=False)
    if severe:
        typer.echo(f"tieout: {severe} open at or above {fail_on}", err=True)
        raise typer.Exit(FOUND_SEVERE)


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
