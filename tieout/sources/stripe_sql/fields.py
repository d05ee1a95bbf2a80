"""A small language for "this column comes from these JSON paths", and its translation to DuckDB SQL.

An object is parsed once, by ``from_json`` with the structure that the fields of its type need; every leaf is text.
Each field then casts its leaf with a macro of ``macros.sql``. A leaf that is there and cannot be cast is a *problem*,
named after its path: the record is rejected with that name instead of losing the value silently.

Paths: ``a.b`` goes through objects; ``a>b.c`` takes ``b.c`` out of ``a`` where ``a`` may also be a bare id (an expanded
object stands where an id may stand). The first path with a value counts, so both shapes of the API are given side by
side.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "text",
    "id",
    "boolean",
    "instant",
    "integer",
    "intervals",
    "bigint",
    "decimal",
    "up_to",
    "number",
    "money",
    "taxes",
    "exclusive_taxes",
    "json",
    "list",
    "discounts",
    "ids",
]
TAX: Final = {"amount": "JSON", "tax_behavior": "VARCHAR", "inclusive": "VARCHAR"}
CASTS: Final[dict[str, str]] = {
    "text": "stripe_text",
    "id": "stripe_id",
    "json": "stripe_text",
    "boolean": "stripe_boolean",
    "instant": "stripe_instant",
    "integer": "stripe_integer",
    "intervals": "stripe_intervals",
    "bigint": "stripe_bigint",
    "decimal": "stripe_decimal",
    "up_to": "stripe_up_to",
    "number": "stripe_number",
}
ALWAYS_READABLE: Final = ("text", "id", "json")
LISTS: Final = ("list", "ids", "discounts", "taxes", "exclusive_taxes")


@dataclass(frozen=True)
class Field:
    """One column.

    ``default`` is SQL for when no path has a value, in which ``{record}`` stands for the parsed struct; ``required``
    makes absence a problem, but where the SQL ``optional_when`` holds; ``wrap`` is SQL around the value (``{value}``).
    A column that starts with ``_`` is only read, for the defaults of others.
    """

    column: str
    kind: Kind
    paths: tuple[str, ...]
    element: tuple[Field, ...] = ()
    default: str | None = None
    required: bool = False
    optional_when: str = "false"
    wrap: str = "{value}"


Tree = dict[str, "Tree | str | list[Tree | str]"]


def structure(fields: tuple[Field, ...]) -> Tree:
    """The ``from_json`` structure that reads every leaf of the fields."""
    tree: Tree = {}
    for field in fields:
        for path in field.paths:
            *containers, leaf = path.split(">")[0].split(".")
            node = tree
            for name in containers:
                below = node.setdefault(name, {})
                if not isinstance(below, dict):
                    raise ValueError(f"{path}: {name} is read as a leaf elsewhere")
                node = below
            wanted = _leaf(field, path)
            if node.setdefault(leaf, wanted) != wanted:
                raise ValueError(f"{path}: {leaf} is read in two ways")
    return tree


def _leaf(field: Field, path: str) -> Tree | str | list[Tree | str]:
    if field.kind == "list":
        return [structure(field.element)]
    if field.kind in ("taxes", "exclusive_taxes"):
        return [dict(TAX)]
    if field.kind == "ids" or (field.kind == "discounts" and path == field.paths[0]):
        return ["VARCHAR"]
    return "JSON" if field.kind == "money" else "VARCHAR"


def structure_literal(fields: tuple[Field, ...]) -> str:
    """The structure as an SQL string literal."""
    return "'" + json.dumps(structure(fields)).replace("'", "''") + "'"


def _access(record: str, path: str) -> str:
    head, _, sub = path.partition(">")
    leaf = record + "".join(f'."{name}"' for name in head.split("."))
    return f"stripe_sub({leaf}, '$.{sub}')" if sub else leaf


def _cast(field: Field, leaf: str, factor: str) -> str:
    if field.kind == "money":
        return f"stripe_minor({leaf}, {factor})"
    return f"{CASTS[field.kind]}({leaf})"


def value(field: Field, record: str, factor: str = "factor", depth: int = 0) -> str:
    """SQL of the field's typed value; ``record`` is the parsed struct, ``factor`` SQL of the minor units in 1.00."""
    return field.wrap.replace("{value}", _value(field, record, factor, depth)).replace("{record}", record)


