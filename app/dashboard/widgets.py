"""Small pieces that several pages share: words and money in cells, tables, links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import streamlit as st

from tieout.core.money import format_money

BUTTONS_MAX = 4
"""More options than that are a list to search."""
FIGURE_SPACE = "\u2007"
"""As wide as a digit, and sorted before one."""


def money(amount_minor: int | None, currency: str | None) -> str:
    """An amount for a table cell; a dash where there is none."""
    return "–" if amount_minor is None or currency is None else format_money(amount_minor, currency)


def effect(impact_minor: int | None, currency: str | None) -> str:
    """What a discrepancy does to the money, in words instead of a sign."""
    if impact_minor is None or currency is None:
        return "no figure"
    if impact_minor == 0:
        return "no money"
    return f"{format_money(abs(impact_minor), currency)} {'leaked' if impact_minor > 0 else 'overcharged'}"


def leaked(impact_minor: int | None, currency: str | None) -> str:
    """The amount when money leaked, else a dash."""
    return money(impact_minor, currency) if (impact_minor or 0) > 0 else "–"


def overcharged(impact_minor: int | None, currency: str | None) -> str:
    """The amount, without its sign, when the customer was overcharged, else a dash."""
    return money(abs(impact_minor or 0), currency) if (impact_minor or 0) < 0 else "–"


def spoken(name: str | None) -> str:
    """A name of the tables in words: `price_mismatch` is `price mismatch`."""
    return "–" if name is None else name.replace("_", " ")


def instant(value: datetime | None) -> str:
    """An instant in UTC to the minute; a dash where there is none."""
    return "–" if value is None else f"{value:%Y-%m-%d %H:%M} UTC"


def day(value: datetime | None) -> str:
    """The UTC day of an instant; a dash where there is none."""
    return "–" if value is None else f"{value:%Y-%m-%d}"


def period(start: datetime | None, end: datetime | None) -> str:
    """A half-open period by its days; one day when both are the same instant."""
    return day(start) if start == end else f"{day(start)} to {day(end)}"


def number(value: Decimal | int | None) -> str:
    """A quantity without trailing zeros, with thousands separated."""
    if value is None:
        return "–"
    text = f"{Decimal(value):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def duration(seconds: int | None) -> str:
    """A length of time in its largest sensible unit, rounded down to one decimal; a dash where there is none."""
    if seconds is None:
        return "–"
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            tenths = 10 * seconds // length
            return f"{tenths // 10:,}.{tenths % 10} {unit}"
    return f"{seconds:,} s"


def measured(value: Decimal, unit: str) -> str:
    """A figure of a series in its unit: `units`, `payments`, `seconds`, or `minor` and a currency; to one decimal."""
    if unit.startswith("minor"):
        return money(int(value), unit.split()[-1])
    return duration(int(value)) if unit == "seconds" else number(round(value, 1))


def plain(sentence: str) -> str:
    """The sentence without the signs that Markdown and TeX would read as their own."""
    for sign in ("\\", "$", "*", "_", "[", "]", "`", "<", "~", ":"):
        sentence = sentence.replace(sign, f"\\{sign}")
    return sentence


def aligned(cells: Sequence[str]) -> list[str]:
    """Amounts and quantities padded to one length, so that a click on the heading sorts them by size.

    A table sorts text as text; `USD 9.00` would come after `USD 10.00`. The padding stands after the currency.
    """
    longest = max((len(cell) for cell in cells), default=0)
    padded = []
    for cell in cells:
        currency = cell[:4] if cell[:3].isupper() and cell[3:4] == " " else ""
        padded.append(f"{currency}{FIGURE_SPACE * (longest - len(cell))}{cell[len(currency) :]}")
    return padded


def table(rows: Sequence[Mapping[str, Any]], *, alt_text: str, empty: str, right: Iterable[str] = ()) -> None:
    """A sortable table of ready-made cells, or a sentence where there is nothing to show.

    Args:
        rows: column heading to cell; every row has the same headings.
        alt_text: what the table is, for who cannot see it.
        empty: the sentence shown when there are no rows.
        right: headings of amounts and quantities.
    """
    if not rows:
        st.caption(empty)
        return
    st.dataframe(_cells(rows, right), hide_index=True, alt=alt_text, column_config=_config(right))


def selectable(
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str,
    parameter: str,
    alt_text: str,
    empty: str,
    right: Iterable[str] = (),
    wide: Iterable[str] = (),
) -> None:
    """A table whose ticked row is written to the bound widget `parameter`, and with it into the page's address.

    The last column must be `id`; it is what is written, and it is not shown. `wide` are headings of sentences.
    """
    if not rows:
        st.caption(empty)
        return
    ids = [row["id"] for row in rows]

    def choose() -> None:
        chosen = st.session_state[key]["selection"]["rows"]
        if chosen and chosen[0] < len(ids):
            st.session_state[parameter] = ids[chosen[0]]

    sentences = {heading: st.column_config.TextColumn(heading, width="large") for heading in wide}
    st.dataframe(
        _cells(rows, right).drop_columns("id"),
        hide_index=True,
        key=key,
        on_select=choose,
        selection_mode="single-row",
        alt=alt_text,
        column_config=_config(right) | sentences,
    )


def opening(
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str,
    page: str,
    parameter: str,
    alt_text: str,
    empty: str,
    right: Iterable[str] = (),
    wide: Iterable[str] = (),
) -> None:
    """A table whose ticked row opens another page, with the row's `id` as that page's `parameter`."""
    chosen = ticked(rows, key=key, alt_text=alt_text, empty=empty, right=right, wide=wide)
    if chosen:
        st.switch_page(page, query_params={parameter: chosen})


def ticked(
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str,
    alt_text: str,
    empty: str,
    right: Iterable[str] = (),
    wide: Iterable[str] = (),
) -> str:
    """A table; the `id` of the row that was ticked just now, once, for a page to follow it; else nothing."""
    picked = f"picked_{key}"
    selectable(rows, key=key, parameter=picked, alt_text=alt_text, empty=empty, right=right, wide=wide)
    chosen = st.session_state.get(picked)
    if not chosen or all(row["id"] != chosen for row in rows):
        return ""
    # a callback cannot change the page; the page can
    st.session_state[picked] = ""
    return str(chosen)


def matching(shown: int, total: int, thing: str, things: str) -> str:
    """How many there are, and how many of them a table shows: `1,204 invoices, the first 200 are shown`."""
    return f"{total:,} {thing if total == 1 else things}" + (
        f", the first {shown:,} are shown" if total > shown else ""
    )


BOTH_SIDES = ("Ledger", "Stripe", "Difference")


def both_sides(row: Mapping[str, Any]) -> dict[str, str]:
    """What the ledger has beside what Stripe says: cells of a row of `tie_outs`."""
    return {name: money(row[f"{name.lower()}_minor"], row["currency"]) for name in BOTH_SIDES}


def show_tie_outs(rows: Sequence[Mapping[str, Any]]) -> None:
    """Whether the control accounts, as a whole, equal Stripe."""
    table(
        [{"Account": spoken(row["account"])} | both_sides(row) for row in rows],
        alt_text="Control accounts, what the ledger has and what Stripe says",
        empty="Nothing is posted.",
        right=BOTH_SIDES,
    )


def how_many(rows: Sequence[Mapping[str, Any]], thing: str, things: str, note: str) -> None:
    """The line above a list whose rows carry `matches`, the number there are in all; nothing above an empty one."""
    if rows:
        st.caption(f"{matching(len(rows), rows[0]['matches'], thing, things)}{note}")


def chosen_currency(currencies: Sequence[str], default: str, key: str, label: str = "Currency") -> str:
    """The currency that a page shows; it asks where there are several."""
    if len(currencies) < 2:
        return default
    return st.segmented_control(
        label, currencies, default=default, key=key, bind="query-params", format_func=str.upper, required=True
    )


def some_of(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    default: Sequence[str] = (),
    words: Callable[[str], str] = str,
    explained: str | None = None,
) -> list[str]:
    """Which of the options were chosen, all of them or none; the choice is part of the page's address.

    A few are buttons, all in view and ready sooner; many are a list to search; where there is nothing to choose from,
    nothing is drawn.
    """
    if not options:
        return []
    if len(options) > BUTTONS_MAX:
        return st.multiselect(
            label,
            options,
            default=default,
            key=key,
            bind="query-params",
            format_func=words,
            help=explained,
            wrap=True,
        )
    return st.pills(
        label,
        options,
        selection_mode="multi",
        default=default,
        key=key,
        bind="query-params",
        format_func=words,
        help=explained,
        wrap=True,
    )


def _cells(rows: Sequence[Mapping[str, Any]], right: Iterable[str]) -> pa.Table:
    """What the browser gets: a table of Arrow goes there as it is, a dictionary would become a pandas frame first."""
    columns = {heading: [row[heading] for row in rows] for heading in rows[0]}
    return pa.table(columns | {heading: aligned(columns[heading]) for heading in right})


def _config(right: Iterable[str]) -> dict[str, Any]:
    return {heading: st.column_config.TextColumn(heading, alignment="right") for heading in right}


def kept(names: Iterable[str]) -> None:
    """Keeps what was chosen in widgets that are not drawn while one thing is open, for the way back to the list."""
    for name in names:
        if name in st.session_state:
            st.session_state[name] = st.session_state[name]


def open_page(page: str, label: str, parameter: str, value: str | None, icon: str = "open_in_new") -> None:
    """A link to another page with something selected there; nothing when there is nothing to open."""
    if value is not None:
        st.page_link(page, label=label, icon=f":material/{icon}:", query_params={parameter: value})


def open_discrepancies(rows: Sequence[Mapping[str, Any]], *, empty: str) -> None:
    """A short list of discrepancies, each a link with its sentence below; for lists too short to need sorting.

    Rows need discrepancy_id, kind, currency, impact_minor, explanation, and may have a status and a remedy.
    """
    for row in rows:
        status = f" ({row['status']})" if row.get("status", "open") != "open" else ""
        with st.container(gap="xxsmall"):
            open_page(
                "app_pages/discrepancies.py",
                f"**{effect(row['impact_minor'], row['currency'])}** · {spoken(row['kind'])}{status}",
                "discrepancy",
                row["discrepancy_id"],
                icon="rule",
            )
            st.caption(plain(row["explanation"]))
            if row.get("remedy"):
                st.caption(f"**What to do:** {plain(row['remedy'])}")
    if not rows:
        st.caption(empty)
