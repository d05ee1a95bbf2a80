"""What the dashboard says when there is nothing to show, or nothing fresh."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import streamlit as st

from app.dashboard.source import Source
from app.dashboard.widgets import instant, plain
from tieout.store.config import load_config


def show_missing(root: Path) -> None:
    """The page of a home without a snapshot."""
    st.title("Nothing has been published yet")
    if root.is_dir():
        st.write(
            f"The home `{root}` has no snapshot yet. This page shows the first one as soon as a run has published it."
        )
    else:
        st.write(
            f"There is no home `{root}` yet. A run makes it, and this page shows the snapshot as soon as it is there."
        )
    st.markdown("**With your own data**: land the files and run once.")
    st.code(f"tieout run --landing landing --home {root}", language="shell")
    st.markdown("**To look around first**: a made-up company, the whole run and this dashboard.")
    st.code("tieout demo", language="shell")
    st.caption("Another home? Start the dashboard with `tieout app --home DIR`, or set `TIEOUT_HOME`.")


def show_unreadable(root: Path, problem: str) -> None:
    """The page of a home whose snapshot cannot be opened."""
    st.title("This home cannot be read")
    st.error(plain(problem), icon=":material/error:")
    st.write("A run publishes a new snapshot and so mends a damaged one; nothing that has landed is lost.")
    st.code(f"tieout run --landing landing --home {root}", language="shell")


def show_staleness(source: Source) -> None:
    """A line above every page when the last run is older than the setting allows, or when it found no data at all."""
    hours = load_config().stale_after_hours
    now = datetime.now(UTC).replace(tzinfo=None)
    if source.is_stale(now, timedelta(hours=hours)):
        st.warning(
            f"These figures are of {instant(source.as_of)}, more than {hours} hours ago. Run `tieout run` again, or "
            "look at the schedule: `make dagster` shows the last runs and why one failed.",
            icon=":material/schedule:",
        )
    counts = source.row(
        "select (select count(*) from marts.customers) as customers, (select count(*) from marts.usage_daily) as days, "
        "(select count(*) from marts.invoices) as invoices"
    )
    if counts is not None and not any(counts.values()):
        st.info(
            "The last run found no customers, no usage and no invoices. Put files into the landing area (`usage/`, "
            "`stripe/`, `contracts/`) or pull from Stripe with `tieout sync`, and run again.",
            icon=":material/inbox:",
        )
