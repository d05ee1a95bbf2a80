"""Every kind of discrepancy, declared once: what it is called, what it means, who acts on it and in which words.

From here the kinds reach dbt as the generated seed ``dbt/seeds/discrepancy_kinds.csv`` (by ``tieout.store.kind_seed``),
and the command line, the dashboard and the docs directly. Adding a kind means adding a row to ``KINDS`` and the rows of
a ``int_discrepancies_<category>`` model; nothing else names the kinds one by one.

A *sentence* is what a finance person reads. Its placeholders are filled by the mart ``discrepancies``:

=================== ====================================================================================
``{customer}``      the customer's name, or its id
``{subscription}``  the subscription's id
``{invoice}``       ``invoice AB-0001``, ``draft invoice in_…`` or, when unknown, ``an invoice``
``{price}``         the price's nickname, or its id
``{meter}``         the meter's event name
``{object}``        ``object_id``
``{period}``        the UTC day of ``period_start``
``{expected}``      ``expected_minor`` as money in the row's currency, ``{actual}`` likewise
``{expected_size}`` the same without sign, for what comes off an invoice; ``{actual_size}`` likewise
``{difference}``    the size of ``impact_minor`` as money, without sign
``{too}``           ``too little`` when money leaked (impact > 0), else ``too much``
``{detail}``        a short phrase that the row brings with it
=================== ====================================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["info", "warning", "error", "critical"]
Category = Literal["ingestion", "metering", "contract", "lines", "invoice", "payments", "ledger"]
Actor = Literal["engineering", "billing operations", "sales operations", "finance"]

#: From the root outwards: of two kinds that one fault shows as, the one whose category comes first is the row.
CATEGORIES: Final[tuple[Category, ...]] = (
    "ingestion",
    "metering",
    "contract",
    "lines",
    "invoice",
    "payments",
    "ledger",
)
#: From harmless to worst; the order that ``--fail-on`` compares in.
SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "error", "critical")

#: Columns of ``discrepancies`` that may identify a row.
IDENTITY_COLUMNS: Final = (
    "customer_id",
    "subscription_id",
    "invoice_id",
    "price_id",
    "meter",
    "object_id",
    "period_start",
)
PLACEHOLDERS: Final = (
    "customer",
    "subscription",
    "invoice",
    "price",
    "meter",
    "object",
    "period",
    "expected",
    "actual",
    "difference",
    "expected_size",
    "actual_size",
    "too",
    "detail",
)
#: Columns of the seed, in the order of ``Kind.seed_row``.
SEED_COLUMNS: Final = (
    "kind",
    "category",
    "root_rank",
    "severity",
    "acts",
    "identified_by",
    "has_figures",
    "is_supported",
    "meaning",
    "sentence",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of discrepancy.

    ``identified_by``: columns that make two rows of this kind the same fault. ``has_figures``: expected, actual and
    impact are money; else they are null. ``is_supported``: this release computes it. ``meaning``: one sentence for the
    docs. ``sentence``: the template for ``explanation`` (placeholders above).
    """

    name: str
    category: Category
    severity: Severity
    acts: Actor
    identified_by: tuple[str, ...]
    has_figures: bool
    is_supported: bool
    meaning: str
    sentence: str

    @property
    def root_rank(self) -> int:
        """Smaller is nearer to the root: hundreds for the category, units for the place within it."""
        peers = [kind.name for kind in KINDS if kind.category == self.category]
        return 100 * (CATEGORIES.index(self.category) + 1) + peers.index(self.name)

    def seed_row(self) -> tuple[str, ...]:
        """The kind as texts, in the order of ``SEED_COLUMNS``."""
        return (
            self.name,
            self.category,
            str(self.root_rank),
            self.severity,
            self.acts,
            "|".join(self.identified_by),
            str(self.has_figures).lower(),
            str(self.is_supported).lower(),
            self.meaning,
            self.sentence,
        )


def placeholders(sentence: str) -> frozenset[str]:
    """Names in braces in a sentence."""
    return frozenset(re.findall(r"{(\w+)}", sentence))


_OBJECT = ("object_id",)
_INVOICE = ("invoice_id",)
_LINE = ("invoice_id", "price_id")

