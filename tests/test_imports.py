"""The house's imports run one way; `pyproject.toml` has the contracts."""

import re
import subprocess
import sys
from pathlib import Path


def test_import_contracts_hold(root):
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_every_connection_to_duckdb_is_made_in_the_store(root):
    """Sources may be handed a connection; only the store makes one (dbt opens its own)."""
    folders = ("tieout", "app", "dagster_project", "expectations")
    makers = {
        path.relative_to(root).as_posix()
        for folder in folders
        for path in (root / folder).rglob("*.py")
        if re.search(r"duckdb\.(connect|sql|query|execute|default_connection)\(", path.read_text())
    }
    assert {path for path in makers if not path.startswith("tieout/store/")} == set()
    assert "tieout/store/warehouse.py" in makers


def test_the_top_level_folder_dbt_holds_no_python(root):
    assert not list((root / "dbt").glob("**/*.py"))


def test_the_lock_names_no_registry(root):
    text = (root / "requirements.lock").read_text()
    assert "://" not in text
    assert "--index-url" not in text
