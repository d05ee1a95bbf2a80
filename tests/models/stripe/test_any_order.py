"""The same objects in any order, in any files and portions, give the same tables."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.stripe.landed import MODELS, Landings
from tieout.store.datasets import DATASETS

LANDING = Path(__file__).resolve().parents[2] / "golden" / "worlds" / "tiny" / "landing" / "stripe"
CUSTOMERS = 4
# Where a row was found is not what it says.
PLACES = ("file_hash", "line_number", "raw")


def _lines() -> list[str]:
    """All that the golden world says of its first customers, whatever file it stands in."""
    texts = []
    for path in sorted(LANDING.rglob("*.jsonl*")):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        texts += data.decode().splitlines()
    chosen = sorted({text.split('"customer": "')[1].split('"')[0] for text in texts if '"customer": "' in text})
    wanted = [f'"{customer}"' for customer in chosen[:CUSTOMERS]]
    return [text for text in texts if any(customer in text for customer in wanted)]


def _tables(connection: Any) -> dict[str, list[Any]]:
    return {
        name: connection.execute(
            f"select columns(name -> name not in {PLACES}) from {name} order by all".replace("name ->", "lambda name:")
        ).fetchall()
        for name in MODELS
    }


@pytest.fixture(scope="module")
def landed() -> tuple[Landings, dict[str, list[Any]]]:
    """One landing of all lines, its rows kept as they are, and the tables that come of it."""
    landings = Landings({"all": [_lines()]})
    tables = _tables(landings.models("all").connection)
    for name in (dataset for dataset in DATASETS if dataset.startswith("stripe_")):
        landings.connection.execute(f"create table kept_{name} as select * from lake_{name}")
    return landings, tables


@pytest.mark.slow
@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=st.integers(min_value=0, max_value=10**6), files=st.integers(min_value=1, max_value=5))
def test_rows_found_anywhere_give_the_same_tables(
    landed: tuple[Landings, dict[str, list[Any]]], seed: int, files: int
) -> None:
    landings, wanted = landed
    assert all(wanted[name] for name in ("int_invoices_current", "int_subscription_versions", "int_customers_current"))
    for name in (dataset for dataset in DATASETS if dataset.startswith("stripe_")):
        landings.connection.execute(
            f"create or replace view lake_{name} as select * replace ("
            f"'file' || hash(raw, {seed}) % {files} as file_hash, "
            # no two rows of one text stand on one line
            f"(hash(raw, event_id, {seed}) % 1000000)::bigint * 1000 "
            "+ row_number() over (partition by raw, event_id order by file_hash, line_number) as line_number) "
            f"from kept_{name} order by hash(raw, event_id, {seed})"
        )
    assert _tables(landings.models("all").connection) == wanted


@pytest.mark.slow
def test_lines_in_another_order_and_in_several_files_are_typed_the_same() -> None:
    lines = _lines()
    shuffled = lines.copy()
    Random(7).shuffle(shuffled)
    half = len(shuffled) // 2
    one = Landings({"all": [lines]})
    other = Landings({"all": [shuffled[:half], shuffled[half:], shuffled[: half // 2]]})
    assert _tables(other.models("all").connection) == _tables(one.models("all").connection)