KINDS: Final[tuple[Kind, ...]] = (
    # -- ingestion
    Kind(
        "usage_invalid", "ingestion", "warning", "engineering", _OBJECT, False, True,
        "A usage record cannot be read and is quarantined; it is never billed until it is sent again.",
        "The usage record at {object} cannot be read ({detail}) and is not billed.",
    ),
    Kind(
        "usage_conflict", "ingestion", "warning", "engineering", _OBJECT, False, True,
        "One usage event id came with two contents; the first received counts and the other does not.",
        "Usage event {object} of {customer} came with different contents ({detail}); only the first received counts.",
    ),
    Kind(
        "usage_unknown_customer", "ingestion", "error", "engineering", _OBJECT, False, True,
        "Usage names a customer that neither Stripe nor a contract knows, so nobody is billed for it.",
        "Usage of {object} is billed to nobody, because no customer or contract has that reference ({detail}).",
    ),
    Kind(
        "usage_unknown_meter", "ingestion", "error", "engineering", ("meter",), False, True,
        "Usage names a meter that does not exist or is retired, so no price can bill it.",
        "Usage of meter {meter} is billed to nobody, because no such meter is in use ({detail}).",
    ),
    Kind(
        "event_missing", "ingestion", "warning", "engineering", _OBJECT, False, True,
        "A subscription or invoice reached its status and the Stripe event that says so never arrived.",
        "The status of {object} of {customer} is {detail}, but Stripe's event that says so never arrived.",
    ),
    Kind(
        "object_stale", "ingestion", "warning", "engineering", _OBJECT, False, True,
        "A Stripe event shows a newer status than the object as it was last listed.",
        "The listing of {object} of {customer} is older than Stripe's event that made it {detail}.",
    ),
    # -- metering
    Kind(
        "usage_unsubscribed", "metering", "error", "billing operations",
        ("customer_id", "meter", "period_start"), False, True,
        "A customer used a meter at a time when no subscription item of theirs bills it.",
        "{customer} used {meter} ({detail}) from {period} on while no subscription of theirs billed it.",
    ),
    Kind(
        "usage_late", "metering", "error", "finance", _LINE, True, True,
        "Usage was received after its invoice had been finalized, so it is on no invoice.",
        "Usage of {price} reached us after {invoice} of {customer} was finalized: {expected} with it, {actual} was "
        "billed, so {difference} {too}.",
    ),
    Kind(
        "meter_mismatch", "metering", "error", "engineering",
        ("customer_id", "meter", "period_start"), True, True,
        "Stripe's meter has another total than the usage that was sent.",
        "Stripe's meter {meter} of {customer} has another total than our usage for the period from {period} "
        "({detail}): {expected} by ours, {actual} by Stripe's, so {difference} {too}.",
    ),
    # -- contract
    Kind(
        "contract_unbilled", "contract", "critical", "sales operations", _OBJECT, False, True,
        "A contract was signed and no live subscription bills it.",
        "Contract {object} is sold and not billed: {detail}.",
    ),
    Kind(
        "contract_quantity_mismatch", "contract", "error", "sales operations",
        ("subscription_id", "price_id"), False, True,
        "A subscription has another quantity than the contract.",
        "{customer} bought another quantity of {price} than is subscribed: {detail}.",
    ),
    Kind(
        "contract_price_mismatch", "contract", "error", "sales operations",
        ("subscription_id", "price_id"), False, True,
        "A subscription has another price than the contract.",
        "{customer} bought {price}, but the subscription has {detail}.",
    ),
    Kind(
        "commitment_shortfall", "contract", "error", "finance", ("object_id", "period_start"), True, True,
        "A commitment was not used up and its shortfall was not invoiced, or another amount was.",
        "Contract {object} of {customer} falls short of its commitment by {expected} in the period from {period}; "
        "{actual} was invoiced, so {difference} {too}.",
    ),
    # -- lines
    Kind(
        "line_missing", "lines", "error", "billing operations", _LINE, True, True,
        "An invoice lacks a line that the subscription calls for.",
        "{invoice} of {customer} lacks {expected} for {price}.",
    ),
    Kind(
        "line_unexpected", "lines", "error", "billing operations", _LINE, True, True,
        "An invoice has a line that the subscription does not call for.",
        "{invoice} of {customer} bills {actual} for {price}, which they are not subscribed to.",
    ),
    Kind(
        "quantity_mismatch", "lines", "error", "billing operations", _LINE, True, True,
        "An invoice bills another quantity than was used or subscribed, and Stripe's meter agrees with ours.",
        "{invoice} of {customer} bills {detail} of {price}: {actual} instead of {expected}, so {difference} {too}.",
    ),
    Kind(
        "price_mismatch", "lines", "error", "billing operations", _LINE, True, True,
        "An invoice bills an item at another price than the subscribed one.",
        "{invoice} of {customer} bills {price} instead of {detail}: {actual} instead of {expected}, so "
        "{difference} {too}.",
    ),
    Kind(
        "amount_mismatch", "lines", "error", "finance", _LINE, True, True,
        "An invoice line has the right price and quantity and a wrong amount.",
        "{invoice} of {customer} bills {detail} of {price} at {actual}, which comes to {expected}: {difference} {too}.",
    ),
    Kind(
        "proration_missing", "lines", "error", "billing operations",
        ("invoice_id", "subscription_id"), True, True,
        "A change within a period was not prorated, or only its credit or its charge is there.",
        "{invoice} of {customer} lacks a proration ({detail}): {actual} instead of {expected}, so {difference} {too}.",
    ),
    Kind(
        "proration_mismatch", "lines", "error", "billing operations",
        ("invoice_id", "subscription_id"), True, True,
        "A change within a period was prorated with a wrong amount.",
        "{invoice} of {customer} has prorations of {actual} in all instead of {expected} ({detail}), so "
        "{difference} {too}.",
    ),
    # -- invoice
    Kind(
        "invoice_missing", "invoice", "critical", "billing operations",
        ("subscription_id", "period_start"), True, True,
        "A billing period ended and no invoice came.",
        "{customer} was never invoiced for the period of {subscription} from {period}: {expected} leaked.",
    ),
    Kind(
        "invoice_duplicate", "invoice", "critical", "billing operations", _INVOICE, True, True,
        "A billing period was invoiced twice.",
        "{invoice} bills {customer} a second time for what {detail} already bills: {actual} too much.",
    ),
    Kind(
        "invoice_unexpected", "invoice", "error", "billing operations", _INVOICE, True, True,
        "A subscription invoice has no billable period behind it.",
        "{invoice} bills {customer} {actual} without a billing period behind it.",
    ),
    Kind(
        "invoice_stuck", "invoice", "critical", "billing operations", _INVOICE, True, True,
        "An invoice is still a draft two days after it was due, so it is not collected.",
        "{invoice} of {customer} over {expected} was never finalized ({detail}) and is not collected.",
    ),
    Kind(
        "currency_mismatch", "invoice", "critical", "billing operations", _INVOICE, False, True,
        "An invoice is in another currency than its subscription.",
        "{invoice} of {customer} is in another currency than its subscription: {detail}.",
    ),
    Kind(
        "discount_mismatch", "invoice", "error", "billing operations", _INVOICE, True, True,
        "A coupon was applied after it had expired, not applied while it was live, or with a wrong amount.",
        "{invoice} of {customer} takes off {actual_size} of discounts where {expected_size} is due ({detail}), so "
        "{difference} {too}.",
    ),
    Kind(
        "credit_grant_mismatch", "invoice", "error", "finance", _INVOICE, True, True,
        "Prepaid or promotional credit was not applied, over-applied or applied in the wrong order.",
        "{invoice} of {customer} uses {actual_size} of credit grants where {expected_size} is due ({detail}).",
    ),
    Kind(
        "balance_mismatch", "invoice", "error", "finance", _INVOICE, True, True,
        "The customer balance was wrongly applied to an invoice.",
        "{invoice} of {customer} applies {actual_size} of customer balance where {expected_size} is due, so "
        "{difference} {too}.",
    ),
    Kind(
        "total_mismatch", "invoice", "error", "finance", _INVOICE, True, True,
        "An invoice's total is not the sum of its own lines.",
        "{invoice} of {customer} states {actual}, but its own lines come to {expected}: {difference} {too}.",
    ),
    # -- payments
    Kind(
        "payment_missing", "payments", "critical", "finance", _INVOICE, True, True,
        "An invoice is marked paid and no money stands behind it.",
        "{invoice} of {customer} is marked paid with {expected}, and no payment stands behind it.",
    ),
    Kind(
        "payment_orphan", "payments", "error", "finance", _OBJECT, True, True,
        "A subscriber was charged and no invoice belongs to the charge.",
        "{customer} was charged {actual} ({object}) and no invoice belongs to it.",
    ),
    Kind(
        "payment_duplicate", "payments", "critical", "finance", _OBJECT, True, True,
        "One invoice was paid twice.",
        "{customer} paid {invoice} twice: {object} takes {actual} although {detail} had already paid it.",
    ),
    Kind(
        "payment_amount_mismatch", "payments", "error", "finance", _INVOICE, True, True,
        "An invoice's paid amount and the money behind it differ.",
        "{invoice} of {customer} states {expected} as paid, but the money behind it is {actual}: {difference} {too}.",
    ),
    Kind(
        "refund_unmatched", "payments", "error", "finance", _OBJECT, True, True,
        "Money was given back and no credit note or dispute explains it.",
        "Refund {object} gave {customer} {difference} back, and no credit note or dispute explains it.",
    ),
    Kind(
        "dunning_stalled", "payments", "error", "finance", _INVOICE, True, True,
        "An invoice is past due, no further attempt is planned and it is not written off.",
        "{invoice} of {customer} is unpaid with {expected} remaining, and nothing is planned to collect it ({detail}).",
    ),
    Kind(
        "payout_mismatch", "payments", "error", "finance", _OBJECT, True, True,
        "A payout is not the sum of its balance transactions.",
        "Payout {object} is {actual}, but its {detail} come to {expected}: {difference} {too}.",
    ),
    # -- ledger
    Kind(
        "tie_out_break", "ledger", "error", "finance", _OBJECT, True, False,
        "A control account differs from Stripe for no other reason found.",
        "Account {object} stands at {expected} in the ledger and at {actual} in Stripe ({detail}).",
    ),
)  # fmt: skip

KIND_BY_NAME: Final[dict[str, Kind]] = {kind.name: kind for kind in KINDS}
