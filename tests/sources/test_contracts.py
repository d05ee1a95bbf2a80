"""Contracts, acceptances and closes: typed exactly, and what is wrong with a line is told by field."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.sources.usage.reading import put
from tieout.core.quarantine import Reason
from tieout.sources.contracts import READERS, read_acceptance, read_close, read_contract
from tieout.sources.exact_values import Rejected
from tieout.sources.landing import land
from tieout.store.lake import create_lake_views

CONTRACT: dict[str, Any] = {
    "contract_id": "ctr_1",
    "account_id": "acme",
    "account_name": "Acme Inc",
    "customer": "cus_1",
    "starts_at": "2026-07-01T02:00:00+02:00",
    "ends_at": None,
    "currency": "USD",
    "items": [{"price": "price_seat", "quantity": 25}, {"price": "price_requests"}],
    "coupon": None,
    "commitment": {"amount_minor": 500000, "interval": "month"},
    "limits": [{"meter": "premium_requests", "per": "month", "max": "2000.5"}],
}


def test_a_contract_is_read_field_by_field() -> None:
    assert read_contract(json.dumps(CONTRACT)) == {
        "contract_id": "ctr_1",
        "account_id": "acme",
        "account_name": "Acme Inc",
        "customer_id": "cus_1",
        "starts_at": datetime(2026, 7, 1),
        "ends_at": None,
        "currency": "usd",
        "coupon_id": None,
        "commitment_amount_minor": 500000,
        "commitment_interval": "month",
        "commitment_interval_count": 1,
        "items": [
            {"price_id": "price_seat", "quantity": Decimal(25)},
            {"price_id": "price_requests", "quantity": None},
        ],
        "limits": [{"meter": "premium_requests", "per": "month", "max": Decimal("2000.5")}],
    }


def test_a_contract_may_say_little() -> None:
    row = read_contract('{"contract_id": "c", "starts_at": 1782900000}')
    assert (row["commitment_amount_minor"], row["items"], row["limits"]) == (None, [], [])


@pytest.mark.parametrize(
    ("change", "reason", "named"),
    [
        ({"contract_id": None}, Reason.MISSING_FIELD, "contract_id"),
        ({"starts_at": None}, Reason.MISSING_FIELD, "starts_at"),
        ({"starts_at": "2026-07-01"}, Reason.INVALID_TIMESTAMP, "starts_at"),
        ({"ends_at": "2026-06-01T00:00:00Z"}, Reason.INVALID_TIMESTAMP, "ends_at"),
        ({"items": {"price": "p"}}, Reason.INVALID_FIELD, "items"),
        ({"items": [{"quantity": 1}]}, Reason.MISSING_FIELD, "items[0].price"),
        ({"items": [{"price": "p", "quantity": -1}]}, Reason.NEGATIVE_VALUE, "items[0].quantity"),
        ({"commitment": {"amount_minor": 1.5, "interval": "month"}}, Reason.INVALID_VALUE, "commitment.amount_minor"),
        ({"commitment": {"amount_minor": 10**15, "interval": "day"}}, Reason.VALUE_TOO_LONG, "commitment.amount_minor"),
        ({"commitment": {"amount_minor": 1, "interval": "moon"}}, Reason.INVALID_FIELD, "commitment.interval"),
        ({"limits": [{"meter": "m", "per": "month"}]}, Reason.MISSING_FIELD, "limits[0].max"),
        ({"account_name": ["x"]}, Reason.INVALID_FIELD, "account_name"),
    ],
)
def test_a_wrong_contract_names_its_field(change: dict[str, Any], reason: Reason, named: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_contract(json.dumps({**CONTRACT, **change}))
    assert caught.value.reason == reason
    assert named in caught.value.detail


def test_an_acceptance_is_read() -> None:
    row = read_acceptance(
        '{"discrepancy_id": "d", "reason": "ok", "by": "ann", "at": "2026-07-01T00:00:00Z", "until": null}'
    )
    assert (row["accepted_by"], row["accepted_at"], row["until_at"], row["is_revoked"]) == (
        "ann", datetime(2026, 7, 1), None, False,
    )  # fmt: skip
    with pytest.raises(Rejected, match="revoked"):
        read_acceptance('{"discrepancy_id": "d", "at": 1782900000, "revoked": "no"}')


def test_a_close_is_of_a_month() -> None:
    row = read_close('{"month": "2026-09", "action": "reopen", "by": "ann", "at": 1782900000}')
    assert (row["period_month"], row["action"], row["closed_by"]) == (date(2026, 9, 1), "reopen", "ann")
    for month in ("2026-13", "2026-9", "September"):
        with pytest.raises(Rejected, match="month"):
            read_close(json.dumps({"month": month, "action": "close", "at": 1782900000}))
    with pytest.raises(Rejected, match="action"):
        read_close('{"month": "2026-09", "action": "open", "at": 1782900000}')


def test_they_land_typed_and_the_rest_of_the_file_counts(tmp_path: Path) -> None:
    put(tmp_path, "landing/contracts/a.jsonl", "\n".join([json.dumps(CONTRACT), "{", "", json.dumps(CONTRACT)]))
    put(tmp_path, "landing/acceptances/a.jsonl", '{"discrepancy_id": "d", "at": 1782900000}\n[]\n')
    put(
        tmp_path,
        "landing/closes/x/a.jsonl",
        '{"month": "2026-09", "action": "close", "at": 1782900000}\n\xff\n'.encode("latin1"),
    )
    result = land(tmp_path / "landing", tmp_path / "lake", None, "run1", threads=1)
    with duckdb.connect() as connection:
        create_lake_views(connection, tmp_path / "lake", result.manifest)
        counts = [connection.execute(f"select count(*) from lake.{name}").fetchone() for name in READERS]
        rejects = connection.execute(
            "select folder, line_number, reason from lake.landing_rejects order by folder"
        ).fetchall()
        items = connection.execute("select items[1].quantity, limits[1].max from lake.contracts limit 1").fetchone()
    assert counts == [(2,), (1,), (1,)]
    assert rejects == [
        ("acceptances", 2, "not_an_object"),
        ("closes", 2, "invalid_utf8"),
        ("contracts", 2, "broken_json"),
    ]
    assert items == (Decimal(25), Decimal("2000.5"))
