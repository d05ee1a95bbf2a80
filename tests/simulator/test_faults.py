"""Each kind is planted in each of its variants, and is there in the files: what was said is what was done."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.conftest import Made, make
from tests.simulator.recount import listing, records
from tieout.core.kinds import KINDS as ALL_KINDS
from tieout.simulator.faults import KINDS, parse_requests
from tieout.simulator.spec import SpecError, WorldSpec


def invoices(made: Made) -> dict[str, dict[str, Any]]:
    return {i["id"]: i for i in listing(made.landing, "invoice")}


def group(invoice: dict[str, Any], price_id: str) -> list[dict[str, Any]]:
    """The lines of a price, prorations left out."""

    def price(line: dict[str, Any]) -> str | None:
        details = line["price"] if "price" in line else line["pricing"]["price_details"]
        return None if details is None else details.get("id") or details["price"]

    def is_proration(line: dict[str, Any]) -> bool:
        return " time on " in line["description"]

    return [line for line in invoice["lines"]["data"] if price(line) == price_id and not is_proration(line)]


def of_kind(made: Made, *kinds: str) -> list[dict[str, Any]]:
    found = [f for f in made.truth["faults"] if f["kind"] in kinds]
    assert {f["kind"] for f in found} == set(kinds)
    return found


def test_every_variant_of_every_kind_is_planted(faulty: Made) -> None:
    planted = {(f["kind"], f["variant"]) for f in faulty.truth["faults"]}
    assert planted == {(kind, variant) for kind, variants in KINDS.items() for variant in variants}


def test_one_fault_on_one_subscription_unless_asked_otherwise(faulty: Made) -> None:
    per_subscription = Counter(f["subscription_id"] for f in faulty.truth["faults"] if f.get("subscription_id"))
    assert set(per_subscription.values()) == {1}


def test_several_faults_meet_when_asked(tmp_path: Path) -> None:
    requests = ("line_missing*4", "payment_missing*4", "amount_mismatch*4", "line_unexpected*4")
    made = make(tmp_path / "w", customers=60, months=4, faults=requests, compound=3)
    per_subscription = Counter(f["subscription_id"] for f in made.truth["faults"])
    assert max(per_subscription.values()) == 3
    assert len(made.truth["faults"]) + len(made.truth["skipped_faults"]) == 16


@pytest.mark.parametrize(
    "kind",
    ["line_missing", "line_unexpected", "quantity_mismatch", "amount_mismatch", "price_mismatch", "usage_late"],
)
def test_the_line_group_shows_the_actual_amount(faulty: Made, kind: str) -> None:
    for fault in of_kind(faulty, kind):
        lines = group(invoices(faulty)[fault["invoice_id"]], fault["price_id"])
        assert sum(line["amount"] for line in lines) == fault["actual_minor"] != fault["expected_minor"]
        assert bool(lines) == (kind != "line_missing")
        assert fault["impact_minor"] == fault["expected_minor"] - fault["actual_minor"]
        expected = [
            e
            for e in faulty.truth["expected_lines"]
            if e["invoice_id"] == fault["invoice_id"]
            and not e["kind"].startswith("proration")
            and e["price_id"] == fault.get("subscribed_price_id", fault["price_id"])
        ]
        assert sum(e["amount_minor"] for e in expected) == fault["expected_minor"]


def test_a_missing_invoice_is_nowhere(faulty: Made) -> None:
    have = {(i.get("subscription") or i["parent"]["subscription_details"]["subscription"], i["period_start"]) for i in
            invoices(faulty).values()}  # fmt: skip
    for fault in of_kind(faulty, "invoice_missing"):
        start = int(datetime.fromisoformat(fault["period_start"]).timestamp())
        first = [k for k in have if k[0] == fault["subscription_id"] and k[1] == start]
        created = [i for i in invoices(faulty).values() if i["billing_reason"] == "subscription_create"]
        assert not first or all(
            i["period_start"] == start == i["period_end"] for i in created if i["customer"] == fault["customer_id"]
        )
        assert fault["expected_minor"] > 0


def test_a_duplicate_bills_what_an_earlier_invoice_billed(faulty: Made) -> None:
    have = invoices(faulty)
    for fault in of_kind(faulty, "invoice_duplicate"):
        copy = have[fault["invoice_id"]]
        twins = [
            i
            for i in have.values()
            if i["customer"] == copy["customer"] and i["period_start"] == copy["period_start"] and i["id"] != copy["id"]
        ]
        assert copy["total_excluding_tax"] == fault["actual_minor"]
        assert any(t["created"] < copy["created"] and t["subtotal"] >= copy["subtotal"] for t in twins)


def test_a_meter_that_disagrees_is_off_by_what_was_billed(faulty: Made) -> None:
    meters = {m["event_name"]: m["id"] for m in listing(faulty.landing, "billing.meter")}
    for fault in (f for f in of_kind(faulty, "meter_mismatch") if f["variant"] != "running"):
        assert fault["expected_quantity"] != fault["actual_quantity"]
        own = [
            s
            for s in listing(faulty.landing, "billing.meter_event_summary")
            if s["customer"] == fault["customer_id"] and s["meter"] == meters[fault["meter"]]
        ]
        by_day = [u for u in faulty.truth["usage_daily"] if u[0] == fault["customer_id"] and u[1] == fault["meter"]]
        if any(s["end_time"] - s["start_time"] == 86_400 for s in own):
            continue  # days: the shift is inside one of them
        used = sum(Decimal(u[3]) for u in by_day)
        counted = sum(Decimal(str(s["aggregated_value"])) for s in own)
        assert counted - used == Decimal(fault["actual_quantity"]) - Decimal(fault["expected_quantity"])


def test_strangers_are_in_the_files(faulty: Made) -> None:
    good, _ = records(faulty.landing)
    customers, meters = Counter(r.customer for r in good), Counter(r.meter for r in good)
    assert all(customers[f["object_id"]] > 1 for f in of_kind(faulty, "usage_unknown_customer"))
    assert all(meters[f["meter"]] > 1 for f in of_kind(faulty, "usage_unknown_meter"))
    known = {m["event_name"]: m for m in listing(faulty.landing, "billing.meter")}
    for fault in of_kind(faulty, "usage_unknown_meter"):
        assert (fault["meter"] in known) == (fault["variant"] == "retired")


def test_a_second_charge_is_the_later_one(faulty: Made) -> None:
    charges = {c["id"]: c for c in listing(faulty.landing, "charge")}
    for fault in of_kind(faulty, "payment_duplicate"):
        second = charges[fault["object_id"]]
        first = [c for c in charges.values() if c["customer"] == second["customer"] and c["amount"] == second["amount"]]
        assert any(c["created"] < second["created"] for c in first)
        assert second["amount"] == fault["actual_minor"]


def test_requests_take_variants_in_turn() -> None:
    assert parse_requests(("line_missing*3", "payout_mismatch/one_left_out")) == [
        (("line_missing", "usage"),),
        (("line_missing", "recurring"),),
        (("line_missing", "usage"),),
        (("payout_mismatch", "one_left_out"),),
    ]
    assert Counter(k for ((k, _),) in parse_requests(("all*2",))) == dict.fromkeys(KINDS, 2)


def test_requests_joined_by_a_plus_come_together() -> None:
    assert parse_requests(("line_missing+payment_missing/no_charge", "line_missing")) == [
        (("line_missing", "usage"), ("payment_missing", "no_charge")),
        (("line_missing", "recurring"),),
    ]


def test_every_kind_but_that_of_the_ledger_can_be_planted() -> None:
    assert {*KINDS} == {kind.name for kind in ALL_KINDS} - {"tie_out_break"}


@pytest.mark.parametrize("request_", ["no_such", "line_missing/none", "all/usage", "line missing", "line_missing*x"])
def test_unknown_requests_are_refused(request_: str) -> None:
    with pytest.raises(SpecError, match=r"no such fault|no variant"):
        parse_requests((request_,))


@pytest.mark.parametrize("fields", [{"customers": 0}, {"months": 0}, {"api": "v1"}, {"events": -1}, {"compound": 0}])
def test_impossible_worlds_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        WorldSpec(**fields)
