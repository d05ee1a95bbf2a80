"""A made world must agree with itself: usage with its files, invoices with their lines, money with money."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.conftest import Made, make
from tests.simulator.recount import counting, daily, listing, objects, records
from tieout.simulator.spec import SpecError, WorldSpec
from tieout.simulator.world import build_world


def digest(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def accounts(made: Made) -> dict[str, str]:
    return {c["account_id"]: c["customer"] for p in made.landing.glob("contracts/*") for c in objects(p)}


def count_meters(made: Made) -> set[str]:
    meters = listing(made.landing, "billing.meter")
    return {m["event_name"] for m in meters if m["default_aggregation"]["formula"] == "count"}


def test_the_same_seed_gives_the_same_bytes_and_another_another(tmp_path: Path) -> None:
    spec: dict[str, Any] = {"customers": 25, "months": 2, "faults": ("all",)}
    one, two = (make(tmp_path / name, seed=3, **spec).path for name in ("one", "two"))
    assert digest(one) == digest(two)
    assert digest(one) != digest(make(tmp_path / "three", seed=4, **spec).path)


def test_making_it_again_replaces_a_world_and_nothing_else(tmp_path: Path) -> None:
    world = make(tmp_path / "world", customers=5, months=1)
    (world.landing / "usage" / "stray.jsonl").write_text("{}\n")
    make(tmp_path / "world", customers=5, months=1)
    assert not (world.landing / "usage" / "stray.jsonl").exists()
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("mine")
    with pytest.raises(SpecError, match="not a world"):
        build_world(tmp_path / "precious", WorldSpec(customers=5, months=1))
    assert (tmp_path / "precious" / "file").read_text() == "mine"


def test_daily_usage_is_what_the_files_hold(clean: Made) -> None:
    assert not clean.truth["quarantine"]
    compare_daily_usage(clean)


def test_daily_usage_is_what_the_files_hold_faults_included(faulty: Made) -> None:
    assert faulty.truth["quarantine"]
    compare_daily_usage(faulty)


def compare_daily_usage(made: Made) -> None:
    good, bad = records(made.landing)
    events, conflicts = counting(good)
    customers = {c["customer_id"] for c in made.truth["customers"]}
    meters = {m["event_name"] for m in listing(made.landing, "billing.meter") if m["status"] == "active"}
    found = {
        key: value
        for key, value in daily(events, accounts(made), count_meters(made)).items()
        if key[0] in customers and key[1] in meters
    }
    assert found == {(c, m, d): (Decimal(q), n) for c, m, d, q, n in made.truth["usage_daily"]}
    assert sorted(bad) == sorted(f"{q['file']}:{q['line']}" for q in made.truth["quarantine"])
    assert conflicts == {f["object_id"] for f in made.truth["faults"] if f["kind"] == "usage_conflict"}


def test_usage_is_as_dirty_as_real_usage(clean: Made) -> None:
    good, _ = records(clean.landing)
    times = Counter(r.id for r in good)
    assert sum(1 for n in times.values() if n > 1) > len(times) * 0.02, "redelivered"
    assert any(r.voids for r in good)
    assert any(r.received is None for r in good)
    assert {Path(r.where.rpartition(":")[0]).name for r in good} >= {
        "native.jsonl", "native.jsonl.gz", "native.csv", "native.parquet", "stripe-meter-events.jsonl",
        "stripe-meter-events.jsonl.gz", "cloudevents.jsonl",
    }  # fmt: skip


def test_no_usage_of_a_clean_world_comes_after_its_invoice(clean: Made) -> None:
    """Received within the hour between a period's end and its invoice's finalization, or it would be a fault."""
    good, _ = records(clean.landing)
    events, _ = counting(good)
    lags = [r.received - r.at for r in events if r.received is not None]
    assert 600 < max(lags) < 3600
    assert min(lags) < 0, "no clock runs ahead"


def taxes_of(line: dict[str, Any]) -> int:
    return sum(tax["amount"] for tax in line.get("tax_amounts") or line.get("taxes") or [])


def test_invoices_add_up_but_for_planted_ones(faulty: Made) -> None:
    off = {}
    for invoice in listing(faulty.landing, "invoice"):
        lines = invoice["lines"]["data"]
        reduced = sum(
            sum(part["amount"] for part in line["pretax_credit_amounts"]) for line in lines if line["amount"] > 0
        )
        due = sum(line["amount"] + taxes_of(line) for line in lines) - reduced
        if invoice["total"] != due:
            off[invoice["id"]] = due - invoice["total"]
        if invoice["status"] != "draft":
            assert invoice["amount_remaining"] == invoice["amount_due"] - invoice["amount_paid"]
        assert len({line["id"] for line in lines}) == len(lines)
        assert all(line["invoice"] == invoice["id"] for line in lines)
    assert off == {f["invoice_id"]: f["impact_minor"] for f in faulty.truth["faults"] if f["kind"] == "total_mismatch"}


def test_paid_invoices_have_money_behind_them(faulty: Made) -> None:
    """Through invoice payments in the new shape and the charge's own link in the old one, but for planted faults."""
    paid_by = Counter[str]()
    charges = {c["payment_intent"]: c for c in listing(faulty.landing, "charge") if c["captured"]}
    for payment in listing(faulty.landing, "invoice_payment"):
        if payment["status"] == "paid":
            paid_by[payment["invoice"]] += charges[payment["payment"]["payment_intent"]]["amount"]
    for charge in charges.values():
        if charge.get("invoice"):
            paid_by[charge["invoice"]] += charge["amount"]
    stated = {i["id"]: i["amount_paid"] for i in listing(faulty.landing, "invoice") if i["amount_paid"]}
    off = {i: paid_by[i] - amount for i, amount in stated.items() if paid_by[i] != amount}
    planted = {
        f["invoice_id"]: -f["impact_minor"]
        for f in faulty.truth["faults"]
        if f["kind"] in ("payment_missing", "payment_duplicate", "payment_amount_mismatch")
    }
    assert off == planted
    assert planted


