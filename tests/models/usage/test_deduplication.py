"""Usage counts once, ever: the incremental models against the contract's rules, for any batches in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import duckdb
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.reference.dedupe import Event, Record, deduplicate
from tests.support.models import Models
from tieout.store.datasets import DATASETS

NOON = datetime(2026, 7, 1, 12)
SCHEMA = pa.schema(
    [
        ("batch_number", pa.int64()),
        ("file_hash", pa.string()),
        ("line_number", pa.int64()),
        ("shape", pa.string()),
        ("id_space", pa.string()),
        ("event_id", pa.string()),
        ("customer_ref", pa.string()),
        ("meter", pa.string()),
        ("value", pa.decimal128(30, 12)),
        ("occurred_at", pa.timestamp("us")),
        ("fraction_digits", pa.int8()),
        ("received_at", pa.timestamp("us")),
        ("voids", pa.string()),
        ("properties", pa.string()),
        ("payload", pa.string()),
        ("raw", pa.string()),
    ]
)


@st.composite
def instants(draw: st.DrawFn) -> tuple[datetime, int]:
    digits = draw(st.sampled_from([0, 0, 0, 3, 6]))
    micros = draw(st.sampled_from([0, 250_000, 250_001])) if digits else 0
    micros -= micros % 10 ** (6 - digits)
    return NOON + timedelta(seconds=draw(st.integers(0, 1)), microseconds=micros), digits


@st.composite
def records(draw: st.DrawFn) -> Record:
    space = draw(st.sampled_from(["", "", "gw", "gx"]))
    event_id = draw(st.sampled_from(["a", "b", "v"]))
    occurred_at, digits = draw(instants())
    received_at = draw(st.none() | st.integers(0, 3).map(lambda s: NOON + timedelta(seconds=s)))
    if space == "" and draw(st.integers(0, 4)) == 0:
        voids = draw(st.sampled_from(["a", "b", "v", "z"]))
        return Record(space, event_id, None, None, None, occurred_at, digits, "{}", received_at, voids)
    return Record(
        space,
        event_id,
        draw(st.sampled_from(["cus_1", "cus_2"])),
        draw(st.sampled_from(["m", "m", "n"])),
        draw(st.sampled_from([Decimal(1), Decimal(2)])),
        occurred_at,
        digits,
        draw(st.sampled_from(["{}", '{"a":1}'])),
        received_at,
    )


def _rows(batch: int, found: list[Record]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "batch_number": batch,
                "file_hash": f"file{batch}",
                "line_number": line,
                "shape": "cloudevents" if record.space else "native",
                "id_space": record.space,
                "event_id": record.event_id,
                "customer_ref": record.customer,
                "meter": record.meter,
                "value": record.value,
                "occurred_at": record.occurred_at,
                "fraction_digits": record.digits,
                "received_at": record.received_at,
                "voids": record.voids,
                "properties": record.properties,
                "payload": None,
                "raw": "",
            }
            for line, record in enumerate(found, 1)
        ],
        schema=SCHEMA,
    )


def _build(batches: list[list[Record]]) -> dict[tuple[str, str], Event]:
    """Lands the batches one after the other, with a build after each, and gives the events that stand at the end."""
    with duckdb.connect() as connection:
        models = Models(connection)
        columns = ", ".join(f'"{name}" {kind}' for name, kind in DATASETS["usage_records"].items())
        connection.execute(f"create table lake_usage_records ({columns})")
        connection.execute(
            "create table int_usage_meters (meter varchar, customer_payload_key varchar, value_payload_key varchar)"
        )
        models.view("stg_usage__records")
        models.view("int_usage_records")
        for number, batch in enumerate(batches, 1):
            table = _rows(number, batch)
            connection.register("batch", table)
            connection.execute("insert into lake_usage_records by name select * from batch")
            connection.unregister("batch")
            models.delete_and_insert("int_usage_events", "event_id")
        models.table("int_usage_voids")
        rows = models.rows(
            "select e.*, v.voided_event_id is not null as is_voided, v.void_received_at "
            "from int_usage_events as e left join int_usage_voids as v on e.event_id = v.voided_event_id "
            "where e.voids is null"
        )
    events = {}
    for row in rows:
        key = (row["id_space"], row["event_id"])
        assert key not in events, f"{key} counts twice"
        record = Record(
            row["id_space"],
            row["event_id"],
            row["customer_ref"],
            row["meter"],
            row["value"],
            row["occurred_at"],
            row["fraction_digits"],
            row["properties"] or "{}",
            None,
            row["voids"],
        )
        events[key] = Event(
            record,
            row["first_received_at"],
            row["duplicates"],
            row["conflicts"],
            row["is_voided"],
            row["void_received_at"],
        )
    return events


def _shown(events: dict[tuple[str, str], Event]) -> dict[tuple[str, str], object]:
    return {
        key: (
            event.record.customer,
            event.record.meter,
            event.record.value,
            event.record.occurred_at,
            event.record.properties if event.conflicts else None,
            event.first_received_at,
            event.duplicates,
            event.conflicts,
            event.is_voided,
            event.void_received_at,
        )
        for key, event in events.items()
    }


EARLY = Record("", "a", "cus_1", "m", Decimal(1), NOON, 0, "{}", NOON)
LATE = Record("", "a", "cus_1", "m", Decimal(2), NOON, 0, "{}", NOON + timedelta(seconds=2))


def _merged(scenarios: list[list[list[Record]]]) -> list[list[Record]]:
    """Independent scenarios in one, each with ids of its own: a build costs the same for one as for many."""
    batches: list[list[Record]] = [[] for _ in range(max(len(scenario) for scenario in scenarios))]
    for number, scenario in enumerate(scenarios):
        for batch, found in zip(batches, scenario, strict=False):
            batch.extend(
                replace(r, event_id=f"{number}{r.event_id}", voids=r.voids and f"{number}{r.voids}") for r in found
            )
    return batches


BATCHES = st.lists(st.lists(records(), max_size=5), min_size=1, max_size=4)


@settings(max_examples=8, deadline=None)
@given(st.lists(BATCHES, min_size=10, max_size=40))
@example([[[LATE], [EARLY]], [[EARLY, Record("", "v", None, None, None, NOON, 0, "{}", None, "a")], [LATE]]])
def test_any_batches_give_what_the_rules_say(scenarios: list[list[list[Record]]]) -> None:
    batches = _merged(scenarios)
    expected = deduplicate([record for batch in batches for record in batch])
    assert _shown(_build(batches)) == _shown(expected)


@settings(max_examples=4, deadline=None)
@given(
    st.lists(st.lists(records(), min_size=1, max_size=10).map(lambda found: [found]), min_size=10, max_size=40),
    st.randoms(use_true_random=False),
    st.integers(2, 4),
)
def test_any_order_and_portions_give_the_same_events(
    scenarios: list[list[list[Record]]], random: Random, portions: int
) -> None:
    (found,) = _merged(scenarios)
    shuffled = list(found)
    random.shuffle(shuffled)
    assert _shown(_build([shuffled[start::portions] for start in range(portions)])) == _shown(_build([found]))


def test_a_conflict_turns_when_an_earlier_received_copy_lands_later() -> None:
    assert _build([[LATE]])["", "a"].record.value == 2
    event = _build([[LATE], [EARLY]])["", "a"]
    assert (event.record.value, event.conflicts, event.duplicates) == (1, 1, 0)
    assert event.first_received_at == NOON
