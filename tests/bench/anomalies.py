"""Anomalies over many customers' usage: the models alone, in a process of its own, with a run's own memory limit."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import duckdb

from tests.bench.measures import Row, Say, peak_memory_mb
from tests.insights.system import TABLES
from tests.support.models import Models

METERS = 5
DAYS = 120
#: One day in so many is five times what it would have been.
PLANTED_ONE_IN = 20_000

#: Usage around a level of each customer's own, 30 % up and down, less on weekends, in the order of nothing.
USAGE = """
insert into usage_daily by name
select
    'cus_' || substr(md5(customer::varchar), 1, 14) as customer_id,
    'meter_' || meter as meter,
    date '2026-07-04' + day::integer as usage_date,
    round(
        exp(3 + hash(customer, meter) % 1000 / 200.0)
        * (0.7 + 0.6 * (hash(customer, meter, day) % 1000) / 1000.0)
        * if(dayofweek(date '2026-07-04' + day::integer) in (0, 6), 0.5, 1.0)
        * if(hash(customer, meter, day, 7) % {one_in} = 0, 5, 1)
    ) as quantity,
    10 + hash(customer, day) % 20 as events,
    20 as lag_seconds_p50
from range({first}, {last}) as c (customer), range({meters}) as m (meter), range({days}) as d (day)
order by hash(customer, meter, day)
"""


def anomalies_found(scratch: Path, customers: int, say: Say) -> list[Row]:
    """Seconds and peak memory of `system_daily` and `anomalies`, and how many of the planted days they show."""
    database = scratch / "anomalies.duckdb"
    with duckdb.connect(str(database), config={"threads": 2, "memory_limit": "2GB"}) as connection:
        connection.execute(TABLES)
        connection.execute(
            "create table stg_runs__parameters as select timestamp '2026-11-01' as as_of, 120 as anomaly_days, "
            "40 as anomaly_score_min_tenths, 2 as anomaly_change_min, 24 as metering_lag_limit_hours"
        )
        for first in range(0, customers, 10_000):
            last = min(first + 10_000, customers)
            connection.execute(USAGE.format(first=first, last=last, meters=METERS, days=DAYS, one_in=PLANTED_ONE_IN))
    say(f"made {customers * METERS * DAYS:,} days of usage")
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "tests.bench.anomalies", str(database)], check=True)
    seconds, peak_mb = time.monotonic() - started, peak_memory_mb()
    with duckdb.connect(str(database), read_only=True) as connection:
        ((found,),) = connection.execute("select count(*) from anomalies").fetchall()
    size = f"{customers:,} customers × {METERS} meters × {DAYS} days"
    planted = customers * METERS * DAYS // PLANTED_ONE_IN
    return [
        Row("anomalies", seconds, "s", size),
        Row("anomalies: peak memory", peak_mb, "MB", "the largest process so far"),
        Row("anomalies: rows", found, "rows", f"{planted:,} days planted"),
    ]


def build(database: Path) -> None:
    """Builds the models in a database that holds their inputs, with what a run has: two threads and 1 GB."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": "1GB",
        "preserve_insertion_order": False,
    }
    with duckdb.connect(str(database), config=config) as connection:
        models = Models(connection, macro_files=("insights.sql", "format_money.sql"))
        models.table("system_daily")
        models.view("int_series_candidates")
        models.view("int_series_silences")
        models.view("int_series_departures")
        models.table("anomalies")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
