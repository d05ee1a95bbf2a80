"""The page of settings lists every one with its default and what it means, as the code declares them."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from tieout.core.settings import Settings
from tieout.store.config import PROJECT_ROOT, Config


def rows_of(heading: str, root: Path) -> list[tuple[str, str, str]]:
    part = (root / "docs" / "settings.md").read_text().partition(f"## {heading}")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \| (.*) \| (.+) \|$", part, re.MULTILINE)


def cell(value: object) -> str:
    if isinstance(value, Path) and value.is_absolute():
        value = value.relative_to(PROJECT_ROOT)
    return f"`{value}`" if value not in (None, "") else ""


def test_every_business_setting_is_there_with_its_default_and_its_meaning(root: Path) -> None:
    meanings = dict(re.findall(r"^ {8}(\w+): (.+)$", Settings.__doc__ or "", re.MULTILINE))
    assert rows_of("Business rules", root) == [
        (f"TIEOUT_{field.name.upper()}", cell(field.default), meanings[field.name]) for field in fields(Settings)
    ]


def test_every_setting_of_the_machine_is_there_with_its_default_and_its_meaning(root: Path) -> None:
    assert rows_of("The machine", root) == [
        (f"TIEOUT_{name.upper()}", cell(field.default), field.description)
        for name, field in Config.model_fields.items()
    ]
