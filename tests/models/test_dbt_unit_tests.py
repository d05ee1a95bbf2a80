"""The unit tests that stand beside the dbt models. They need a built warehouse, but only for its columns."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tieout.store.home import Home
from tieout.store.warehouse import Warehouse, write_profile

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: A selection that matches nothing passes too, so at least this many must have run.
UNIT_TESTS_MIN = 42


def test_every_unit_test_beside_the_models_passes(tiny_home: Home, root: Path, tmp_path: Path) -> None:
    current = tiny_home.current()
    assert current is not None
    assert current.warehouse is not None
    # a copy, since the home is shared by processes that read it
    copy = Path(shutil.copy(tiny_home.root / current.warehouse, tmp_path / "warehouse.duckdb"))
    write_profile(tmp_path, Warehouse(path=copy, config={}, is_rebuilt=False), threads=1)
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"), "--no-use-colors", "test",
            "--select", "test_type:unit",
            "--project-dir", os.environ.get("TIEOUT_DBT_PROJECT", str(root / "dbt")),
            "--profiles-dir", str(tmp_path),
            "--target-path", str(tmp_path / "target"),
            "--log-path", str(tmp_path / "logs"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:]
    (summary,) = (line for line in done.stdout.splitlines() if "Done. PASS=" in line)
    assert int(summary.split("PASS=")[1].split()[0]) >= UNIT_TESTS_MIN
