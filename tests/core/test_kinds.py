"""The declaration of the kinds is complete and consistent with itself."""

from __future__ import annotations

from tieout.core.kind import CATEGORIES, IDENTITY_COLUMNS, PLACEHOLDERS, SEED_COLUMNS, SEVERITIES, Remedy, placeholders
from tieout.core.kinds import KIND_BY_NAME, KINDS, root_rank

# Section 4 of the contract, kind by kind.
CONTRACT = {
    "ingestion": "usage_invalid usage_conflict usage_unknown_customer usage_unknown_meter event_missing object_stale",
    "metering": "usage_unsubscribed usage_late meter_mismatch",
    "contract": "contract_unbilled contract_quantity_mismatch contract_price_mismatch commitment_shortfall",
    "lines": "line_missing line_unexpected quantity_mismatch price_mismatch amount_mismatch proration_missing "
    "proration_mismatch",
    "invoice": "invoice_missing invoice_duplicate invoice_unexpected invoice_stuck currency_mismatch discount_mismatch "
    "credit_grant_mismatch balance_mismatch total_mismatch",
    "payments": "payment_missing payment_orphan payment_duplicate payment_amount_mismatch refund_unmatched "
    "dunning_stalled payout_mismatch",
    "ledger": "tie_out_break",
}
WITHOUT_FIGURES = {
    "usage_invalid", "usage_conflict", "usage_unknown_customer", "usage_unknown_meter", "event_missing", "object_stale",
    "usage_unsubscribed", "contract_unbilled", "contract_quantity_mismatch", "contract_price_mismatch",
    "currency_mismatch",
}  # fmt: skip

FIGURES = {"expected", "actual", "expected_size", "actual_size", "difference"}


def test_every_kind_of_the_contract_is_declared_once_and_in_its_category() -> None:
    declared = {category: [kind.name for kind in KINDS if kind.category == category] for category in CATEGORIES}
    assert declared == {category: names.split() for category, names in CONTRACT.items()}
    assert len(KIND_BY_NAME) == len(KINDS)


def test_kinds_without_figures_are_those_of_the_contract() -> None:
    assert {kind.name for kind in KINDS if not kind.has_figures} == WITHOUT_FIGURES


def test_root_ranks_follow_the_categories_and_are_distinct() -> None:
    ranks = [root_rank(kind) for kind in KINDS]
    assert ranks == sorted(set(ranks))
    assert root_rank(KIND_BY_NAME["usage_late"]) < root_rank(KIND_BY_NAME["quantity_mismatch"])


def test_every_kind_is_identified_by_columns_of_the_mart() -> None:
    for kind in KINDS:
        assert kind.identified_by, kind.name
        assert set(kind.identified_by) <= set(IDENTITY_COLUMNS), kind.name


def test_sentences_use_known_placeholders_and_figures_only_where_there_are_some() -> None:
    for kind in KINDS:
        used = placeholders(kind.sentence)
        assert used <= set(PLACEHOLDERS), kind.name
        assert bool(used & FIGURES) == kind.has_figures, kind.name
        assert kind.sentence.endswith("."), kind.name
        assert kind.meaning.endswith("."), kind.name


def test_every_kind_has_remedies_that_name_figures_only_where_there_are_some() -> None:
    for kind in KINDS:
        for remedy in filter(None, kind.remedy.seed_row()):
            assert placeholders(remedy) <= set(PLACEHOLDERS), kind.name
            assert kind.has_figures or not placeholders(remedy) & FIGURES, kind.name
            assert remedy.endswith("."), kind.name


def test_a_remedy_falls_back_on_the_one_for_leaked_money() -> None:
    assert Remedy("a", overcharged="b", preventable="c", even="d").seed_row() == ("a", "b", "c", "d")
    assert Remedy("a").seed_row() == ("a", "a", "", "a")


def test_severities_are_known_and_seed_rows_fit_the_columns() -> None:
    for kind in KINDS:
        assert kind.severity in SEVERITIES
        assert len(kind.seed_row(root_rank(kind))) == len(SEED_COLUMNS)
