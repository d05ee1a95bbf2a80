"""One run of one home, step by step: the only place that knows in which order the store's parts are used.

A session holds the home's lock from its first step to its last. Nothing that it does before `publish` can be seen by a
reader, and `publish` is one atomic replacement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from dagster_project.dbt_build import NodeResult, build_arguments, build_models
from dagster_project.dbt_manifest import Prepared, mart_descriptions, prepare
from dagster_project.interruption import interruption_kept
from dagster_project.progress import Progress, tell
from expectations.validation import CheckResult, validate
from tieout.core.settings import Settings
from tieout.sources.landing import LandingError, LandingProgress, LandingResult, land
from tieout.store import heads, lake, ledger, snapshots
from tieout.store.checks import keep_check_results
from tieout.store.config import PROJECT_ROOT, Config, load_config, load_settings
from tieout.store.errors import BadArgument, TieoutError
from tieout.store.findings import FINDING_COLUMNS
from tieout.store.home import Current, Home, Published, rfc3339
from tieout.store.warehouse import (
    Warehouse,
    accept_fingerprint,
    combined_fingerprint,
    folder_fingerprint,
    open_warehouse,
    write_profile,
)

T = TypeVar("T")

CODE_FOLDERS = (PROJECT_ROOT / "tieout" / "sources", PROJECT_ROOT / "tieout" / "store")


@dataclass
class Session:
    """The state of a run between its steps. `landed`, `warehouse` and `candidate_rows` are set by the steps."""

    home: Home
    landing: Path
    as_of: datetime
    run_id: str
    config: Config
    settings: Settings
    previous: Current | None
    chain: ledger.Chain = field(default_factory=ledger.Chain)
    landed: LandingResult | None = None
    warehouse: Warehouse | None = None
    livemode: bool | None = None
    candidate_rows: dict[str, int] = field(default_factory=dict)
    published: Current | None = None

    @property
    def run_folder(self) -> Path:
        return self.home.run_folder(self.run_id)

    def land_files(self) -> LandingResult:
        """Reads the files that are new into the lake, and shows the lake to dbt."""
        tell(Progress("land"))
        manifest = heads.head_path(self.home, self.previous.lake_manifest if self.previous else None)
        lake.remove_unnamed(self.home.lake, manifest)
        with interruption_kept():
            self.landed = self._land(manifest)
        tell(Progress("prepare"))
        warehouse = open_warehouse(self.home, self.config, self.previous, self.run_id)
        accepted = accept_fingerprint(self.home, warehouse, self.run_id, self._show_lake(warehouse))
        if accepted is not warehouse:
            self._show_lake(accepted)
        self.warehouse = accepted
        write_profile(self.run_folder, accepted, self.config.threads)
        return self.landed

    def _land(self, manifest: Path | None) -> LandingResult:
        def told(step: LandingProgress) -> None:
            tell(Progress("land", step.done, step.total, step.step))

        config = self.config
        try:
            return land(
                self.landing,
                self.home.lake,
                manifest,
                self.run_id,
                told,
                threads=config.threads,
                memory_limit=config.memory_limit,
            )
        except LandingError as error:
            raise TieoutError(str(error)) from error

    def _show_lake(self, warehouse: Warehouse) -> str:
        """Makes the schema `lake` and returns the fingerprint of all that decides what the warehouse holds."""
        landed = _need(self.landed, "land_files")
        previous = self.previous
        with warehouse.connect() as connection:
            lake.create_lake_views(connection, self.home.lake, landed.manifest)
            heads.create_head_view(
                connection,
                "findings",
                FINDING_COLUMNS,
                heads.head_path(self.home, previous.findings if previous else None),
            )
            heads.create_head_view(
                connection, "health", heads.HEALTH, heads.head_path(self.home, previous.health if previous else None)
            )
            ledger.create_ledger_views(connection, self.home, self.chain, "lake")
            ledger.show_accruals(connection, warehouse.is_rebuilt)
            ledger.show_balances(connection, warehouse.is_rebuilt)
            self.livemode = self.config.livemode
            if self.livemode is None:
                self.livemode = heads.find_livemode(connection)
            heads.create_run_parameters(
                connection,
                self.run_id,
                self.as_of,
                self.livemode,
                self.settings,
                self.config.health_runs_kept,
                self._before(warehouse),
            )
            meters = connection.execute(
                "select distinct event_name, customer_payload_key, value_payload_key "
                "from lake.stripe_meters order by all"
            ).fetchall()
        return combined_fingerprint(
            [
                prepare(self.config.dbt_project).fingerprint,
                folder_fingerprint(*CODE_FOLDERS),
                meters,
                self.livemode,
                self.settings.as_dict(),
            ]
        )

    def _before(self, warehouse: Warehouse) -> heads.Before:
        """What this run finds: a warehouse that is built anew has seen nothing of the lake."""
        previous = self.previous
        if previous is None:
            return heads.Before(ledger_batches=len(self.chain.batches), ledger_entries=self.chain.entries)
        seen = lake.read_manifest(heads.head_path(self.home, previous.lake_manifest)).batch_number
        return heads.Before(
            as_of=previous.as_of_instant,
            landed_batches=None if warehouse.is_rebuilt else seen,
            ledger_batches=len(self.chain.batches),
            ledger_entries=self.chain.entries,
        )

    def build(self, selection: tuple[str, ...] = ()) -> list[NodeResult]:
        """Builds the models. What failed is in the results; `check_results` refuses them."""
        _need(self.warehouse, "land_files")
        prepared = self.prepared()
        arguments = build_arguments(prepared, self.run_folder, self.config.threads, selection)
        tell(Progress("build"))
        return build_models(prepared, arguments)

    def prepared(self) -> Prepared:
        """The parsed dbt project."""
        return prepare(self.config.dbt_project)

    def append_ledger(self) -> ledger.Chain:
        """Writes what is due as the ledger's next batch, which counts once the run is published."""
        tell(Progress("post"))
        warehouse = _need(self.warehouse, "land_files")
        with warehouse.connect() as connection:
            self.chain = ledger.append_batch(connection, self.home, self.chain, self.run_id, self.as_of)
        return self.chain

    def build_candidate(self) -> dict[str, int]:
        """Copies the marts into the candidate snapshot and returns each table's rows."""
        tell(Progress("candidate"))
        warehouse = _need(self.warehouse, "land_files")
        descriptions = mart_descriptions(self.prepared().manifest())
        self.candidate_rows = snapshots.build_candidate(
            self.home, warehouse, self.run_id, descriptions, ledger.mart_queries(self.home, self.chain)
        )
        return self.candidate_rows

    def check_candidate(self) -> list[CheckResult]:
        """Runs the suites on the candidate and keeps their results, also those of a run that is then refused."""
        tell(Progress("check"))
        with interruption_kept():
            results = validate(snapshots.candidate_path(self.home, self.run_id))
        keep_check_results(self.home, self.run_id, [result.to_dict() for result in results])
        return results

    def publish(self) -> Current:
        """Names the snapshot, the heads and the manifest, and replaces `CURRENT`: from here on the run has happened."""
        tell(Progress("publish"))
        warehouse = _need(self.warehouse, "land_files")
        landed = _need(self.landed, "land_files")
        findings, health = self._write_heads(warehouse)
        ledger_head = self._write_ledger_head()
        snapshot = snapshots.name_snapshot(self.home, self.run_id)
        published_at = rfc3339(datetime.now(UTC))
        entry = Published(
            run_id=self.run_id, as_of=rfc3339(self.as_of), path=self.home.relative(snapshot), published_at=published_at
        )
        config = self.config
        kept = snapshots.kept_snapshots(self.previous, entry, config.snapshots_kept, config.snapshot_min_age_seconds)
        self.published = Current(
            run_id=self.run_id,
            as_of=entry.as_of,
            published_at=published_at,
            snapshot=entry.path,
            livemode=self.livemode,
            lake_manifest=self.home.relative(landed.manifest),
            findings=findings,
            health=health,
            ledger=ledger_head,
            warehouse=self.home.relative(warehouse.path),
            warehouse_token=self.run_id,
            snapshots=kept,
        )
        self.home.publish(self.published)
        return self.published

    def _write_ledger_head(self) -> str | None:
        """The head of the ledger: the one before when nothing was posted."""
        if not self.chain.batches or self.chain.batches[-1].run_id != self.run_id:
            return self.previous.ledger if self.previous else None
        return self.home.relative(ledger.write_chain(self.home, self.chain, self.run_id))

    def _write_heads(self, warehouse: Warehouse) -> tuple[str | None, str | None]:
        paths: list[str | None] = []
        with warehouse.connect() as connection:
            for table, folder in (("discrepancies", self.home.findings), ("pipeline_health", self.home.health)):
                path = None
                if table in self.candidate_rows:
                    path = heads.write_head(connection, f"select * from marts.{table}", folder, self.run_id)
                paths.append(None if path is None else self.home.relative(path))
        return paths[0], paths[1]


