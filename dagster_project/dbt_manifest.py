"""The parsed dbt project, prepared once per state of its files.

Parsing takes 3 to 6 s. It is done when a file of the project has changed, and the result is kept under the hash of the
files in `dbt/target/prepared`: as JSON for Dagster, which needs it whenever its definitions are loaded, and as dbt's
own msgpack, with which a build starts without parsing. The warehouse's name is the same in every home, so one result
serves all.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from dagster_project.interruption import interruption_kept
from tieout.store.config import load_config
from tieout.store.errors import TieoutError
from tieout.store.files import remove
from tieout.store.warehouse import FILE_NAME, Warehouse, folder_fingerprint, write_profile

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PREPARED_KEPT = 3
PARSED_NAME = "partial_parse.msgpack"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A parsed project: its folder, the hash of its files, and where the two forms lie."""

    project: Path
    fingerprint: str
    folder: Path

    @property
    def json_path(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def parsed_path(self) -> Path:
        return self.folder / PARSED_NAME

    def manifest(self) -> Mapping[str, Any]:
        """The manifest as Dagster reads it."""
        return _read_json(self.json_path)

    def dbt_manifest(self) -> Manifest:
        """The manifest as dbt wants it, a fresh one for each build since dbt writes into it."""
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumuro_decoder

        manifest: Manifest = Manifest.from_msgpack(self.parsed_path.read_bytes(), decoder=extended_mashumuro_decoder)
        manifest.build_parent_and_child_maps()  # type: ignore[no-untyped-call]
        manifest.build_flat_graph()  # type: ignore[no-untyped-call]
        return manifest


@lru_cache(maxsize=2)
def _read_json(path: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def prepare(project: Path | None = None) -> Prepared:
    """The parsed project, parsed now if its files have changed since the last time.

    Raises:
        TieoutError: the project cannot be parsed; the message is dbt's.
    """
    project = (project if project is not None else load_config().dbt_project).resolve()
    fingerprint = folder_fingerprint(project)
    target = project / "target"
    prepared = Prepared(project, fingerprint, target / "prepared" / fingerprint[:16])
    if not prepared.json_path.exists():
        target.mkdir(parents=True, exist_ok=True)
        with FileLock(target / "prepare.lock"):
            if not prepared.json_path.exists():
                _parse(prepared, target)
    return prepared


def _parse(prepared: Prepared, target: Path) -> None:
    from dbt.cli.main import dbtRunner

    nowhere = Warehouse(Path("/nonexistent") / FILE_NAME, {}, is_rebuilt=True)
    profiles = write_profile(target / "profiles", nowhere, threads=1).parent
    arguments = [
        "parse",
        "--project-dir", str(prepared.project),
        "--profiles-dir", str(profiles),
        "--target-path", str(target / "parse"),
        "--log-path", str(target / "parse"),
        "--log-level", "none",
        "--no-use-colors",
    ]  # fmt: skip
    with unmoved(), interruption_kept():
        outcome = dbtRunner().invoke(arguments)
    if not outcome.success:
        raise TieoutError(f"the dbt project {prepared.project} cannot be parsed: {outcome.exception}")
    staged = prepared.folder.with_name(f".{prepared.folder.name}.{os.getpid()}")
    remove(staged)
    staged.mkdir(parents=True)
    for name in (PARSED_NAME, "manifest.json"):
        shutil.copy2(target / "parse" / name, staged / name)
    remove(prepared.folder)
    staged.replace(prepared.folder)
    by_age = sorted(prepared.folder.parent.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for old in by_age[PREPARED_KEPT:]:
        remove(old)


class unmoved:
    """dbt changes the working directory of its process; this puts it back."""

    def __enter__(self) -> None:
        self._before = Path.cwd()

    def __exit__(self, *_: object) -> None:
        os.chdir(self._before)


def mart_descriptions(manifest: Mapping[str, Any]) -> dict[str, tuple[str, dict[str, str]]]:
    """Mart name to (its description, column name to description), for the snapshot's comments."""
    return {
        node["alias"]: (
            node["description"],
            {name: column["description"] for name, column in node["columns"].items()},
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed") and node["schema"] == "marts"
    }
