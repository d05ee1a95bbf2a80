"""Accepting from the dashboard lands what `tieout accept` would land; the kind's page of the docs is at hand."""

import json
from pathlib import Path

import pytest

from app.cli.app import dashboard
from tests.dashboard.conftest import NEVER_STALE

pytestmark = pytest.mark.browser

EXPANDER = "Accept it: known, and left as it is"


@pytest.fixture(scope="module")
def landing(tmp_path_factory):
    return tmp_path_factory.mktemp("landing")


@pytest.fixture(scope="module")
def landing_address(shown_home, landing):
    """A dashboard that knows where acceptances land."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIEOUT_STALE_AFTER_HOURS", NEVER_STALE)
        with dashboard(shown_home, landing=landing) as served:
            yield served.address


def open_form(visit, where, story):
    visitor = visit(where)
    page = visitor.open(f"discrepancies?discrepancy={story['discrepancy_id']}", "Quantity mismatch")
    page.get_by_text(EXPANDER).click()
    visitor.settle()  # the form is drawn, and what is around it no longer moves
    return visitor, page


def test_a_reason_a_name_and_a_day_land_as_one_record(visit, landing_address, landing, story):
    visitor, page = open_form(visit, landing_address, story)
    page.get_by_role("textbox", name="Reason", exact=True).fill("agreed with the customer")
    page.get_by_role("textbox", name="By", exact=True).fill("Dana")
    page.get_by_test_id("stDateInput").get_by_role("spinbutton").first.click()
    page.keyboard.type("20270131")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("The next run shows it.").wait_for()
    visitor.settle()
    [path] = (landing / "acceptances").iterdir()
    record = json.loads(path.read_text())
    assert record.pop("at").endswith("Z")
    assert record == {
        "discrepancy_id": story["discrepancy_id"],
        "reason": "agreed with the customer",
        "by": "Dana",
        "until": "2027-01-31T00:00:00Z",
        "revoked": False,
    }


def test_without_a_reason_nothing_lands_and_it_is_said(visit, landing_address, landing, story):
    before = sorted(landing.rglob("*.jsonl"))
    _, page = open_form(visit, landing_address, story)
    page.get_by_role("textbox", name="By", exact=True).fill("Dana")
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("reason is empty").wait_for()
    assert sorted(landing.rglob("*.jsonl")) == before


def test_without_a_landing_area_the_command_is_shown(visit, shown_address, story):
    assert not Path("landing").is_dir(), "the tests run where no landing area is"
    _, page = open_form(visit, shown_address, story)
    page.get_by_text(f"tieout accept {story['discrepancy_id']} --reason").wait_for()


def test_the_kinds_page_of_the_docs_is_at_hand(visit, shown_address, story, root):
    page = visit(shown_address).open(f"discrepancies?discrepancy={story['discrepancy_id']}", "Quantity mismatch")
    page.get_by_text("What “quantity mismatch” means").click()
    title = (root / "docs" / "discrepancies" / "quantity_mismatch.md").read_text().splitlines()[0].lstrip("# ")
    heading = page.get_by_role("heading", name=title)
    heading.wait_for()
    assert heading.count() == 1


def test_all_of_the_evidence_is_drawn_when_it_is_asked_for(visit, shown_address, story):
    page = visit(shown_address).open(f"discrepancies?discrepancy={story['discrepancy_id']}", "Quantity mismatch")
    assert page.get_by_test_id("stJson").count() == 0
    page.get_by_text("All of the evidence, for engineers").click()
    page.get_by_test_id("stJson").wait_for()
    page.get_by_text(f"tieout explain {story['discrepancy_id']} --events").wait_for()
    assert page.get_by_test_id("stException").count() == 0
