import re
import subprocess
import sys

import pytest
import typer

from app.cli.main import app


def command_names() -> list[str]:
    return sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("document", ["README.md"])
def test_the_docs_name_every_command(root, document):
    text = (root / document).read_text()
    missing = [name for name in command_names() if not re.search(rf"tieout {name}\b", text)]
    assert not missing


def test_the_docs_name_no_command_that_is_not_there(root):
    named = set(re.findall(r"^\s*\.?(?:venv/bin/)?tieout ([a-z]+)", (root / "README.md").read_text(), re.MULTILINE))
    assert named <= set(command_names())


def test_the_docs_name_every_make_target(root):
    targets = re.findall(r"^([a-z]+):.*## ", (root / "Makefile").read_text(), re.MULTILINE)
    text = (root / "README.md").read_text()
    assert [name for name in targets if name not in ("help",) and f"make {name}" not in text] == []


@pytest.mark.parametrize("arguments", [["snapshot"], ["discrepancies"], ["explain", "x"]])
def test_reading_starts_fast_nothing_heavy_is_imported(arguments, tmp_path):
    script = (
        "import sys; from app.cli.main import app; from app.cli.errors import status_of\n"
        f"sys.argv = ['tieout', *{arguments!r}, '--home', {str(tmp_path)!r}]\n"
        "status_of(app)\n"
        "print(sorted({'dagster', 'dbt', 'great_expectations', 'streamlit', 'stripe', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
