"""Each page's dbt exposure names exactly the marts that the page reads."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest
import yaml

from app.dashboard import queries

DASHBOARD = Path(inspect.getfile(queries)).parent
PAGES = sorted(path.stem for path in (DASHBOARD / "app_pages").glob("*.py"))
#: Modules that show a part of a page; `states` shows its lines above every page and belongs to the first.
PARTS = {"overview": ["states"]}
OF_NO_PAGE = {"source", "widgets", "charts", "insight_charts", "money_charts"}


def marts_in(text: str) -> set[str]:
    return set(re.findall(r"\bmarts\.(\w+)", text))


def marts_of_query(module: str, name: str) -> set[str]:
    """Of a constant with SQL, or of a function that uses such constants."""
    queries = importlib.import_module(f"app.dashboard.{module}")
    found = getattr(queries, name)
    if isinstance(found, str):
        return marts_in(found)
    used = re.findall(r"\b[A-Z][A-Z_]+\b", inspect.getsource(found)) if inspect.isfunction(found) else []
    texts = [getattr(queries, constant) for constant in used]
    return set().union(*(marts_in(text) for text in texts if isinstance(text, str)))


def marts_of(path: Path) -> set[str]:
    """What a module reads: by its own SQL, by the queries it imports, and by the parts it imports."""
    source = path.read_text()
    found = marts_in(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app.dashboard."):
            module = (node.module or "").rpartition(".")[2]
            if module.endswith("queries"):
                found |= set().union(*(marts_of_query(module, alias.name) for alias in node.names))
            elif module not in OF_NO_PAGE:
                found |= marts_of(DASHBOARD / f"{module}.py")
    return found


@pytest.fixture(scope="module")
def exposures(root) -> dict[str, set[str]]:
    declared = yaml.safe_load((root / "dbt" / "models" / "marts" / "exposures.yml").read_text())["exposures"]
    return {
        exposure["name"]: {re.sub(r"ref\('(\w+)'\)", r"\1", ref) for ref in exposure["depends_on"]}
        for exposure in declared
    }


def test_every_page_has_an_exposure_and_no_other_is_there(exposures):
    assert sorted(exposures) == [f"dashboard_{page}" for page in PAGES]


@pytest.mark.parametrize("page", PAGES)
def test_an_exposure_names_what_its_page_reads(page, exposures):
    read = marts_of(DASHBOARD / "app_pages" / f"{page}.py")
    for part in PARTS.get(page, ()):
        read |= marts_of(DASHBOARD / f"{part}.py")
    assert exposures[f"dashboard_{page}"] == read


def test_the_reader_finds_sql_wherever_it_stands():
    assert marts_of_query("queries", "OPEN") == {"discrepancies"}
    assert marts_of_query("queries", "by_currency") == {"discrepancies", "pipeline_health"}
    assert "invoice_reconciliation" in marts_of(DASHBOARD / "app_pages" / "discrepancies.py")
