"""Two small worlds, made once: a clean one and one with every kind of fault."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tieout.simulator import WorldSpec, build_world
from tieout.simulator.faults import KINDS


@dataclass(frozen=True)
class Made:
    """A made world and its truth."""

    path: Path
    truth: dict[str, Any]

    @property
    def landing(self) -> Path:
        return self.path / "landing"


def make(path: Path, **fields: Any) -> Made:
    build_world(path, WorldSpec(**fields))
    return Made(path, json.loads((path / "truth.json").read_text()))


@pytest.fixture(scope="session", params=["basil", "legacy"])
def clean(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("clean") / "world", customers=80, months=3, seed=11, api=request.param)


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Made:
    path = tmp_path_factory.mktemp("faulty") / "world"
    requests = tuple(f"{kind}/{variant}*3" for kind, variants in KINDS.items() for variant in variants)
    # a credit alone often leaves too little to charge, and a change at midnight is the same from there
    requests += ("proration_missing/charge*9", "proration_mismatch/from_midnight*9")
    return make(path, customers=900, months=4, seed=13, api="mixed", events=270_000, faults=requests)
