"""One discrepancy opened: its sentence, what to do, both sides, what follows from it, its evidence and its history."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from app.dashboard.accepting import show_accept
from app.dashboard.detail import show_line_groups
from app.dashboard.queries import DISCREPANCIES
from app.dashboard.source import Row, Source, home
from app.dashboard.widgets import instant, money, open_page, plain, spoken, table
from tieout.core.kinds import KIND_BY_NAME
from tieout.store.config import PROJECT_ROOT
from tieout.store.history import Sighting, finding_history

STAGES = {"preventable": "can still be put right before it is billed", "billed": "past its billing"}
OWN_WORDS = {"expected_invoice_id": "Expected invoice, by the id Tieout gave it"}
"""Facts whose column name does not say what they are."""
DOCS = PROJECT_ROOT / "docs" / "discrepancies"


def show_discrepancy(source: Source, discrepancy_id: str) -> None:
    """Draws the discrepancy, or says that the id is unknown in this snapshot."""
    row = source.row(f"{DISCREPANCIES} where d.discrepancy_id = ?", discrepancy_id)
    if row is None:
        st.error(f"There is no discrepancy {plain(discrepancy_id)} in this snapshot.", icon=":material/search_off:")
        return
    evidence = json.loads(row["evidence"] or "{}")
    with st.container(border=True):
        expected_invoice_id = evidence.get("expected_invoice_id")
        _headline(row, expected_invoice_id)
        _figures(row)
        if row["invoice_id"] or expected_invoice_id:
            show_line_groups(source, row["invoice_id"], expected_invoice_id, row["price_id"])
        _consequences(row, evidence)
        _evidence(row, evidence)
        _history(source, row)
    show_accept(row)
    _docs(row["kind"])


def _headline(row: Row, expected_invoice_id: str | None) -> None:
    kind = KIND_BY_NAME.get(row["kind"])
    st.subheader(spoken(row["kind"]).capitalize())
    st.markdown(f"**{plain(row['explanation'])}**")
    acts = f" · {kind.acts} can mend it" if kind else ""
    if kind:
        st.markdown(plain(kind.meaning))
    st.caption(f"{row['severity']} · {row['status']} · {STAGES.get(row['stage'], row['stage'])}{acts}")
    if row.get("remedy"):
        st.info(f"**What to do:** {plain(row['remedy'])}", icon=":material/build:")
    with st.container(horizontal=True):
        open_page(
            "app_pages/customer.py",
            f"Customer {plain(row['customer_name'] or row['customer_id'] or '')}",
            "customer",
            row["customer_id"],
        )
        if row["invoice_id"]:
            open_page("app_pages/invoice.py", f"Invoice {row['invoice_id']}", "invoice", row["invoice_id"])
        else:
            open_page("app_pages/invoice.py", "The invoice as expected", "invoice", expected_invoice_id)


def _figures(row: Row) -> None:
    impact = row["impact_minor"]
    if impact is None:
        return
    effect = "Leaked" if impact > 0 else "Overcharged" if impact < 0 else "Difference"
    with st.container(horizontal=True):
        st.metric("Expected", money(row["expected_minor"], row["currency"]), border=True)
        st.metric("Actual", money(row["actual_minor"], row["currency"]), border=True)
        st.metric(effect, money(abs(impact), row["currency"]), border=True)


def _consequences(row: Row, evidence: dict[str, Any]) -> None:
    """Where else the fault shows, with its share of the money."""
    found = evidence.get("consequences") or []
    st.markdown("**Where it shows as well** (the same money again, not more of it)")
    table(
        [
            {
                "Shows in": spoken(str(consequence.get("shows_in"))),
                "Which": _place(consequence.get("id"), evidence),
                "Share of the money": money(consequence.get("minor"), row["currency"]),
            }
            for consequence in found
        ],
        alt_text="What follows from the discrepancy elsewhere",
        empty="Nowhere else: nothing follows from it.",
        right=("Share of the money",),
    )


def _place(object_id: str | None, evidence: dict[str, Any]) -> str:
    """Where it shows. The id of an expected invoice is Tieout's own and says nothing to who has not opened it."""
    if object_id is None:
        return "–"
    return "the invoice as expected" if object_id == evidence.get("expected_invoice_id") else object_id


def _evidence(row: Row, evidence: dict[str, Any]) -> None:
    """The plain facts as a list, and all of it, as it is published, for engineers."""
    facts = {
        OWN_WORDS.get(name) or spoken(name.removesuffix("_minor")).capitalize(): plain(
            _fact(name, value, row["currency"])
        )
        for name, value in evidence.items()
        if value is not None and not isinstance(value, dict | list)
    }
    if facts:
        st.markdown("**Evidence**")
        st.table(facts, border="horizontal", width="content")
    _whole_evidence(row["discrepancy_id"], evidence)


@st.fragment
def _whole_evidence(discrepancy_id: str, evidence: dict[str, Any]) -> None:
    """Drawn when it is opened: what colours code is larger than the rest of the page."""
    shown = st.expander("All of the evidence, for engineers", key="evidence", on_change="rerun")
    if shown.open:
        shown.json(evidence)
        shown.code(f"tieout explain {discrepancy_id} --events", language="shell")


def _fact(name: str, value: Any, currency: str | None) -> str:
    if name.endswith("_minor") and isinstance(value, int):
        return money(value, currency)
    return "–" if value is None else str(value)


@st.cache_data(max_entries=100, show_spinner=False)
def _sightings(root: str, run_id: str, discrepancy_id: str) -> list[Sighting]:
    """A new publication gives a new history; `root` and `run_id` are the cache's key."""
    return finding_history(home(), discrepancy_id)


def _history(source: Source, row: Row) -> None:
    st.markdown("**History**")
    st.caption(f"First seen {instant(row['first_seen_at'])}, last seen {instant(row['last_seen_at'])}.")
    table(
        [
            {
                "Run as of": instant(sighting.as_of),
                "Published": instant(sighting.published_at),
                "Status": sighting.status or "not there",
                "Stage": sighting.stage or "–",
                "Impact": money(sighting.impact_minor, sighting.currency),
            }
            for sighting in _sightings(source.root, source.run_id, row["discrepancy_id"])
        ],
        alt_text="The discrepancy in the runs whose snapshots are kept",
        empty="No earlier snapshot is kept.",
        right=("Impact",),
    )


@st.fragment
def _docs(kind: str) -> None:
    """The kind's page in the docs, which are files of the clone."""
    path = DOCS / f"{kind}.md"
    if kind not in KIND_BY_NAME or not path.is_file():
        return
    words = f"What “{spoken(kind)}” means and how to check it by hand"
    shown = st.expander(words, key="docs", icon=":material/menu_book:", on_change="rerun")
    if shown.open:
        shown.markdown(path.read_text(encoding="utf-8"))
        shown.caption(f"From docs/discrepancies/{kind}.md")
