"""The one job: everything from the landing area to the published snapshot."""

from __future__ import annotations

import dagster as dg

tie_out = dg.define_asset_job(
    "tie_out",
    selection=dg.AssetSelection.all(),
    description="Landed files in, tied-out tables out: the whole run, from the landing area to the published snapshot.",
    executor_def=dg.in_process_executor,  # one process: the steps share the home's lock and the warehouse's file
)
