"""Runs the suites on a candidate snapshot, inside DuckDB: nothing is pulled into pandas."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from expectations import landed, published
from expectations.check import Check, Severity
from tieout.store.gx_dialect import snapshot_address

SUITES: Final[dict[str, tuple[Check, ...]]] = {"published": published.CHECKS, "landed": landed.CHECKS}
EXAMPLES_KEPT: Final = 5


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one check came out.

    Attributes:
        suite: `published` or `landed`.
        check: the check's name; `table` what it is about.
        severity: `critical` blocks publication.
        is_ok: whether it held.
        failing_rows: how many rows speak against it (0 when it held; some queries list 20 at most).
        examples: the first of them, each a mapping of column to value as text.
        description: what a failure means; when the check itself could not run, its error.
    """

    suite: str
    check: str
    table: str
    severity: Severity
    is_ok: bool
    failing_rows: int
    examples: tuple[dict[str, str], ...]
    description: str

    @property
    def is_blocking(self) -> bool:
        return self.severity == "critical" and not self.is_ok

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def validate(snapshot: Path) -> list[CheckResult]:
    """Runs every suite on a snapshot file and returns one result per check, in the order of declaration.

    A table that is missing, or a query that cannot run, is a failed check that says so; nothing is raised for it.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_sql(
        name="snapshot", connection_string=snapshot_address(snapshot), create_temp_table=False
    )
    names = {name.lower() for name in source.get_engine().dialect.get_table_names(source.get_engine().connect())}
    batches: dict[str, Any] = {}
    results = []
    for suite, checks in SUITES.items():
        for check in checks:
            if check.table not in names:
                results.append(_result(suite, check, False, 1, (), f"table {check.table} is not in the snapshot"))
                continue
            if check.table not in batches:
                asset = source.add_table_asset(name=check.table, table_name=check.table)
                batches[check.table] = asset.add_batch_definition_whole_table("whole").get_batch()
            results.append(_run(suite, check, batches[check.table]))
    source.get_engine().dispose()
    return results


def _run(suite: str, check: Check, batch: Any) -> CheckResult:
    import great_expectations.expectations as gxe

    expectation = getattr(gxe, check.expectation)(severity=check.severity, **check.arguments)
    # Rows of a query come only with COMPLETE, which stops at 200; of a column COMPLETE would list every value.
    form = "COMPLETE" if check.expectation == "UnexpectedRowsExpectation" else "SUMMARY"
    outcome = batch.validate(
        expectation, result_format={"result_format": form, "partial_unexpected_count": EXAMPLES_KEPT}
    )
    problem = _problem(outcome.exception_info)
    if problem is not None:
        return _result(suite, check, False, 1, (), f"the check could not run: {problem}")
    found = outcome.result or {}
    rows = (found.get("details") or {}).get("unexpected_rows")
    if rows is not None:
        examples = tuple({name: str(value) for name, value in dict(row).items()} for row in rows[:EXAMPLES_KEPT])
        count = int(found.get("observed_value") or 0)
    else:
        values = found.get("partial_unexpected_list") or []
        column = str(check.arguments.get("column"))
        examples = tuple({column: str(value)} for value in values[:EXAMPLES_KEPT])
        count = int(found.get("unexpected_count") or 0)
    return _result(suite, check, bool(outcome.success), count, examples, check.description)


def _result(
    suite: str, check: Check, is_ok: bool, failing: int, examples: tuple[dict[str, str], ...], description: str
) -> CheckResult:
    return CheckResult(suite, check.name, check.table, check.severity, is_ok, failing, examples, description)


def _problem(information: Any) -> str | None:
    """The message of an exception inside Great Expectations, which nests it in two ways."""
    if not information:
        return None
    nested = information if "raised_exception" in information else next(iter(information.values()), {})
    if not nested.get("raised_exception"):
        return None
    return str(nested.get("exception_message", "")).splitlines()[0]
