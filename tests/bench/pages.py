"""How long each page of the dashboard takes to open on a snapshot of many customers.

A small demo's snapshot is multiplied by SQL: every row comes again for each copy, with every id given the copy's
number, so that what belongs together still does. A page is opened in two ways: by a click on another page, and by its
address in a new tab, where the browser also starts Streamlit anew. The browser has a profile, as people's have, and has
been at each page before; the server has just been started. The time is that of the last change of the page, the median
of `ROUNDS`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb
from playwright.sync_api import BrowserContext, Page, sync_playwright

from app.cli.app import dashboard
from tests.bench.measures import TIEOUT, Row, Say
from tests.dashboard.browser import ARGUMENTS, NO_CHROMIUM, Visitor, find_chromium
from tests.dashboard.enriched import ENRICHED
from tieout.store.home import Current, Home, new_run_id

SECONDS_MAX = 1.5
ROUNDS = 3
#: A browser keeps a script compiled from its second load on.
VISITS_BEFORE = 2
BASE_CUSTOMERS = 100
END = "2026-11-01T00:00:00Z"
#: Tables that do not grow with the customers.
OF_THE_WHOLE = (
    "pipeline_health",
    "system_daily",
    "metering_freshness",
    "discrepancy_totals",
    "ledger_accounts",
    "ledger_periods",
)
#: What `tie_outs` calls the whole company.
ALL = "all"
#: Texts that name one thing without being called an id.
NAMES = ("scope", "number", "name", "customer_name")
#: Remembers when anything of the page was last added, removed or worded anew. A table is drawn on a canvas; what comes
#: inside that element, a third of a second later, is its text for screen readers.
CHANGES = """new MutationObserver((changes) => {
    if (changes.some((change) => change.target.nodeName !== 'CANVAS')) window.lastChange = performance.now();
}).observe(document, {subtree: true, childList: true, characterData: true});"""
PAGES = {
    "": "Overview",
    "discrepancies": "Discrepancies",
    "discrepancies?discrepancy={discrepancy}": "Discrepancies",
    "anomalies": "Anomalies",
    "anomalies?anomaly={anomaly}": "Anomalies",
    "usage": "Usage and limits",
    "payments": "Payments and recovery",
    "credits": "Credits and burn-down",
    "ledger": "Ledger",
    "ledger?document={invoice}": "Ledger",
    "ledger?entry={entry}": "Ledger",
    "customer": "Customer",
    "customer?customer={customer}": "Customer",
    "invoice?invoice={invoice}": "Invoice",
    "pipeline": "Pipeline",
}


def multiplied(base: Path, home: Home, path: Path, copies: int) -> None:
    """Writes a snapshot with every row of `base` once for each copy; views over the ledger's files stay views."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"attach '{base}' as base (read_only)")
        connection.execute("create schema marts")
        tables = connection.execute(
            "select table_name, table_type = 'VIEW', "
            "list(struct_pack(name := column_name, type := data_type) order by ordinal_position) "
            "from information_schema.columns join information_schema.tables using "
            "(table_catalog, table_schema, table_name) "
            "where table_catalog = 'base' and table_schema = 'marts' group by all"
        ).fetchall()
        for table, is_view, columns in tables:
            times = 1 if table in OF_THE_WHOLE else copies
            terms = ", ".join(_term(column["name"], column["type"]) for column in columns)
            rows = f'select {terms} from base.marts."{table}" as t, range({times}) as c(copy)'
            if table == "tie_outs":
                rows += f" where t.scope <> '{ALL}' or c.copy = 0"
            if is_view:
                batch = home.ledger / f"{table}.parquet"
                connection.execute(f"copy ({rows}) to '{batch}'")
                connection.execute(f"create view marts.\"{table}\" as select * from read_parquet('{batch}')")
            else:
                connection.execute(f'create table marts."{table}" as {rows}')


def _term(name: str, kind: str) -> str:
    is_id = kind == "VARCHAR" and ((name.endswith("_id") and name != "run_id") or name in NAMES)
    if not is_id:
        return f't."{name}"'
    return f"""case t."{name}" when '{ALL}' then '{ALL}' else t."{name}" || '-' || c.copy end as "{name}\""""


