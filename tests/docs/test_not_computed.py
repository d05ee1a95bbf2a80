"""Every reason for `not_computed` is on its page once, with what it is, why, and what to do."""

from __future__ import annotations

import re
from pathlib import Path


def test_the_page_has_every_reason_that_the_models_know_once(root: Path) -> None:
    macro = (root / "dbt" / "macros" / "not_computed.sql").read_text()
    declared = re.findall(r"^ {8}'(\w+)': '", macro, re.MULTILINE)
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", (root / "docs" / "not_computed.md").read_text(), re.MULTILINE)
    assert sorted(declared) == sorted(name for name, _ in rows)
    assert all(len(cell.split()) >= 2 for _, cells in rows for cell in cells.split("|"))
    assert all(cells.count("|") == 2 for _, cells in rows)


def test_every_reason_is_given_by_a_model(root: Path) -> None:
    macro = (root / "dbt" / "macros" / "not_computed.sql").read_text()
    models = "".join(path.read_text() for path in (root / "dbt" / "models").rglob("*.sql"))
    declared = set(re.findall(r"^ {8}'(\w+)': '", macro, re.MULTILINE))
    assert declared == set(re.findall(r"not_computed\('(\w+)'\)", models))
