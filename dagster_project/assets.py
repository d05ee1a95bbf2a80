"""The assets from landing to publication. Bodies are one line over functions that are tested by themselves."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
from dagster import AssetExecutionContext
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test, get_updated_cli_invocation_params_for_context

from dagster_project.dbt_build import NodeResult, check_results
from dagster_project.dbt_manifest import prepare
from dagster_project.resources import RunResource
from dagster_project.session import Session
from dagster_project.translator import LANDED_FILES, TieoutTranslator, asset_key
from tieout.store.ledger import DUE_TABLES
from tieout.store.measures import TableMeasures

FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))
"""A daily run that comes late is warned of after 2 h; two that did not come are a failure."""

WRITER_POOL = "duckdb_writer"
"""One process may write the warehouse at a time; DuckDB refuses a second, so Dagster must not even start it."""

PREPARED = prepare()
TRANSLATOR = TieoutTranslator()


@dg.asset(
    key=LANDED_FILES,
    group_name="landing",
    kinds={"parquet", "duckdb"},
    pool=WRITER_POOL,
    freshness_policy=FRESHNESS,
)
def landed_files(run: RunResource) -> dg.MaterializeResult[Any]:
    """New files of the landing area, read into the lake as immutable Parquet batches."""
    return dg.MaterializeResult(metadata=landing_metadata(run.session))


@dbt_assets(
    manifest=PREPARED.manifest(), dagster_dbt_translator=TRANSLATOR, exclude="resource_type:unit_test", pool=WRITER_POOL
)
def models(context: AssetExecutionContext, run: RunResource) -> Iterator[Any]:
    """Staging, intermediate, marts: every business rule, as SQL."""
    yield from model_results(context, run.session)


@dg.asset(
    deps=[dg.AssetKey(["intermediate", table]) for table in DUE_TABLES.values()],
    group_name="publication",
    kinds={"parquet"},
    pool=WRITER_POOL,
)
def ledger_batch(run: RunResource) -> dg.MaterializeResult[Any]:
    """What the run found due, appended to the ledger as an immutable batch; it counts once it is published."""
    return dg.MaterializeResult(metadata=posting_metadata(run.session))


@dg.asset(
    deps=[LANDED_FILES, ledger_batch, *sorted(key for key in models.keys if key.path[0] == "marts")],
    group_name="publication",
    kinds={"duckdb"},
    pool=WRITER_POOL,
)
def candidate_snapshot(run: RunResource) -> dg.MaterializeResult[Any]:
    """A copy of the marts that nobody reads yet; checks run on it."""
    return dg.MaterializeResult(metadata=candidate_metadata(run.session))


@dg.asset(
    deps=[candidate_snapshot],
    group_name="publication",
    kinds={"duckdb"},
    pool=WRITER_POOL,
    freshness_policy=FRESHNESS,
)
def snapshot(run: RunResource) -> dg.MaterializeResult[Any]:
    """The publication: `CURRENT` is replaced, and readers see the new snapshot."""
    return dg.MaterializeResult(metadata=publication_metadata(run.session))


def landing_metadata(session: Session) -> dict[str, Any]:
    """Lands the new files and tells how many there were."""
    landed = session.land_files()
    return {
        "dagster/row_count": landed.records,
        "files_new": landed.files_new,
        "files_known": landed.files_known,
        "files_ignored": list(landed.ignored_paths[:20]),
        "quarantined": landed.quarantined,
        "landing": str(session.landing),
        "run_id": session.run_id,
    }


def model_results(context: dg.AssetExecutionContext, session: Session) -> Iterator[Any]:
    """Builds the models and yields a materialisation for each, with rows and amounts, and a check for each test.

    Raises:
        TieoutError: a node failed; what had succeeded is yielded before.
    """
    results = session.build(selection(context))
    warehouse = session.warehouse
    assert warehouse is not None
    with warehouse.connect() as connection:
        measures = measured(connection)
    by_id = {result.unique_id: result for result in results}
    manifest = PREPARED.manifest()
    for unique_id, result in by_id.items():
        node = manifest["nodes"].get(unique_id, {})
        if node.get("resource_type") in ("model", "seed") and result.status == "success":
            yield dg.MaterializeResult(
                asset_key=asset_key(node), metadata=node_metadata(result, measures.get((node["schema"], node["alias"])))
            )
    wanted = context.selected_asset_check_keys
    for unique_id, result in by_id.items():
        key = (
            get_asset_check_key_for_test(manifest, TRANSLATOR, unique_id, None)
            if unique_id.startswith("test.")
            else None
        )
        if key is not None and key in wanted and result.status != "skipped":
            yield check_result(key, result)
    check_results(results)


def measured(connection: Any) -> dict[tuple[str, str], TableMeasures]:
    """Measures of all tables of the warehouse."""
    from tieout.store.measures import measure_tables

    return measure_tables(connection)


def selection(context: dg.AssetExecutionContext) -> tuple[str, ...]:
    """dbt's selection: nothing for all models, names when somebody chose some of them in the web server."""
    if not context.is_subset:
        return ()
    parameters = get_updated_cli_invocation_params_for_context(
        context=context, manifest=PREPARED.manifest(), dagster_dbt_translator=TRANSLATOR
    )
    arguments = list(parameters.selection_args)
    return tuple(word for argument in arguments[1:2] for word in argument.split())


def node_metadata(result: NodeResult, measures: TableMeasures | None) -> dict[str, Any]:
    """What is told about a built model: seconds, rows, and the sum of each amount by currency."""
    told: dict[str, Any] = {"seconds": round(result.seconds, 3), "unique_id": result.unique_id}
    if measures is not None:
        told["dagster/row_count"] = measures.rows
        for column, by_currency in measures.amounts_minor.items():
            for currency, amount in by_currency.items():
                told[f"{column}/{currency}" if currency else column] = str(amount)
    return told


def check_result(key: dg.AssetCheckKey, result: NodeResult) -> dg.AssetCheckResult:
    """A dbt test as a check; a warning passes as far as publication is concerned, but is told as failed with WARN."""
    return dg.AssetCheckResult(
        passed=result.status == "pass",
        asset_key=key.asset_key,
        check_name=key.name,
        severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
        metadata={"failures": result.failures, "message": result.message, "seconds": round(result.seconds, 3)},
    )


def candidate_metadata(session: Session) -> dict[str, Any]:
    """Builds the candidate and tells each table's rows."""
    counts = session.build_candidate()
    return {"dagster/row_count": sum(counts.values()), **{f"rows/{table}": rows for table, rows in counts.items()}}


def posting_metadata(session: Session) -> dict[str, Any]:
    """Appends to the ledger and tells what was posted, and the hash that stands for all of it."""
    before = session.chain
    chain = session.append_ledger()
    return {
        "dagster/row_count": chain.entries - before.entries,
        "entries_posted_ever": chain.entries,
        "batches": len(chain.batches),
        "hash": chain.hash,
    }


def publication_metadata(session: Session) -> dict[str, Any]:
    """Publishes and tells what is now current."""
    current = session.publish()
    return {
        "run_id": current.run_id,
        "as_of": current.as_of,
        "snapshot": str(session.home.root / current.snapshot),
        "snapshots_kept": len(current.snapshots),
    }


__all__ = ["DagsterDbtTranslator", "candidate_snapshot", "landed_files", "ledger_batch", "models", "snapshot"]