def large_home(scratch: Path, customers: int, say: Say) -> Home:
    """A home whose only snapshot has about as many customers."""
    small, home = Home(scratch / "pages-small"), Home(scratch / "pages-large")
    made = ("--customers", str(BASE_CUSTOMERS), "--months", "3", "--end", END)
    subprocess.run(
        [str(TIEOUT), "demo", "--home", str(small.root), *made, "--no-app"], check=True, stdout=subprocess.DEVNULL
    )
    current = small.current()
    assert current is not None
    base = scratch / "pages-base.duckdb"
    shutil.copy(small.root / current.snapshot, base)
    with duckdb.connect(str(base)) as connection:
        for statement in ENRICHED:
            connection.execute(statement)
    home.create()
    run_id = new_run_id()
    path = home.snapshots / f"{run_id}.duckdb"
    multiplied(base, home, path, customers // BASE_CUSTOMERS)
    home.publish(Current(run_id=run_id, as_of=END, published_at=END, snapshot=home.relative(path)))
    say(f"a snapshot of {customers:,} customers, {path.stat().st_size / 1e6:,.0f} MB")
    return home


def _one_of_each(home: Home) -> dict[str, str]:
    """Something to open on the pages that show one thing."""
    current = home.current()
    assert current is not None
    with duckdb.connect(str(home.root / current.snapshot), read_only=True) as connection:
        row = connection.execute(
            "select d.discrepancy_id, d.invoice_id, d.customer_id, (select min(anomaly_id) from marts.anomalies), "
            "(select min(entry_id) from marts.ledger_entries) from marts.discrepancies as d "
            "where d.invoice_id is not null and d.customer_id is not null order by all limit 1"
        ).fetchone()
    assert row is not None
    return dict(zip(("discrepancy", "invoice", "customer", "anomaly", "entry"), row, strict=True))


def page_seconds(home: Home, say: Say) -> dict[str, float]:
    """Measure to seconds until its page stood, the median of the rounds."""
    chosen = _one_of_each(home)
    with TemporaryDirectory() as profile:
        for _ in range(VISITS_BEFORE):
            with _visit(home, profile) as visit:
                for path, heading in PAGES.items():
                    visit.opened(path.format(**chosen), heading)
        rounds = [_one_round(home, profile, chosen) for _ in range(ROUNDS)]
    found = {measure: median(seconds[measure] for seconds in rounds) for measure in rounds[0]}
    for measure, seconds in found.items():
        say(f"{measure}: {seconds:.2f} s")
    return found


def _one_round(home: Home, profile: str, chosen: dict[str, str]) -> dict[str, float]:
    with _visit(home, profile) as visit:
        found = {"page /, first after start": visit.opened("", "Overview")}
    with _visit(home, profile) as visit:
        visit.opened("discrepancies?discrepancy=nothing", "Discrepancies")
        for path, heading in PAGES.items():
            found[f"page /{path.partition('=')[0]}"] = visit.opened(path.format(**chosen), heading)
    with _visit(home, profile) as visit:
        return found | visit.clicked_through()


@dataclass(frozen=True)
class Visit:
    """A dashboard just started, and a browser."""

    context: BrowserContext
    address: str

    def opened(self, path: str, heading: str) -> float:
        """Seconds until a page stood that was opened by its address, in a tab of its own."""
        tab = self.context.new_page()
        Visitor(tab, self.address).open(path, heading)
        seconds = _last_change(tab)
        tab.close()
        return seconds

    def clicked_through(self) -> dict[str, float]:
        """Measure to seconds until a page stood that somebody went to from another one."""
        tab = self.context.new_page()
        visitor = Visitor(tab, self.address)
        visitor.open("discrepancies?discrepancy=nothing", "Discrepancies")
        found = {}
        for path in (path for path in PAGES if "?" not in path):
            tab.wait_for_timeout(500)
            started = float(tab.evaluate("() => performance.now()")) / 1000
            tab.locator(f'[data-testid="stTopNavLink"][href$="/{path}"]').first.click()
            visitor.await_heading(PAGES[path])
            found[f"click to /{path}"] = _last_change(tab) - started
        return found


def _last_change(tab: Page) -> float:
    """The second of the tab's life at which its page was last changed."""
    return float(tab.evaluate("() => window.lastChange")) / 1000


@contextmanager
def _visit(home: Home, profile: str) -> Iterator[Visit]:
    with dashboard(home) as served, sync_playwright() as playwright:
        chromium = find_chromium(playwright)
        if chromium is None:
            raise RuntimeError(NO_CHROMIUM)
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=list(ARGUMENTS), viewport={"width": 1600, "height": 900}
        )
        context.add_init_script(CHANGES)
        yield Visit(context, served.address)
        context.close()


def dashboard_pages(scratch: Path, customers: int, say: Say) -> list[Row]:
    """A row per page."""
    os.environ["TIEOUT_STALE_AFTER_HOURS"] = "1000000"
    seconds = page_seconds(large_home(scratch, customers, say), say)
    note = f"{customers:,} customers (at most {SECONDS_MAX})"
    return [Row(measure, value, "s", note) for measure, value in seconds.items()]
