"""Ledger: balances, tie-outs against Stripe, entries with their postings, and closed months."""

import streamlit as st

from app.dashboard.money_queries import ACCOUNTS, BALANCES, ENTRIES, ENTRY, PERIODS, POSTINGS, RULES, TIE_OUTS_OPEN
from app.dashboard.queries import TIE_OUTS
from app.dashboard.source import current_source
from app.dashboard.widgets import (
    BOTH_SIDES,
    both_sides,
    how_many,
    instant,
    kept,
    money,
    open_page,
    plain,
    selectable,
    show_tie_outs,
    some_of,
    spoken,
    table,
    ticked,
)

source = current_source()
assert source is not None
kept(("document", "account", "rule"))
# where a place of the tie-outs is shown; a payout has no page: its entries are on this one
PAGES = {
    "customer": ("app_pages/customer.py", "customer"),
    "invoice": ("app_pages/invoice.py", "invoice"),
    "grant": ("app_pages/credits.py", "holder"),
}


def close() -> None:
    st.session_state["entry"] = ""


st.title("Ledger")
chosen = st.text_input(
    "Find an entry by id", key="entry", bind="query-params", placeholder="or tick one below", type="search"
)
if chosen:
    st.button("The whole ledger", icon=":material/arrow_back:", on_click=close)
    entry = source.row(ENTRY, chosen)
    if entry is None:
        st.error(f"There is no entry {plain(chosen)} in this snapshot.", icon=":material/search_off:")
        st.stop()
    st.subheader(plain(entry["description"] or spoken(entry["rule"])))
    st.caption(
        f"{plain(entry['entry_id'])} · {spoken(entry['rule'])} · happened {instant(entry['effective_at'])} · "
        f"known {instant(entry['recorded_at'])}"
    )
    st.caption(f"From {spoken(entry['source_type'])} {plain(entry['source_id'] or '–')}.")
    postings = source.rows(POSTINGS, chosen)
    invoices = {row["subledger_id"] for row in postings if row["account"] == "accounts_receivable"}
    if entry["source_type"] == "invoice":
        invoices.add(entry["source_id"])
    with st.container(horizontal=True):
        for invoice_id in sorted(invoices - {None}):
            open_page("app_pages/invoice.py", f"Invoice {invoice_id}", "invoice", invoice_id)
        for customer_id in sorted({row["customer_id"] for row in postings} - {None}):
            open_page("app_pages/customer.py", f"Customer {customer_id}", "customer", customer_id)
        open_page(
            "app_pages/ledger.py", f"It takes back {entry['reverses_entry_id']}", "entry", entry["reverses_entry_id"]
        )
    table(
        [
            {
                "Account": spoken(row["account"]),
                "Debit": money(row["amount_minor"], row["currency"]) if row["amount_minor"] >= 0 else "–",
                "Credit": money(-row["amount_minor"], row["currency"]) if row["amount_minor"] < 0 else "–",
                "Customer": row["customer_id"] or "–",
                "Of": row["subledger_id"] or "–",
            }
            for row in postings
        ],
        alt_text="Postings of the entry",
        empty="The entry has no postings.",
        right=("Debit", "Credit"),
    )
    st.stop()

st.subheader("Ties out with Stripe?")
whole = source.rows(TIE_OUTS)
broken = [row for row in whole if row["difference_minor"]]
if whole and not broken:
    st.success("Every control account equals Stripe.", icon=":material/check_circle:")
elif broken:
    st.warning(f"{len(broken):,} of {len(whole):,} control accounts differ from Stripe.", icon=":material/balance:")
show_tie_outs(whole)
parts = source.rows(TIE_OUTS_OPEN)
if parts:
    st.markdown("**Where they differ**")
    how_many(parts, "place", "places", ", the most money first. Tick one to open it.")
    place = ticked(
        [
            {"Account": spoken(row["account"]), "Where": f"{spoken(row['scope_of'])} {row['scope']}"}
            | both_sides(row)
            | {"id": f"{row['scope_of']} {row['scope']}"}
            for row in parts
        ],
        key="place_rows",
        alt_text="Customers, invoices, grants and payouts of which the ledger and Stripe differ",
        empty="",
        right=BOTH_SIDES,
    )
    if place:
        scope_of, _, scope = place.partition(" ")
        if scope_of in PAGES:
            page, parameter = PAGES[scope_of]
            st.switch_page(page, query_params={parameter: scope})
        st.session_state["document"] = scope

st.subheader("Balances")
st.caption("Debit +, credit −.")
table(
    [
        {
            "Account": spoken(row["account"]),
            "Group": spoken(row["account_type"]),
            "Balance": money(row["balance_minor"], row["currency"]),
            "Customers": f"{row['customers']:,}",
            "Tied out": "with Stripe" if row["is_control"] else "–",
        }
        for row in source.rows(BALANCES)
    ],
    alt_text="Balance of every account",
    empty="Nothing is posted.",
    right=("Balance", "Customers"),
)

st.subheader("Closed months")
table(
    [
        {
            "Month": f"{row['period_month']:%Y-%m}",
            "State": "closed" if row["is_closed"] else "open",
            "Last decision": spoken(row["last_action"]),
            "By": row["decided_by"] or "–",
            "When": instant(row["decided_at"]),
            "Reason": row["reason"] or "–",
        }
        for row in source.rows(PERIODS)
    ],
    alt_text="Months that were ever closed",
    empty="No month was ever closed: `tieout ledger close` does it.",
)

st.subheader("Entries")
with st.grid(3, min_column_width=200, vertical_alignment="bottom"):
    document = st.text_input(
        "Entry, document or customer", key="document", bind="query-params", type="search", placeholder="in_…, cus_…"
    )
    accounts = some_of("Account", [row["account"] for row in source.rows(ACCOUNTS)], key="account", words=spoken)
    rule = st.selectbox(
        "Rule",
        ["", *(row["rule"] for row in source.rows(RULES))],
        key="rule",
        bind="query-params",
        format_func=lambda name: spoken(name) if name else "any",
    )
entries = source.rows(ENTRIES, (document or "").strip(), "|".join(accounts), rule)
how_many(entries, "entry", "entries", ", the newest first. Tick one to see its postings.")
selectable(
    [
        {
            "Happened": instant(row["effective_at"]),
            "Known": instant(row["recorded_at"]),
            "What": row["description"] or "–",
            "Rule": spoken(row["rule"]),
            "Document": row["source_id"] or "–",
            "Entry": row["entry_id"],
            "id": row["entry_id"],
        }
        for row in entries
    ],
    key="entry_rows",
    parameter="entry",
    alt_text="Journal entries that match",
    empty="No entry matches.",
)
