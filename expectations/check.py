"""The form of one check, and the short ways to write the usual ones.

Importing this module does not import Great Expectations (3 to 8 seconds): a check carries plain data, and `validation`
turns it into an expectation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["critical", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation about one table of the candidate.

    Attributes:
        name: a sentence in snake case that says what holds; unique over all suites.
        table: the table in schema `marts` that the check is about.
        severity: `critical` blocks publication, `warning` and `info` are findings about the data.
        description: for the person who reads that it failed: what it means and what to do.
        expectation: the Great Expectations class, such as `ExpectColumnValuesToBeUnique`.
        arguments: its arguments.
    """

    name: str
    table: str
    severity: Severity
    description: str
    expectation: str
    arguments: dict[str, Any] = field(default_factory=dict)


def no_rows(name: str, table: str, severity: Severity, description: str, query: str) -> Check:
    """Holds when the query gives no row; the first rows are the examples. Tables are named without their schema.

    Great Expectations wants to hand in the table that the check is about: it stands as `{batch}` where the query first
    reads it. A query over the catalogue reads it for nothing.
    """
    about = re.compile(rf"\bfrom {table}\b")
    if about.search(query):
        query = about.sub("from {batch}", query, count=1)
    else:
        query = query.replace(" where ", " where (select count(*) from {batch}) >= 0 and ", 1)
    return Check(name, table, severity, description, "UnexpectedRowsExpectation", {"unexpected_rows_query": query})


def key(table: str, *columns: str) -> Check:
    """A table's key: every part is there, and no two rows share it."""
    listed = ", ".join(columns)
    absent = " or ".join(f"{column} is null" for column in columns)
    return no_rows(
        f"{table}_has_one_row_per_{'_and_'.join(columns)}",
        table,
        "critical",
        f"The key of {table} ({listed}) is broken: a row is there twice or without its key. "
        "Nothing is published; the rows named here lead to the model to mend.",
        f"select {listed}, count(*) as row_count from {table} group by all having count(*) > 1 or {absent} "
        "order by all limit 20",
    )


def one_of(table: str, column: str, values: tuple[str, ...]) -> Check:
    """Every value of a column is one of the declared ones."""
    return Check(
        f"{table}_{column}_is_a_declared_one",
        table,
        "critical",
        f"{table}.{column} holds a value that nothing declares: {', '.join(values)} are known.",
        "ExpectColumnValuesToBeInSet",
        {"column": column, "value_set": list(values)},
    )


def not_null(table: str, column: str) -> Check:
    """A column that every reader relies on is never empty."""
    return Check(
        f"{table}_{column}_is_there",
        table,
        "critical",
        f"{table}.{column} is empty somewhere, and readers rely on it.",
        "ExpectColumnValuesToNotBeNull",
        {"column": column},
    )
