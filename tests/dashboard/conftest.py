"""Dashboards for the tests: one of the small demo for all, and homes that change under an open page."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import duckdb
import pytest

from app.cli.app import dashboard
from tests.dashboard.browser import ARGUMENTS, NO_CHROMIUM, Visitor, find_chromium
from tests.dashboard.enriched import ENRICHED
from tests.demo_home import Demo
from tieout.store.home import Current, Home, new_run_id
from tieout.store.snapshots import Snapshot, open_snapshot

NEVER_STALE = "1000000"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args, playwright):
    """Chromium wherever it is; without one the tests fail and say which package has it."""
    path = find_chromium(playwright)
    if path is None:
        pytest.fail(NO_CHROMIUM, pytrace=False)
    return {**browser_type_launch_args, "executable_path": path, "args": list(ARGUMENTS)}


@pytest.fixture(scope="session")
def shown_home(demo_home: Demo, tmp_path_factory) -> Home:
    """A copy of what readers need of the demo's home, with rows added where a small company has none."""
    home = Home(tmp_path_factory.mktemp("shown") / "home")
    current = demo_home.home.current()
    assert current is not None
    for name in ("snapshots", "runs"):
        shutil.copytree(demo_home.home.root / name, home.root / name)
    shutil.copy(demo_home.home.current_path, home.current_path)
    with duckdb.connect(str(home.root / current.snapshot)) as connection:
        for statement in ENRICHED:
            connection.execute(statement)
    return home


@pytest.fixture(scope="session")
def shown_snapshot(shown_home) -> Iterator[Snapshot]:
    with open_snapshot(shown_home) as snapshot:
        yield snapshot


@pytest.fixture(scope="session")
def story(shown_snapshot):
    """A discrepancy that has an invoice and a customer, among the largest of its currency."""
    return shown_snapshot.rows(
        "select d.*, c.name, i.number from marts.discrepancies as d join marts.customers as c using (customer_id) "
        "join marts.invoices as i on i.invoice_id = d.invoice_id where d.kind = 'quantity_mismatch'"
    )[0]


@pytest.fixture(scope="session")
def shown_address(shown_home) -> Iterator[str]:
    """The address of a dashboard of the small demo, which is old, so staleness is left out."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # for this dashboard only
            patch.setenv("TIEOUT_STALE_AFTER_HOURS", NEVER_STALE)
            served = stack.enter_context(dashboard(shown_home))
        yield served.address


@pytest.fixture
def visit(new_context) -> Iterator[Callable[..., Visitor]]:
    """`visit(address, width=1280, timezone="UTC")`: a fresh browser window. Its console must stay free of errors."""
    visitors = []

    def open_window(where: str, width: int = 1280, timezone: str = "UTC") -> Visitor:
        context = new_context(viewport={"width": width, "height": 900}, timezone_id=timezone)
        visitor = Visitor(context.new_page(), where)
        visitors.append(visitor)
        return visitor

    yield open_window
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


def publish_copy(original: Home, home: Home, *, as_of: str, published_at: str, changes: tuple[str, ...] = ()) -> str:
    """Publishes a copy of another home's snapshot, changed by SQL. Returns the run id."""
    current = original.current()
    assert current is not None
    run_id = new_run_id()
    home.create()
    path = home.snapshots / f"{run_id}.duckdb"
    shutil.copy(original.root / current.snapshot, path)
    with duckdb.connect(str(path)) as connection:
        for change in changes:
            connection.execute(change)
    home.publish(Current(run_id=run_id, as_of=as_of, published_at=published_at, snapshot=home.relative(path)))
    return run_id
