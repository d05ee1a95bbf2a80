"""The router of the dashboard: finds the snapshot, lists the pages, and watches for the next publication."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.dashboard.source import current_run_id, current_source, home
from app.dashboard.states import show_missing, show_staleness

WATCH_SECONDS = 3
PAGES = Path(__file__).parent / "app_pages"

st.set_page_config(page_title="Tieout", page_icon="⚖️", layout="wide")


@st.fragment(run_every=WATCH_SECONDS)
def watch(shown: str | None) -> None:
    """Shows the page anew when `CURRENT` names another run than the one on the screen."""
    if current_run_id() != shown:
        st.rerun(scope="app")


source = current_source()
if source is None:
    show_missing(home().root)
    watch(None)
    st.stop()

page = st.navigation(
    [
        st.Page(PAGES / "overview.py", title="Overview", icon=":material/monitoring:", default=True),
        st.Page(PAGES / "discrepancies.py", title="Discrepancies", icon=":material/rule:"),
        st.Page(PAGES / "customer.py", title="Customer", icon=":material/domain:"),
        st.Page(PAGES / "invoice.py", title="Invoice", icon=":material/receipt_long:"),
        st.Page(PAGES / "pipeline.py", title="Pipeline", icon=":material/schema:"),
    ],
    position="top",
)
show_staleness(source)
page.run()
watch(source.run_id)
