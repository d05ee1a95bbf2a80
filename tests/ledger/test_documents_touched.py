"""Whatever lands, the documents that read it are looked at again, however many lie between; others are not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import duckdb
import pytest

from tests.support.models import Models

#: Two charges of one invoice, a refund of each, of which one names the payment intent only, a dispute, the money of
#: them; a credit grant that was used once; and an invoice that nothing else belongs to.
BOOKS = """
    create table int_ledger_lines as from (values
        ('in_1', 'price_1', true, timestamp '2026-08-01', timestamp '2026-09-01'),
        ('in_alone', 'price_2', false, timestamp '2026-08-01', timestamp '2026-09-01'),
        ('in_year', 'price_3', true, timestamp '2026-01-01', timestamp '2027-01-01')
    ) as t(invoice_id, price_id, is_deferred, period_start_at, period_end_at);
    create table int_charges_current as from (values ('ch_1', 'pi_1'), ('ch_2', 'pi_2'), ('ch_alone', null))
        as t(charge_id, payment_intent_id);
    create table int_charges_linked as from (values ('ch_1', 'in_1'), ('ch_2', 'in_1'), ('ch_alone', null))
        as t(charge_id, invoice_id);
    create table int_refunds_current as from (values ('re_1', 'ch_1', null), ('re_2', null, 'pi_2'))
        as t(refund_id, charge_id, payment_intent_id);
    create table int_disputes_current as select 'du_1' as dispute_id, 'ch_1' as charge_id;
    create table int_balance_transactions_current as from (values
        ('txn_charge', 'ch_1'), ('txn_refund', 're_2'), ('txn_dispute', 'du_1'), ('txn_alone', 'po_1')
    ) as t(balance_transaction_id, source_id);
    create table int_credit_balance_transactions_current as select 'cbtxn_1' as credit_balance_transaction_id,
        'credgr_1' as credit_grant_id;
    create table posting_rules as from (values ('invoice'), ('charge'), ('refund'), ('balance_transaction'),
        ('credit_balance_transaction'), ('credit_note'), ('payout')) as t(source_type);
    create table stg_runs__parameters as select 1 as landed_batches, timestamp '2026-09-10' as previous_as_of,
        timestamp '2026-09-11' as as_of;
    create table stg_runs__ledger_entries (document_key bigint);
    create table stg_runs__ledger_accruals (document_key bigint);
"""
LANDED = {
    "invoices": "invoice_id, charge_id, payment_intent_id",
    "line_items": "invoice_id",
    "invoice_payments": "invoice_id, charge_id, payment_intent_id",
    "charges": "charge_id, invoice_id, payment_intent_id",
    "payment_intents": "payment_intent_id, invoice_id",
    "prices": "price_id",
    "refunds": "refund_id, charge_id, payment_intent_id",
    "disputes": "dispute_id, charge_id",
    "credit_notes": "credit_note_id, invoice_id",
    "customer_balance_transactions": "customer_balance_transaction_id",
    "credit_grants": "credit_grant_id",
    "credit_balance_transactions": "credit_balance_transaction_id",
    "balance_transactions": "balance_transaction_id",
    "payouts": "payout_id",
}
LISTS = {
    "invoices": ", payments struct(charge_id varchar, payment_intent_id varchar)[]",
    "credit_notes": ", refunds struct(refund_id varchar)[]",
}
DOCUMENTS = (
    "invoice:in_1", "invoice:in_alone", "charge:ch_1", "charge:ch_2", "charge:ch_alone", "refund:re_1",
    "refund:re_2",
    "balance_transaction:txn_charge", "balance_transaction:txn_refund", "balance_transaction:txn_dispute",
    "balance_transaction:txn_alone", "credit_balance_transaction:cbtxn_1", "credit_note:cn_1", "payout:po_1",
)  # fmt: skip
#: What one payment of the invoice can change.
ALL_OF_IT = {"in_1", "ch_1", "ch_2", "re_1", "re_2", "txn_charge", "txn_refund", "txn_dispute"}


def key(document: str) -> int:
    """The document as a number, by another way than the macro's: the second half of its MD5 sum."""
    return int.from_bytes(hashlib.md5(document.encode()).digest()[8:], "little") >> 1


@pytest.fixture
def books() -> Iterator[Models]:
    """The books, and nothing landed yet."""
    with duckdb.connect() as connection:
        connection.execute(BOOKS)
        for name, columns in LANDED.items():
            declared = ", ".join(f"{column} varchar" for column in columns.split(", "))
            connection.execute(f"create table stg_stripe__{name} ({declared}{LISTS.get(name, '')}, batch_number int)")
        yield Models(connection, macro_files=("ledger.sql", "ledger_documents.sql"))


def touched(books: Models) -> set[int]:
    books.table("int_ledger_documents_touched")
    return {row[0] for row in books.connection.execute("from int_ledger_documents_touched").fetchall()}


@pytest.mark.parametrize(
    ("model", "landed", "documents"),
    [
        ("charges", {"charge_id": "ch_1"}, ALL_OF_IT),
        ("payment_intents", {"payment_intent_id": "pi_2"}, ALL_OF_IT),
        ("invoice_payments", {"invoice_id": "in_1", "payment_intent_id": "pi_1"}, ALL_OF_IT),
        ("disputes", {"dispute_id": "du_1", "charge_id": "ch_1"}, ALL_OF_IT),
        ("refunds", {"refund_id": "re_2", "payment_intent_id": "pi_2"}, ALL_OF_IT),
        ("prices", {"price_id": "price_1"}, ALL_OF_IT),
        ("line_items", {"invoice_id": "in_alone"}, {"in_alone"}),
        ("invoices", {"invoice_id": "in_x", "payments": [{"charge_id": "ch_2", "payment_intent_id": None}]}, ALL_OF_IT),
        (
            "credit_notes",
            {"credit_note_id": "cn_1", "refunds": [{"refund_id": "re_2"}]},
            {"cn_1", "re_2", "txn_refund"},
        ),
        ("credit_grants", {"credit_grant_id": "credgr_1"}, {"cbtxn_1"}),
        ("charges", {"charge_id": "ch_alone"}, {"ch_alone"}),
        ("payouts", {"payout_id": "po_1"}, {"po_1", "txn_alone"}),
        ("balance_transactions", {"balance_transaction_id": "txn_alone"}, {"txn_alone"}),
    ],
)
def test_what_lands_is_followed_to_all_that_reads_it(
    books: Models, model: str, landed: dict[str, object], documents: set[str]
) -> None:
    marks = ", ".join("?" for _ in landed)
    books.connection.execute(
        f"insert into stg_stripe__{model} ({', '.join(landed)}, batch_number) values ({marks}, 2)", [*landed.values()]
    )
    found = touched(books)
    assert {document.partition(":")[2] for document in DOCUMENTS if key(document) in found} == documents


def test_what_landed_before_the_last_publication_touches_nothing_and_time_what_it_earns_more_of(books: Models) -> None:
    books.connection.execute("insert into stg_stripe__charges (charge_id, batch_number) values ('ch_1', 1)")
    assert touched(books) == {key("invoice:in_year")}


def test_after_a_rebuild_everything_posted_is_looked_at(books: Models) -> None:
    books.connection.execute("update stg_runs__parameters set landed_batches = null, previous_as_of = null")
    books.connection.execute("insert into stg_stripe__charges (charge_id, batch_number) values ('ch_1', 1)")
    books.connection.execute("insert into stg_runs__ledger_entries values (77)")
    books.connection.execute("insert into stg_runs__ledger_accruals values (78)")
    assert touched(books) == {77, 78}
