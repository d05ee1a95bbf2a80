"""The one code location: everything that Dagster knows about Tieout."""

from __future__ import annotations

import dagster as dg

from dagster_project.assets import candidate_snapshot, landed_files, ledger_batch, models, snapshot
from dagster_project.candidate_checks import candidate_checks
from dagster_project.job import tie_out
from dagster_project.logs import run_file_logger
from dagster_project.resources import RunResource
from dagster_project.schedules import SCHEDULES, SENSORS

ASSETS = [landed_files, models, ledger_batch, candidate_snapshot, snapshot]

defs = dg.Definitions(
    assets=ASSETS,
    asset_checks=[candidate_checks],
    jobs=[tie_out],
    schedules=SCHEDULES,
    sensors=SENSORS,
    resources={"run": RunResource.configure_at_launch()},
    loggers={"run_file": run_file_logger},
)
