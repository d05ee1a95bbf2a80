"""Builds the ledger's part of the warehouse for a landing area, without the rest of a run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dagster_project.session import Session, open_session
from tieout.store.home import Home

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "ledger"
LEDGER_MODELS = (
    "path:seeds/ledger",
    "+ledger_entries",
    "+ledger_postings",
    "+ledger_balances",
    "+ledger_periods",
    "+tie_outs",
    "+credit_balances",
    "+credit_applications",
    "+payment_recovery",
)


@dataclass(frozen=True)
class Ledger:
    """A built ledger. Rows come as tuples; a statement may also change what was built, to see what notices."""

    session: Session

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        assert self.session.warehouse is not None
        with self.session.warehouse.connect() as connection:
            return connection.execute(sql).fetchall()

    def rebuild(self, *selection: str) -> None:
        failed = [result for result in self.session.build(selection) if result.has_failed]
        assert not failed, failed

    def differences(self) -> set[tuple[str, str, str, int]]:
        """The tie-outs that differ: account, scope, currency, difference."""
        return set(
            self.rows(
                "select account, scope, currency, difference_minor from marts.tie_outs where difference_minor <> 0"
            )
        )


BuildLedger = Callable[[Path, str], Ledger]


@pytest.fixture(scope="session")
def build_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuildLedger]:
    """`build_ledger(landing, as_of)`: lands the folder in a home of its own and builds the ledger's models."""
    with ExitStack() as stack:

        def build(landing: Path, as_of: str) -> Ledger:
            home = Home(tmp_path_factory.mktemp("ledger"))
            instant = datetime.fromisoformat(as_of).replace(tzinfo=None)
            session = stack.enter_context(open_session(home, landing, instant, "golden", lambda holder: None))
            session.land_files()
            results = session.build(LEDGER_MODELS)
            # other tests of the models that the ledger reads may need models that it does not
            failed = [r for r in results if r.has_failed and (r.unique_id.startswith("model.") or "ledger" in r.name)]
            assert not failed, failed
            return Ledger(session)

        yield build


@pytest.fixture(scope="session")
def golden_as_of() -> str:
    return (GOLDEN / "as_of").read_text().strip()


@pytest.fixture(scope="session")
def golden_ledger(build_ledger: BuildLedger, golden_as_of: str) -> Ledger:
    """The ledger of the golden documents. Shared: a test that changes it puts it back."""
    return build_ledger(GOLDEN / "landing", golden_as_of)


@pytest.fixture
def golden_landing(tmp_path: Path) -> Path:
    """A copy of the golden documents that a test may change."""
    return Path(shutil.copytree(GOLDEN / "landing", tmp_path / "landing"))
