"""The set-based reader of usage files, as SQL: plain records are typed here, whatever is unusual goes to the exact
reader.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> str:
    """The text of ``<name>.sql`` of this package."""
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
