"""Pipeline: runs, checks, quarantine, and what could not be computed."""

import streamlit as st

from app.dashboard.queries import NOT_COMPUTED, RUNS
from app.dashboard.source import Row, current_source, home
from app.dashboard.widgets import number, plain, spoken, table
from tieout.store.checks import read_check_results

QUARANTINE_SHOWN = 200
QUARANTINES = (
    ("Usage in quarantine", "marts.usage_quarantine"),
    ("Other records in quarantine", "marts.landing_quarantine"),
)
SEVERITIES = ("critical", "warning", "info")

source = current_source()
assert source is not None

st.title("Pipeline")
st.caption(f"Home {plain(str(home().root))}, run {source.run_id}.")

st.subheader("Runs")
health = source.rows(RUNS)
table(
    [
        {
            "Run": row["run_id"],
            "Usage events": number(row["usage_events"]),
            "Customers": number(row["customers"]),
            "Invoices": number(row["invoices"]),
            "Expected invoices": number(row["expected_invoices"]),
            "Discrepancies": number(row["discrepancies"]),
            "In quarantine": number(row["quarantined"]),
            "Not computed": number(row["not_computed"]),
        }
        for row in health
    ],
    alt_text="Runs that were published",
    empty="No run has been measured.",
    right=(
        "Usage events",
        "Customers",
        "Invoices",
        "Expected invoices",
        "Discrepancies",
        "In quarantine",
        "Not computed",
    ),
)
with st.expander("All measures of this run"):
    table(
        [
            {"Measure": spoken(row["measure"]), "Value": number(row["value"]), "Unit": row["unit"]}
            for row in source.rows(
                "select measure, value, unit from marts.pipeline_health where run_id = ? order by measure",
                source.run_id,
            )
        ],
        alt_text="Measures of this run",
        empty="This run has not been measured.",
        right=("Value",),
    )

st.subheader("Checks")


def order(result: Row) -> tuple[object, ...]:
    """What failed first, the worst of it at the top."""
    return (result["is_ok"], SEVERITIES.index(result["severity"]), result["check"])


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
                "Check": spoken(result["check"]),
                "Outcome": "held" if result["is_ok"] else "failed",
                "Severity": result["severity"],
                "Table": result["table"],
                "Rows": result["failing_rows"],
                "What it means": "" if result["is_ok"] else result["description"],
                "Examples": "; ".join(", ".join(f"{k}={v}" for k, v in row.items()) for row in result["examples"]),
            }
            for result in sorted(run.results, key=order)
        ],
        alt_text="Checks of the chosen run",
        empty="This run has no checks.",
    )
else:
    st.caption("No check has run yet.")

st.subheader("Not computed, by reason")
table(
    [
        {
            "Reason": spoken(row["reason"]),
            "Line groups": number(row["line_groups"]),
            "Invoices": number(row["invoices"]),
        }
        for row in source.rows(NOT_COMPUTED)
    ],
    alt_text="Reasons why line groups were not computed",
    empty="Everything was computed.",
    right=("Line groups", "Invoices"),
)

for title, name in QUARANTINES:
    st.subheader(title)
    total = source.row(f"select count(*) as n from {name}")
    rows = source.rows(
        f"select file, line_number, reason, raw from {name} order by file, line_number limit {QUARANTINE_SHOWN}"
    )
    if total and total["n"]:
        shown = "" if total["n"] <= len(rows) else f"; the first {len(rows):,} are shown"
        st.caption(f"{total['n']:,} {'record' if total['n'] == 1 else 'records'}{shown}.")
    table(
        [
            {
                "File": row["file"],
                "Line": row["line_number"],
                "Reason": spoken(row["reason"]),
                "Record": (row["raw"] or "")[:300],
            }
            for row in rows
        ],
        alt_text=title,
        empty="Nothing is in quarantine.",
    )
