"""The one code location: everything that Dagster knows about Tieout."""

from __future__ import annotations

import dagster as dg

from dagster_project.assets import candidate_snapshot, landed_files, models, snapshot
from dagster_project.candidate_checks import candidate_checks
from dagster_project.logs import run_file_logger
from dagster_project.resources import RunResource

ASSETS = [landed_files, models, candidate_snapshot, snapshot]

tie_out = dg.define_asset_job(
    "tie_out",
    selection=dg.AssetSelection.all(),
    description="Landed files in, tied-out tables out: the whole run, from the landing area to the published snapshot.",
    executor_def=dg.in_process_executor,  # one process: the steps share the home's lock and the warehouse's file
)

defs = dg.Definitions(
    assets=ASSETS,
    asset_checks=[candidate_checks],
    jobs=[tie_out],
    resources={"run": RunResource.configure_at_launch()},
    loggers={"run_file": run_file_logger},
)
