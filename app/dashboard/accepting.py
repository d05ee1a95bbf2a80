"""Accepting a discrepancy from the dashboard: it lands a record, as `tieout accept` does, and the next run shows it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import streamlit as st

from app.dashboard.source import Row, home
from app.dashboard.widgets import plain
from tieout.store.acceptances import Decision, land_decision
from tieout.store.config import load_config
from tieout.store.errors import TieoutError


@st.fragment
def show_accept(row: Row) -> None:
    """The form for what is open, the way back for what is accepted; the command where no landing area is known.

    It is drawn when it is opened.
    """
    if row["status"] == "resolved":
        return
    is_accepted = row["status"] == "accepted"
    words = "Take the acceptance back" if is_accepted else "Accept it: known, and left as it is"
    icon = ":material/undo:" if is_accepted else ":material/check:"
    shown = st.expander(words, key="accepting", icon=icon, on_change="rerun")
    if not shown.open:
        return
    with shown:
        if load_config().landing.is_dir():
            _form(row["discrepancy_id"], is_accepted)
            return
        verb = " --revoke" if is_accepted else ""
        st.write("No landing area is known here. Start the dashboard with `TIEOUT_LANDING` set, or use the command:")
        st.code(f'tieout accept {row["discrepancy_id"]}{verb} --reason "…" --by "…"', language="shell")


def _form(discrepancy_id: str, is_accepted: bool) -> None:
    with st.form(f"accept_{discrepancy_id}", border=False):
        reason = st.text_input("Reason", placeholder="what is known about it", max_chars=500)
        by = st.text_input("By", placeholder="your name", max_chars=100)
        until = None
        if not is_accepted:
            until = st.date_input("Until", value=None, help="Empty: for good. It is open again from that day on, UTC.")
        sent = st.form_submit_button("Take it back" if is_accepted else "Accept")
    if not sent:
        return
    decision = Decision(discrepancy_id, reason.strip(), by.strip(), _instant(until), is_accepted)
    try:
        path = land_decision(home(), load_config().landing, decision)
    except TieoutError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.success(f"Landed as acceptances/{plain(path.name)}. The next run shows it.", icon=":material/inventory_2:")


def _instant(until: date | None) -> datetime | None:
    return None if until is None else datetime.combine(until, time(), UTC)