def _value(field: Field, record: str, factor: str, depth: int) -> str:
    leaves = [_access(record, path) for path in field.paths]
    if field.kind == "discounts":
        return f"stripe_discounts({leaves[0]}, {leaves[1] if len(leaves) > 1 else 'null'})"
    if field.kind == "ids":
        return f"list_transform({leaves[0]}, lambda each: stripe_id(each))"
    if field.kind == "list":
        item = f"item{depth}"
        members = ", ".join(
            f"{inner.column} := {value(inner, item, factor, depth + 1)}"
            for inner in field.element
            if not inner.column.startswith("_")
        )
        return f"list_transform(coalesce({', '.join(leaves)}), lambda {item}, at{depth}: struct_pack({members}))"
    if field.kind in ("taxes", "exclusive_taxes"):
        return f"stripe_{field.kind}(coalesce({', '.join(leaves)}), {factor})"
    parts = [_cast(field, leaf, factor) for leaf in leaves]
    if field.default is not None:
        parts.append(field.default.replace("{record}", record))
    return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"


def problems(field: Field, record: str, factor: str = "factor", depth: int = 0) -> list[str]:
    """SQL expressions, each the name of a problem of this field or null."""
    found = []
    leaves = [_access(record, path) for path in field.paths]
    if field.kind == "discounts":
        bad = f"list_bool_or(list_transform({leaves[0]}, lambda each: stripe_is_bad_discount(each)))"
        found.append(_named(bad, field.paths[0]))
        if len(leaves) > 1:
            found.append(_named(f"{leaves[1]} like '{{%' and stripe_is_bad_discount({leaves[1]})", field.paths[1]))
    elif field.kind == "list":
        item = f"item{depth}"
        inner = [text for each in field.element for text in problems(each, item, factor, depth + 1)]
        first = f"coalesce({', '.join([*inner, 'null', 'null'])})"
        for path, leaf in zip(field.paths, leaves, strict=True):
            each = f"list_transform({leaf}, lambda {item}: case when {item} is null then '' else '.' || {first} end)"
            # list_first keeps a leading null, so nulls are dropped before it.
            found.append(f"('{path}' || list_filter({each}, lambda name: name is not null)[1])")
    elif field.kind in ("taxes", "exclusive_taxes"):
        for path, leaf in zip(field.paths, leaves, strict=True):
            bad = f"list_transform({leaf}, lambda tax: tax is null or stripe_minor(tax.amount, {factor}) is null)"
            found.append(_named(f"list_bool_or({bad})", path))
    elif field.kind == "money":
        for path, leaf in zip(field.paths, leaves, strict=True):
            found.append(_named(f"not stripe_absent_money({leaf}) and stripe_minor({leaf}, {factor}) is null", path))
    elif field.kind == "up_to":
        found.append(_named(f"{leaves[0]} <> 'inf' and stripe_up_to({leaves[0]}) is null", field.paths[0]))
    elif field.kind not in (*ALWAYS_READABLE, "ids"):
        for path, leaf in zip(field.paths, leaves, strict=True):
            found.append(_named(f"nullif({leaf}, '') is not null and {_cast(field, leaf, factor)} is null", path))
    if depth == 0 and field.kind in LISTS:
        for path, leaf in zip(field.paths, leaves, strict=True):
            if isinstance(_leaf(field, path), list):
                found.append(_named(f"{leaf} is null and {_is_not_list(path)}", path))
    if field.required:
        absent = f"{value(field, record, factor, depth)} is null and not coalesce({field.optional_when}, false)"
        found.append(_named(absent, (*field.paths, field.column)[0]))
    return found


def _is_not_list(path: str) -> str:
    container, dot, _ = path.rpartition(".")
    wrong = f"stripe_is_not_list(raw, '$.{path}')"
    return f"({wrong} or coalesce(json_type(raw, '$.{container}') not in ('OBJECT', 'NULL'), false))" if dot else wrong


def _named(condition: str, name: str) -> str:
    return f"case when {condition} then '{name}' end"
