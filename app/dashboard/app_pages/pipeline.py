"""Pipeline: runs, checks, quarantine, and what could not be computed."""

import streamlit as st

from app.dashboard.source import current_source, home
from app.dashboard.widgets import table
from tieout.store.checks import read_check_results

QUARANTINE_SHOWN = 200

source = current_source()
assert source is not None

st.title("Pipeline")
st.caption(f"Home `{home().root}`, run `{source.run_id}`.")

st.subheader("Checks")
runs = read_check_results(home())
if runs:
    chosen = st.selectbox("Run", [run.run_id for run in runs], key="run", bind="query-params")
    run = next((run for run in runs if run.run_id == chosen), runs[0])
    failed = [result for result in run.results if not result["is_ok"]]
    if any(result["severity"] == "critical" for result in failed):
        st.error("This run was not published: a check of integrity failed.", icon=":material/block:")
    st.caption(f"{len(run.results) - len(failed):,} of {len(run.results):,} checks held.")
    table(
        [
            {
                "Check": result["check"].replace("_", " "),
                "Outcome": "held" if result["is_ok"] else "failed",
                "Severity": result["severity"],
                "Table": result["table"],
                "Rows": result["failing_rows"],
                "Examples": "; ".join(", ".join(f"{k}={v}" for k, v in row.items()) for row in result["examples"]),
                "What it means": "" if result["is_ok"] else result["description"],
            }
            for result in sorted(run.results, key=lambda result: (result["is_ok"], result["severity"], result["check"]))
        ],
        alt_text="Checks of the chosen run",
        empty="This run has no checks.",
    )
else:
    st.caption("No check has run yet.")

st.subheader("Runs")
table(
    [
        {"Run": row["run_id"], "Measure": row["measure"], "Value": row["value"], "Unit": row["unit"]}
        for row in source.rows(
            "select run_id, measure, value, unit from marts.pipeline_health order by run_id desc, measure"
        )
    ],
    alt_text="Measures of each run",
    empty="No run has been measured.",
)

st.subheader("Not computed, by reason")
table(
    [
        {"Reason": row["reason"], "Line groups": row["line_groups"], "Invoices": row["invoices"]}
        for row in source.rows(
            "select reason, count(*) as line_groups, count(distinct invoice_id) as invoices "
            "from marts.invoice_reconciliation where status = 'not_computed' "
            "group by reason order by line_groups desc, reason"
        )
    ],
    alt_text="Reasons why line groups were not computed",
    empty="Everything was computed.",
)

for title, name in (("Usage in quarantine", "usage_quarantine"), ("Other records in quarantine", "landing_quarantine")):
    st.subheader(title)
    total = source.row(f"select count(*) as n from marts.{name}")
    rows = source.rows(
        f"select file, line_number, reason, raw from marts.{name} order by file, line_number limit {QUARANTINE_SHOWN}"
    )
    st.caption(f"{total['n'] if total else 0:,} records; the first {len(rows):,} are shown.")
    table(
        [
            {
                "File": row["file"],
                "Line": row["line_number"],
                "Reason": row["reason"],
                "Record": (row["raw"] or "")[:300],
            }
            for row in rows
        ],
        alt_text=title,
        empty="Nothing is in quarantine.",
    )
