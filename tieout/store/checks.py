"""The results of the checks of each run, kept beside the run's logs: also those of a run that was not published."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tieout.store.files import replace_text
from tieout.store.home import Home

FILE_NAME = "checks.json"


@dataclass(frozen=True, slots=True)
class RunChecks:
    """The check results of one run, as `expectations.validation.CheckResult.to_dict` gives them."""

    run_id: str
    results: tuple[dict[str, Any], ...]


def keep_check_results(home: Home, run_id: str, results: list[dict[str, Any]]) -> None:
    """Writes a run's results into its folder, whole or not at all."""
    folder = home.run_folder(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(folder / FILE_NAME, json.dumps(results, indent=2, default=str) + "\n")


def read_check_results(home: Home) -> list[RunChecks]:
    """The results of every run that is still kept, newest first."""
    if not home.runs.is_dir():
        return []
    found = sorted(home.runs.glob(f"*/{FILE_NAME}"), reverse=True)
    return [RunChecks(path.parent.name, tuple(json.loads(path.read_text(encoding="utf-8")))) for path in found]
