"""The inputs of the anomaly models as tables in memory: usage and money by day, made up or measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from tests.support.models import Models
from tieout.core.settings import Settings

AS_OF = date(2026, 11, 1)
DAYS = 60
FIRST = AS_OF - timedelta(days=DAYS)

#: What the models read besides usage; empty unless a test puts something there.
TABLES = """
create table customers (customer_id varchar, name varchar);
create table int_subscription_item_states (
    subscription_id varchar, state_number bigint, customer_id varchar, meter varchar, usage_type varchar,
    valid_to timestamp
);
create table int_subscription_states (subscription_id varchar, state_number bigint, service_end_at timestamp);
create table int_charges_current (
    charge_id varchar, customer_id varchar, status varchar, currency varchar, created_at timestamp
);
create table int_refunds_current (
    refund_id varchar, charge_id varchar, status varchar, currency varchar, amount_minor bigint, created_at timestamp
);
create table int_invoices_current (
    invoice_id varchar, customer_id varchar, status varchar, currency varchar, finalized_at timestamp
);
create table int_invoice_lines_current (
    invoice_id varchar, price_id varchar, amount_minor bigint, is_proration boolean
);
create table int_prices_current (price_id varchar, nickname varchar, price_type varchar);
create table usage_daily (
    customer_id varchar, meter varchar, usage_date date, quantity decimal(38, 12), events bigint,
    lag_seconds_p50 bigint
);
"""


@dataclass(frozen=True)
class Used:
    """A customer's usage of a meter, from the first day on; a day of 0 has no row."""

    customer: str
    meter: str
    quantities: Iterable[float]
    events: int = 1
    lag_seconds: dict[int, int] | None = None


def system(used: Iterable[Used] = (), *, days: int = 120, setup: str = "", **settings: int) -> Models:
    """A connection with usage that ends at `AS_OF`; `settings` override the defaults."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(TABLES + setup)
    numbers = {name: value for name, value in Settings().as_dict().items() if isinstance(value, int)}
    values = numbers | {"anomaly_days": days, **settings}
    columns = ", ".join(f"{value} as {name}" for name, value in values.items())
    connection.execute(f"create table stg_runs__parameters as select timestamp '{AS_OF}' as as_of, {columns}")
    rows = [
        {
            "customer_id": one.customer,
            "meter": one.meter,
            "usage_date": FIRST + timedelta(days=day),
            "quantity": float(quantity),
            "events": one.events,
            "lag_seconds_p50": (one.lag_seconds or {}).get(day, 20),
        }
        for one in used
        for day, quantity in enumerate(one.quantities)
        if quantity > 0
    ]
    if rows:
        connection.register("landed", pa.Table.from_pylist(rows))
        connection.execute("insert into usage_daily by name select * from landed")
    return Models(connection, macro_files=("insights.sql", "format_money.sql"))


def anomalies(models: Models) -> list[dict[str, Any]]:
    """Every anomaly of what is there, by customer and day."""
    models.table("system_daily")
    models.view("int_series_candidates")
    models.view("int_series_silences")
    models.view("int_series_departures")
    models.table("anomalies")
    return models.rows("select * from anomalies order by customer_id nulls first, metric, subject, day")
