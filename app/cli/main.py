"""The `tieout` command: a thin shell over the library. Heavy imports happen inside the commands that need them."""

from __future__ import annotations

import typer

from app.cli import accept, demo, errors, explain, ledger, read, run, sync, watch, world
from app.cli import app as dashboard

app = typer.Typer(
    name="tieout",
    help="Ties a usage-billed company's money out to the cent: raw usage, invoices, payments, ledger.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("sync")(sync.sync)
app.command("snapshot")(read.snapshot)
app.command("discrepancies")(read.discrepancies)
app.command("explain")(explain.explain)
app.command("accept")(accept.accept)
app.add_typer(ledger.app, name="ledger")
app.command("watch")(watch.watch)
app.command("app")(dashboard.app)
app.command("world")(world.world)


def main() -> None:
    """Entry point: what a person can act on becomes one line and an exit status (0, 1, 2 or 3)."""
    errors.leave(errors.status_of(app))


if __name__ == "__main__":
    main()
