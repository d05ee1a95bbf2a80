"""`tieout ledger`: balances and entries of the published ledger, its export, its verification, and closing months."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from app.cli.options import HomeOption, home_of
from tieout.core.money import format_money
from tieout.core.plain import plain
from tieout.store.config import load_config
from tieout.store.errors import BadArgument, TieoutError
from tieout.store.instants import open_instant
from tieout.store.ledger_queries import Choice, accounts, balances, entries
from tieout.store.snapshots import Snapshot, open_snapshot

TABLE_ROWS_MAX = 1000
ROWS_TOLD = 20_000
JOURNAL_COLUMNS = [
    "effective_at", "recorded_at", "entry_id", "rule", "source_type", "source_id", "reverses_entry_id", "description",
    "occurred_at", "batch_number", "account", "customer_id", "subledger_id", "currency", "amount_minor",
]  # fmt: skip

app = typer.Typer(help="The ledger: balances, entries, export, verification, closing months.", no_args_is_help=True)


class Format(StrEnum):
    """How rows are written."""

    table = "table"
    csv = "csv"
    json = "json"


class ExportFormat(StrEnum):
    """How the journal is exported."""

    beancount = "beancount"
    csv = "csv"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="table, csv or json.")]
AccountOption = Annotated[str, typer.Option("--account", help="Only this account.")]
CustomerOption = Annotated[str, typer.Option("--customer", help="Only this customer.")]
AsOfOption = Annotated[
    str, typer.Option("--as-of", help="Only what happened before this instant [default: everything].")
]
KnownOnOption = Annotated[
    str, typer.Option("--as-known-on", help="Only what the ledger knew at this instant [default: everything].")
]
LandingOption = Annotated[
    Path | None,
    typer.Option(
        "--landing", help="The landing area [default: TIEOUT_LANDING, then landing in the working directory]."
    ),
]
ByOption = Annotated[str, typer.Option("--by", help="Who decides this.")]
MonthArgument = Annotated[str, typer.Argument(help="The month, such as 2026-09.")]


@app.command()
def balance(
    home: HomeOption = None,
    account: AccountOption = "",
    customer: CustomerOption = "",
    by_customer: Annotated[bool, typer.Option("--by-customer", help="A line for each customer.")] = False,
    as_of: AsOfOption = "",
    as_known_on: KnownOnOption = "",
    format: FormatOption = Format.table,
) -> None:
    """Balances of the accounts at any instant, as known on any instant."""
    with _ledger(home) as snapshot:
        choice = _choice(snapshot, account, customer, as_of, as_known_on)
        rows = balances(snapshot, choice, by_customer=by_customer)
    columns = ["account", *(["customer_id"] if by_customer else []), "currency", "balance_minor"]
    if format is Format.table:
        _write_table(rows, columns[:-2], "balance_minor")
    else:
        _write(sys.stdout, rows, columns, format.value)


@app.command("entries")
def list_entries(
    home: HomeOption = None,
    account: AccountOption = "",
    customer: CustomerOption = "",
    as_of: AsOfOption = "",
    as_known_on: KnownOnOption = "",
    format: FormatOption = Format.table,
) -> None:
    """The journal, a line for each posting."""
    with _ledger(home) as snapshot:
        rows = entries(snapshot, _choice(snapshot, account, customer, as_of, as_known_on))
        if format is Format.table:
            _write_table(
                rows,
                ["effective_at", "recorded_at", "entry_id", "account", "customer_id", "description"],
                "amount_minor",
            )
        else:
            _write(sys.stdout, rows, JOURNAL_COLUMNS, format.value)


@app.command()
def export(
    home: HomeOption = None,
    as_of: AsOfOption = "",
    as_known_on: KnownOnOption = "",
    format: Annotated[ExportFormat, typer.Option("--format", help="beancount, csv or json.")] = ExportFormat.beancount,
    output: Annotated[
        Path | None, typer.Option("--output", help="The file to write [default: standard output].")
    ] = None,
) -> None:
    """The whole journal for other programs; the Beancount file is one that `bean-check` accepts."""
    from app.cli.progress import shown
    from dagster_project.progress import Progress
    from tieout.store.beancount import write_beancount

    with _ledger(home) as snapshot, _out(output) as out, shown(quiet=False) as tell:

        def told(done: int) -> None:
            if done >= ROWS_TOLD:  # what takes no time needs no word
                tell(Progress("export", done))

        choice = _choice(snapshot, "", "", as_of, as_known_on)
        if format is ExportFormat.beancount:
            write_beancount(snapshot.connection, out, as_of=choice.as_of, as_known_on=choice.as_known_on, told=told)
        else:
            _write(out, _counted(entries(snapshot, choice), told), JOURNAL_COLUMNS, format.value)


@app.command()
def verify(home: HomeOption = None) -> None:
    """Walks the chain of batches, recomputes every hash, and checks that all entries balance."""
    from app.cli.progress import shown
    from dagster_project.progress import Progress
    from tieout.store.ledger_verification import verify as verified

    where = home_of(home)
    with open_snapshot(where) as snapshot:  # a home without a publication has nothing to verify
        has_ledger = "ledger_balances" in snapshot.tables()
        with shown(quiet=False) as tell:
            found = verified(
                where,
                lambda done, total: tell(Progress("verify", done, total)),
                snapshot=snapshot.path if has_ledger else None,
            )
    for fault in found.faults:
        typer.echo(fault)
    if found.faults:
        raise TieoutError(f"the ledger of {where.root} is damaged")
    typer.echo(f"{found.batches:,} batches, {found.entries:,} entries: sound. Hash {found.hash}")


@app.command()
def close(month: MonthArgument, by: ByOption, landing: LandingOption = None, home: HomeOption = None) -> None:
    """Closes a month and all before it, once nothing stands against it; what comes late is posted later."""
    from tieout.sources.closing import land_record, obstacles

    where, area = home_of(home), _landing(landing)
    with _ledger(home) as snapshot:
        found = obstacles(where, snapshot, area, month)
    for obstacle in found:
        typer.echo(obstacle)
    if found:
        raise TieoutError(f"{month} is not closed: what stands against it is listed above")
    path = land_record(area, month, "close", _name(by), datetime.now(UTC))
    typer.echo(f"{month} is closed from the next run on: {path}")


@app.command()
def reopen(
    month: MonthArgument,
    by: ByOption,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept with the record.")],
    landing: LandingOption = None,
    home: HomeOption = None,
) -> None:
    """Opens a closed month again, and all after it."""
    from tieout.sources.closing import check_closed, land_record

    area = _landing(landing)
    with _ledger(home) as snapshot:
        check_closed(snapshot, month)
    path = land_record(area, month, "reopen", _name(by), datetime.now(UTC), reason)
    typer.echo(f"{month} is open from the next run on: {path}")


@contextmanager
def _ledger(home: Path | None) -> Iterator[Snapshot]:
    with open_snapshot(home_of(home)) as snapshot:
        if "ledger_entries" not in snapshot.tables():
            raise TieoutError(f"snapshot {snapshot.path} has no ledger")
        yield snapshot


def _choice(snapshot: Snapshot, account: str, customer: str, as_of: str, as_known_on: str) -> Choice:
    if account and account not in (known := accounts(snapshot)):
        raise BadArgument(f"--account {account} is not in the ledger; there are {', '.join(known)}")
    return Choice(
        account=account or None, customer=customer or None, as_of=_instant(as_of), as_known_on=_instant(as_known_on)
    )


def _instant(text: str) -> datetime | None:
    """Naive UTC, as DuckDB keeps it; None for nothing."""
    return open_instant(text).replace(tzinfo=None) if text else None


def _landing(given: Path | None) -> Path:
    area = given if given is not None else load_config().landing
    if not area.is_dir():
        raise BadArgument(f"landing area {area} is not a directory")
    return area


def _name(by: str) -> str:
    if not by.strip():
        raise BadArgument("--by wants a name")
    return by.strip()


@contextmanager
def _out(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    try:
        with path.open("w", encoding="utf-8") as out:
            yield out
    except OSError as error:
        raise BadArgument(f"--output {path} cannot be written: {error.strerror}") from error


def _counted(rows: Iterable[dict[str, Any]], told: Callable[[int], None]) -> Iterator[dict[str, Any]]:
    """The rows as they come, with a word every so many."""
    for done, row in enumerate(rows, 1):
        if done % ROWS_TOLD == 0:
            told(done)
        yield row


def _write(out: TextIO, rows: Iterable[dict[str, Any]], columns: list[str], format: str) -> None:
    """Rows as CSV, or as one JSON array, as they come."""
    if format == "csv":
        writer = csv.DictWriter(out, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows({name: plain(value) for name, value in row.items()} for row in rows)
        return
    separator = "[\n"
    for row in rows:
        out.write(separator + json.dumps({name: plain(value) for name, value in row.items()}))
        separator = ",\n"
    out.write("\n]\n" if separator != "[\n" else "[]\n")


def _write_table(rows: Iterable[dict[str, Any]], columns: list[str], amount: str) -> None:
    """An aligned table that ends with the money. A long one is cut, and says so."""
    shown = list(islice(iterator := iter(rows), TABLE_ROWS_MAX))
    if not shown:
        typer.echo("Nothing.")
        return
    lines = [[*columns, "amount" if amount == "amount_minor" else "balance"]]
    for row in shown:
        cells = ["" if row[name] is None else str(row[name]) for name in columns]
        lines.append([*cells, format_money(row[amount], row["currency"])])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = io.StringIO()
    for line in lines:
        cells = [f"{cell:<{width}}" for cell, width in zip(line[:-1], widths, strict=False)]
        text.write("  ".join([*cells, f"{line[-1]:>{widths[-1]}}"]) + "\n")
    typer.echo(text.getvalue(), nl=False)
    if next(iterator, None) is not None:
        typer.echo(f"tieout: only the first {TABLE_ROWS_MAX:,} are shown; --format csv gives all", err=True)
