"""Every kind of discrepancy has its page, every page its kind, and both say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tieout.core.kinds import KINDS, Kind

SECTIONS = ["What it means", "How it arises", "How to check by hand", "What to do", "Example"]


@pytest.fixture(scope="session")
def pages(root: Path) -> Path:
    return root / "docs" / "discrepancies"


def test_no_page_is_without_a_kind_and_no_kind_without_a_page(pages: Path) -> None:
    assert {page.stem for page in pages.glob("*.md")} - {"README"} == {kind.name for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_page_has_its_sections_and_none_is_empty(pages: Path, kind: Kind) -> None:
    title, *rest = re.split(r"^## ", (pages / f"{kind.name}.md").read_text(), flags=re.MULTILINE)
    assert title.strip() == f"# {kind.name}"
    sections = dict(part.split("\n", 1) for part in rest)
    assert list(sections) == SECTIONS
    assert all(len(text.split()) >= 8 for text in sections.values())
    assert re.search(r"\d", sections["Example"])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_of_money_has_an_example_with_money(pages: Path, kind: Kind) -> None:
    text = (pages / f"{kind.name}.md").read_text()
    assert not kind.has_figures or re.search(r"(USD|EUR) [\d,]+\.\d\d", text.partition("## Example")[2])


def test_the_index_lists_every_kind_with_its_meaning_and_who_acts(pages: Path) -> None:
    rows = re.findall(
        r"^\| \[(\w+)\]\((\w+)\.md\) \| (.+) \| (.+) \|$", (pages / "README.md").read_text(), re.MULTILINE
    )
    assert rows == [(kind.name, kind.name, kind.meaning, kind.acts) for kind in KINDS]


def test_links_between_pages_lead_somewhere(pages: Path) -> None:
    links = [(page, link) for page in pages.glob("*.md") for link in re.findall(r"\]\((\w+\.md)\)", page.read_text())]
    assert links
    assert [f"{page.name}: {link}" for page, link in links if not (pages / link).is_file()] == []