def test_payouts_are_the_sum_of_their_transactions_but_for_planted_ones(faulty: Made) -> None:
    sums: dict[str, int] = defaultdict(int)
    balance: dict[str, int] = defaultdict(int)
    for txn in listing(faulty.landing, "balance_transaction"):
        assert txn["net"] == txn["amount"] - txn["fee"]
        balance[txn["currency"]] += txn["net"]
        if txn["type"] != "payout" and txn["payout"]:
            sums[txn["payout"]] += txn["net"]
    off = {
        p["id"]: sums[p["id"]] - p["amount"] for p in listing(faulty.landing, "payout") if p["amount"] != sums[p["id"]]
    }
    assert off == {f["object_id"]: f["impact_minor"] for f in faulty.truth["faults"] if f["kind"] == "payout_mismatch"}
    assert dict(balance) == faulty.truth["stripe_balance"]


def test_every_charge_that_succeeded_is_in_the_balance(faulty: Made) -> None:
    sources = {
        t["source"]: t["amount"] for t in listing(faulty.landing, "balance_transaction") if t["type"] == "charge"
    }
    succeeded = {c["id"]: c["amount"] for c in listing(faulty.landing, "charge") if c["captured"]}
    assert sources == succeeded


def test_billed_usage_is_what_was_used(clean: Made) -> None:
    """Each usage group of an invoice, from the files, over the line's own window."""
    good, _ = records(clean.landing)
    events, _ = counting(good)
    names, counts = accounts(clean), count_meters(clean)
    used: dict[tuple[str, str], list[tuple[float, Decimal]]] = defaultdict(list)
    for e in events:
        one = Decimal(1) if e.meter in counts else e.value
        used[names.get(e.customer, e.customer), e.meter].append((e.at, one))
    checked = 0
    for line in clean.truth["expected_lines"]:
        if line["kind"] == "usage":
            start, end = (Decimal(_seconds(line[k])) for k in ("period_start", "period_end"))
            rows = used[line["customer_id"], line["meter"]]
            assert sum((q for at, q in rows if start <= at < end), Decimal(0)) == Decimal(line["quantity"])
            checked += line["quantity"] != "0"
    assert checked > 50


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_expected_lines_are_the_invoices_lines_in_a_clean_world(clean: Made) -> None:
    def price(line: dict[str, Any]) -> str | None:
        details = line["price"] if "price" in line else line["pricing"]["price_details"]
        return None if details is None else details.get("id") or details["price"]

    billed: dict[tuple[str, str | None, int], int] = defaultdict(int)
    for invoice in listing(clean.landing, "invoice"):
        for line in invoice["lines"]["data"]:
            billed[invoice["id"], price(line), line["period"]["start"]] += line["amount"]
    expected: dict[tuple[str, str | None, int], int] = defaultdict(int)
    for e in clean.truth["expected_lines"]:
        if e["invoice_id"]:
            expected[e["invoice_id"], e["price_id"], _seconds(e["period_start"])] += e["amount_minor"]
    assert billed == expected
    kinds = {e["kind"] for e in clean.truth["expected_lines"]}
    assert kinds == {"recurring", "usage", "proration_credit", "proration_charge", "commitment"}
    assert any(e["discount_minor"] for e in clean.truth["expected_invoices"])
    assert any(e["credit_grants_minor"] for e in clean.truth["expected_invoices"])


def test_meters_have_what_was_used_in_a_clean_world(clean: Made) -> None:
    good, _ = records(clean.landing)
    events, _ = counting(good)
    names, counts = accounts(clean), count_meters(clean)
    meter_of = {m["id"]: m["event_name"] for m in listing(clean.landing, "billing.meter")}
    used: dict[tuple[str, str], list[tuple[float, Decimal]]] = defaultdict(list)
    for e in events:
        used[names.get(e.customer, e.customer), e.meter].append((e.at, Decimal(1) if e.meter in counts else e.value))
    summaries = listing(clean.landing, "billing.meter_event_summary")
    lengths = {s["end_time"] - s["start_time"] for s in summaries}
    assert 86_400 in lengths
    assert max(lengths) > 7 * 86_400
    for s in summaries:
        rows = used[s["customer"], meter_of[s["meter"]]]
        total = sum((q for at, q in rows if s["start_time"] <= at < s["end_time"]), Decimal(0))
        assert total == Decimal(str(s["aggregated_value"]))


def test_events_tell_the_whole_story(clean: Made) -> None:
    """The newest event of each subscription and invoice shows the status of the listed object."""
    ranks = ("draft", "incomplete", "trialing", "open", "active", "past_due", "paid", "canceled")
    newest: dict[str, tuple[int, int, str]] = {}
    ids = set()
    for path in clean.landing.glob("stripe/*/events/*"):
        for event in objects(path):
            ids.add(event["id"])
            o = event["data"]["object"]
            rank = ranks.index(o["status"])
            seen = newest.get(o["id"], (0, -1, ""))
            # a recovered subscription goes back from past_due to active, seconds later at the earliest
            if (event["created"], rank) > seen[:2]:
                newest[o["id"]] = (event["created"], rank, o["status"])
    listed = {o["id"]: o["status"] for name in ("subscription", "invoice") for o in listing(clean.landing, name)}
    assert {k: v[2] for k, v in newest.items()} == listed
    assert len(ids) >= len(listed)
