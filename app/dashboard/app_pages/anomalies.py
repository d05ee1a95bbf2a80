"""Anomalies: where usage, money or the metering left what it had been; of one the series and what was expected."""

import streamlit as st

from app.dashboard.insight_charts import anomaly_days, anomaly_series
from app.dashboard.insight_queries import (
    ANOMALIES,
    ANOMALIES_BY_DAY,
    ANOMALY,
    ANOMALY_METRICS,
    CUSTOMER_SERIES,
    SYSTEM_SERIES,
)
from app.dashboard.source import Row, current_source
from app.dashboard.widgets import how_many, kept, measured, open_page, plain, selectable, some_of, spoken

SHAPES = ["spike", "drop", "silence", "new_level"]
FILTERS = ("shape", "metric", "whose", "lasting")

source = current_source()
assert source is not None
kept(FILTERS)


def close() -> None:
    st.session_state["anomaly"] = ""


def show(row: Row) -> None:
    assert source is not None
    whom = row["customer_name"] or row["customer_id"]
    with st.container(border=True):
        st.subheader(f"{spoken(row['shape']).capitalize()} of {plain(row['subject'])}")
        st.markdown(f"**{plain(row['explanation'])}**")
        lasts = "still lasts" if row["is_ongoing"] else "is over"
        st.caption(f"{spoken(row['metric'])} · {row['day']} to {row['last_day']} · {lasts}")
        with st.container(horizontal=True):
            st.metric("Observed", measured(row["observed"], row["unit"]), border=True)
            st.metric("Expected", measured(row["expected"], row["unit"]), border=True)
            st.metric(
                "Score",
                f"{row['score']:.1f}",
                border=True,
                help="How unusual it is: how many times what the series usually goes up and down the two are apart.",
            )
        if row["customer_id"]:
            open_page("app_pages/customer.py", f"Customer {plain(whom)}", "customer", row["customer_id"])
            series = source.rows(
                CUSTOMER_SERIES, row["customer_id"], row["meter"], row["day"], row["last_day"], source.as_of.date()
            )
        else:
            series = source.rows(SYSTEM_SERIES, row["metric"], row["subject"], row["day"], row["last_day"])
        anomaly_series(series, row)
        st.caption("The band is where the day could have been expected, by the days before it and the weekday.")


st.title("Anomalies")
chosen = st.text_input(
    "Find by id", key="anomaly", bind="query-params", placeholder="or tick a row below", type="search"
)
if chosen:
    st.button("All anomalies", icon=":material/arrow_back:", on_click=close)
    found = source.row(ANOMALY, chosen)
    if found is None:
        st.error(f"There is no anomaly {plain(chosen)} in this snapshot.", icon=":material/search_off:")
    else:
        show(found)
    st.stop()

st.caption("What is unusual and need not be wrong; what is wrong is under Discrepancies.")
metrics_present = [row["metric"] for row in source.rows(ANOMALY_METRICS)]
with st.grid(4, min_column_width=180):
    shapes = some_of("Shape", SHAPES, key="shape", words=spoken)
    metrics = some_of("Of", metrics_present, key="metric", words=spoken)
    whose = st.text_input("Customer", key="whose", bind="query-params", type="search")
    lasting = st.toggle("Still lasting", key="lasting", bind="query-params")
parameters = ("|".join(shapes), "|".join(metrics), (whose or "").strip(), lasting)
shown = source.rows(ANOMALIES, *parameters)
if shown:
    how_many(shown, "anomaly", "anomalies", ", the newest first.")
    anomaly_days(source.rows(ANOMALIES_BY_DAY, *parameters))
selectable(
    [
        {
            "Day": str(row["day"]),
            "Shape": spoken(row["shape"]),
            "Of": row["subject"],
            "Customer": row["customer_name"] or row["customer_id"] or "the whole system",
            "What happened": row["explanation"],
            "Observed": measured(row["observed"], row["unit"]),
            "Expected": measured(row["expected"], row["unit"]),
            "Score": f"{row['score']:.1f}",
            "Lasts": "still" if row["is_ongoing"] else "one day" if row["days"] == 1 else f"{row['days']} days",
            "id": row["anomaly_id"],
        }
        for row in shown
    ],
    key="anomaly_rows",
    parameter="anomaly",
    alt_text="Anomalies that match the filters",
    empty="No anomaly matches the filters." if metrics_present else "Nothing unusual was found.",
    right=("Observed", "Expected", "Score"),
    wide=("What happened",),
)
