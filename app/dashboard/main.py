"""The router of the dashboard: finds the snapshot, lists the pages, and watches for the next publication."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.dashboard.source import current_run_id, current_source, home
from app.dashboard.states import show_missing, show_staleness, show_unreadable
from tieout.store.errors import TieoutError

WATCH_SECONDS = 3
PAGES = Path(__file__).parent / "app_pages"

st.set_page_config(page_title="Tieout", page_icon="⚖️", layout="wide")


@st.fragment(run_every=WATCH_SECONDS)
def watch(shown: str | None) -> None:
    """Shows the page anew when `CURRENT` names another run than the one on the screen."""
    try:
        now = current_run_id()
    except TieoutError:
        now = None
    if now is not None and now != shown:
        st.rerun(scope="app")


try:
    source = current_source()
    problem = ""
except TieoutError as error:
    source, problem = None, str(error)

# The pages are known also without a snapshot, so that an address leads to its page as soon as there is one.
page = st.navigation(
    [
        st.Page(PAGES / "overview.py", title="Overview", icon=":material/monitoring:", default=True),
        st.Page(PAGES / "discrepancies.py", title="Discrepancies", icon=":material/rule:"),
        st.Page(PAGES / "anomalies.py", title="Anomalies", icon=":material/insights:"),
        st.Page(PAGES / "usage.py", title="Usage and limits", icon=":material/speed:"),
        st.Page(PAGES / "payments.py", title="Payments", icon=":material/credit_card:"),
        st.Page(PAGES / "credits.py", title="Credits", icon=":material/toll:"),
        st.Page(PAGES / "ledger.py", title="Ledger", icon=":material/account_balance:"),
        st.Page(PAGES / "customer.py", title="Customer", icon=":material/domain:"),
        st.Page(PAGES / "invoice.py", title="Invoice", icon=":material/receipt_long:"),
        st.Page(PAGES / "pipeline.py", title="Pipeline", icon=":material/schema:"),
    ],
    position="top" if source is not None else "hidden",
)
if source is not None:
    show_staleness(source)
    page.run()
elif problem:
    show_unreadable(home().root, problem)
else:
    show_missing(home().root)
watch(source.run_id if source is not None else None)