def _need(value: T | None, step: str) -> T:
    """What an earlier step has left.

    Raises:
        TieoutError: that step has not run.
    """
    if value is None:
        raise TieoutError(f"this step needs the step {step} in the same run")
    return value


@contextmanager
def open_session(
    home: Home, landing: Path, as_of: datetime, run_id: str, on_wait: Callable[[str], None]
) -> Iterator[Session]:
    """Takes the home's lock for one run and clears away what a run that died has left.

    Raises:
        BadArgument: the landing area is not there, the as-of goes back, or a setting cannot be read.
    """
    config, settings = load_config(), load_settings()
    if not landing.is_dir():
        raise BadArgument(f"landing area {landing} is not a directory")
    home.check_as_of(as_of)
    with home.lock(run_id, on_wait):
        home.check_as_of(as_of)  # again: the run that was waited for may have moved it
        current = home.current()
        chain = ledger.read_chain(home, current)
        ledger.check_files(home, chain)
        home.sweep(config.runs_kept)
        ledger.remove_unnamed(home, current)
        session = Session(home, landing, as_of, run_id, config, settings, current, chain)
        session.run_folder.mkdir(parents=True, exist_ok=True)
        yield session
        if session.published is not None:
            home.sweep(config.runs_kept)
            ledger.remove_unnamed(home, session.published)
