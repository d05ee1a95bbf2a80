"""Builds the warehouse's models with dbt, in this process: one build per run, progress told node by node.

dbt runs inside the run's own process (and not as a child) for three reasons: a killed run leaves no orphan that
writes on, the 2 s that dbt's import takes are spent once, and the parsed project is handed over in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_project.dbt_manifest import Prepared, unmoved
from dagster_project.interruption import interruption_kept
from dagster_project.progress import Progress, tell
from tieout.store.errors import TieoutError

FAILED = frozenset({"error", "fail", "runtime error"})


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What became of one dbt node: `status` is dbt's (success, pass, warn, error, fail, skipped)."""

    unique_id: str
    name: str
    status: str
    seconds: float
    message: str
    failures: int

    @property
    def has_failed(self) -> bool:
        return self.status in FAILED


def build_arguments(prepared: Prepared, run_folder: Path, threads: int, selection: Sequence[str]) -> list[str]:
    """The arguments of the one dbt process of a run. No `--vars`: they would force a full parse.

    Unit tests are left out: they test the rules, not the data, and belong to the test suite.
    """
    return [
        "build",
        "--project-dir", str(prepared.project),
        "--profiles-dir", str(run_folder),
        "--target-path", str(run_folder / "dbt"),
        "--log-path", str(run_folder / "dbt"),
        "--log-level", "none",
        "--log-level-file", "info",
        "--threads", str(threads),
        "--exclude-resource-type", "unit_test",
        "--no-use-colors",
        "--no-partial-parse",
        *(["--select", *selection] if selection else []),
    ]  # fmt: skip


def build_models(prepared: Prepared, arguments: list[str]) -> list[NodeResult]:
    """Runs the build and returns every node's result, failed ones included.

    Raises:
        TieoutError: dbt could not even start; the message is dbt's.
        KeyboardInterrupt: the run was told to stop.
        BaseException: dbt was told to stop, in a way of its own.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    try:
        with interruption_kept():
            manifest = prepared.dbt_manifest()
        with unmoved(), interruption_kept():
            outcome = dbtRunner(manifest=manifest, callbacks=[_teller()]).invoke(arguments)
    finally:
        _close(DuckDBConnectionManager)
    if outcome.exception is not None and not isinstance(outcome.exception, Exception):
        raise outcome.exception  # told to stop: KeyboardInterrupt, SystemExit, or Dagster's own
    results = [_node_result(result) for result in getattr(outcome.result, "results", None) or ()]
    if outcome.exception is not None and not any(result.has_failed for result in results):
        raise TieoutError(f"dbt stopped: {outcome.exception}") from outcome.exception
    return results


def _close(manager: Any) -> None:
    """Closes the file that dbt's adapter keeps in a class attribute; nobody else could open it otherwise."""
    if manager._ENV is not None:
        manager._ENV.close()
        manager.close_all_connections()


def _node_result(result: Any) -> NodeResult:
    return NodeResult(
        unique_id=result.node.unique_id,
        name=result.node.name,
        status=str(result.status.value if hasattr(result.status, "value") else result.status),
        seconds=float(result.execution_time or 0),
        message=str(result.message or ""),
        failures=int(result.failures or 0),
    )


def _teller() -> Callable[[Any], None]:
    """A dbt callback that counts finished nodes; dbt says the total when the first one starts."""
    done = total = 0

    def on_event(event: Any) -> None:
        nonlocal done, total
        if event.info.name == "LogStartLine":
            total = event.data.total
        elif event.info.name == "NodeFinished":
            done += 1
            tell(Progress("build", done, total, event.data.node_info.node_name))

    return on_event


def check_results(results: Sequence[NodeResult]) -> None:
    """Refuses a build in which anything failed.

    Raises:
        TieoutError: names up to five failed nodes with dbt's first lines about each.
    """
    failed = [result for result in results if result.has_failed]
    if not failed:
        return
    told = [f"  {result.unique_id}: {_first_lines(result.message)}" for result in failed[:5]]
    more = [f"  and {len(failed) - 5} more"] if len(failed) > 5 else []
    raise TieoutError("\n".join([f"{len(failed)} of {len(results)} dbt nodes failed:", *told, *more]))


def _first_lines(message: str, count: int = 6) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return " | ".join(lines[:count])
