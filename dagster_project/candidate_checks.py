"""The Great Expectations suites as asset checks: they stand between the candidate snapshot and its publication."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.assets import WRITER_POOL, candidate_snapshot
from dagster_project.resources import RunResource
from dagster_project.session import Session
from expectations.validation import SUITES, CheckResult
from tieout.store.errors import TieoutError

CHECK_SPECS = [
    dg.AssetCheckSpec(
        check.name,
        asset=candidate_snapshot,
        description=check.description,
        blocking=check.severity == "critical",
        metadata={"suite": suite, "table": check.table, "severity": check.severity},
    )
    for suite, checks in SUITES.items()
    for check in checks
]


@dg.multi_asset_check(name="candidate_checks", specs=CHECK_SPECS, pool=WRITER_POOL)
def candidate_checks(run: RunResource) -> Iterator[dg.AssetCheckResult]:
    """Integrity of the tables (blocks publication) and findings about the data (told, never blocking)."""
    yield from candidate_results(run.session)


def candidate_results(session: Session) -> Iterator[dg.AssetCheckResult]:
    """Runs the suites on the candidate and yields one result per check.

    Raises:
        TieoutError: a critical check failed; all results were yielded and kept before.
    """
    results = session.check_candidate()
    yield from map(asset_check_result, results)
    refuse_blocking(results)


def asset_check_result(result: CheckResult) -> dg.AssetCheckResult:
    """A suite's result in Dagster's form: `critical` is an ERROR, everything else a WARN."""
    return dg.AssetCheckResult(
        asset_key=candidate_snapshot.key,
        check_name=result.check,
        passed=result.is_ok,
        severity=dg.AssetCheckSeverity.ERROR if result.severity == "critical" else dg.AssetCheckSeverity.WARN,
        description=result.description,
        metadata={
            "failing_rows": result.failing_rows,
            "examples": [dict(example) for example in result.examples],
            "table": result.table,
        },
    )


def refuse_blocking(results: list[CheckResult]) -> None:
    """Stops the run when a critical check failed.

    Raises:
        TieoutError: names every such check with its first example.
    """
    blocking = [result for result in results if result.is_blocking]
    if blocking:
        told = "; ".join(f"{one.check} ({one.failing_rows} rows, such as {_example(one)})" for one in blocking)
        raise TieoutError(f"not published, the last snapshot stays in place: {told}")


def _example(result: CheckResult) -> str:
    if not result.examples:
        return result.description
    return ", ".join(f"{column} {value}" for column, value in result.examples[0].items())
