"""Every kind of discrepancy, declared once: what it is called, what it means, who acts on it and in which words.

From here the kinds reach dbt as the generated seed ``dbt/seeds/discrepancy_kinds.csv`` (by ``tieout.store.kind_seed``),
and the command line, the dashboard and the docs directly. Adding a kind means adding a row to ``KINDS`` and the rows of
a ``int_discrepancies_<category>`` model; nothing else names the kinds one by one. What the fields and the placeholders
in the texts mean is said in ``tieout.core.kind``.
"""

from __future__ import annotations

from typing import Final

from tieout.core.kind import CATEGORIES, Kind, Remedy

_OBJECT = ("object_id",)
_INVOICE = ("invoice_id",)
_LINE = ("invoice_id", "price_id")

_ITEM = "Charge {difference} for {price} as an invoice item on the next invoice of {customer}."
_ITEM_PLAIN = "Charge {difference} as an invoice item on the next invoice of {customer}."
_NOTE = "Issue a credit note of {difference} on {invoice}."
_DRAFT = "Correct {invoice} by {difference} before {until}."
_LINE_ON_DRAFT = "Correct {price} on {invoice} by {difference} before {until}."
_VOID = "Void {invoice}; if it is paid, issue a credit note of {actual} on it and refund that."
_DELETE = "Delete {invoice} before {until}."

KINDS: Final[tuple[Kind, ...]] = (
    # -- ingestion
    Kind(
        "usage_invalid", "ingestion", "warning", "engineering", _OBJECT, False,
        "A usage record cannot be read and is quarantined; it is never billed until it is sent again.",
        "The usage record at {object} cannot be read ({detail}) and is not billed.",
        Remedy(
            "Have the producer correct the record and send it again; it is then billed by itself, if its period "
            "still runs."
        ),
    ),
    Kind(
        "usage_conflict", "ingestion", "warning", "engineering", _OBJECT, False,
        "One usage event id came with two contents; the first received counts and the other does not.",
        "Usage event {object} of {customer} came with different contents ({detail}); only the first received counts.",
        Remedy(
            "Decide which content is right; if it is not the one that counts, void {object} and send the right one "
            "under a new id."
        ),
    ),
    Kind(
        "usage_unknown_customer", "ingestion", "error", "engineering", _OBJECT, False,
        "Usage names a customer that neither Stripe nor a contract knows, so nobody is billed for it.",
        "Usage of {object} is billed to nobody, because no customer or contract has that reference ({detail}).",
        Remedy(
            "Give a customer or contract the reference {object}, or have the producer correct it; usage of "
            "closed periods needs an invoice item."
        ),
    ),
    Kind(
        "usage_unknown_meter", "ingestion", "error", "engineering", ("meter",), False,
        "Usage names a meter that does not exist or is retired, so no price can bill it.",
        "Usage of meter {meter} is billed to nobody, because no such meter is in use ({detail}).",
        Remedy(
            "Create or reactivate the meter {meter}, or have the producer correct the name; usage of closed "
            "periods needs an invoice item."
        ),
    ),
    Kind(
        "event_missing", "ingestion", "warning", "engineering", _OBJECT, False,
        "A subscription or invoice reached its status and the Stripe event that says so never arrived.",
        "The status of {object} of {customer} is {detail}, but Stripe's event that says so never arrived.",
        Remedy("Sync from Stripe again, and check the webhook endpoint for deliveries that failed ({object})."),
    ),
    Kind(
        "object_stale", "ingestion", "warning", "engineering", _OBJECT, False,
        "A Stripe event shows a newer status than the object as it was last listed.",
        "The listing of {object} of {customer} is older than Stripe's event that made it {detail}.",
        Remedy("Sync {object} from Stripe again in full."),
    ),
    # -- metering
    Kind(
        "usage_unsubscribed", "metering", "error", "billing operations",
        ("customer_id", "meter", "period_start"), False,
        "A customer used a meter at a time when no subscription item of theirs bills it.",
        "{customer} used {meter} ({detail}) from {period} on while no subscription of theirs billed it.",
        Remedy(
            "Add an item that bills {meter} to a subscription of {customer}, bill what was used ({detail}) as "
            "an invoice item, or stop the usage."
        ),
    ),
    Kind(
        "usage_late", "metering", "error", "finance", _LINE, True,
        "Usage was received after its invoice had been finalized, so it is on no invoice.",
        "Usage of {price} reached us after {invoice} of {customer} was finalized: {expected} with it, {actual} was "
        "billed, so {difference} {too}.",
        Remedy(_ITEM, overcharged=_NOTE),
    ),
    Kind(
        "meter_mismatch", "metering", "error", "engineering",
        ("customer_id", "meter", "period_start"), True,
        "Stripe's meter has another total than the usage that was sent.",
        "Stripe's meter {meter} of {customer} has another total than our usage for the period from {period} "
        "({detail}): {expected} by ours, {actual} by Stripe's, so {difference} {too}.",
        Remedy(
            (
                "Charge {difference} as an invoice item on the next invoice of {customer}, and find out why the "
                "meter differs ({detail})."
            ),
            overcharged=(
                "Issue a credit note of {difference} on {invoice}, and find out why the meter differs ({detail})."
            ),
            preventable=(
                "Correct the total of meter {meter} before {until}: send what is lacking or cancel what is too much "
                "({detail})."
            ),
        ),
    ),
    # -- contract
    Kind(
        "contract_unbilled", "contract", "critical", "sales operations", _OBJECT, False,
        "A contract was signed and no live subscription bills it.",
        "Contract {object} is sold and not billed: {detail}.",
        Remedy("Create the subscription that contract {object} calls for, or end the contract."),
    ),
    Kind(
        "contract_quantity_mismatch", "contract", "error", "sales operations",
        ("subscription_id", "price_id"), False,
        "A subscription has another quantity than the contract.",
        "{customer} bought another quantity of {price} than is subscribed: {detail}.",
        Remedy("Set the quantity of {price} on {subscription} to what was sold ({detail}), or amend the contract."),
    ),
    Kind(
        "contract_price_mismatch", "contract", "error", "sales operations",
        ("subscription_id", "price_id"), False,
        "A subscription has another price than the contract.",
        "{customer} bought {price}, but the subscription has {detail}.",
        Remedy("Put {price} on {subscription} in place of {detail}, or amend the contract."),
    ),
    Kind(
        "commitment_shortfall", "contract", "error", "finance", ("object_id", "period_start"), True,
        "A commitment was not used up and its shortfall was not invoiced, or another amount was.",
        "Contract {object} of {customer} falls short of its commitment by {expected} in the period from {period}; "
        "{actual} was invoiced, so {difference} {too}.",
        Remedy(
            "Add an invoice item of {difference} with metadata.commitment = {object} for the period from {period}.",
            overcharged=_NOTE,
            preventable="Correct the commitment item on {invoice} by {difference} before {until}.",
        ),
    ),
    # -- lines
    Kind(
        "line_missing", "lines", "error", "billing operations", _LINE, True,
        "An invoice lacks a line that the subscription calls for.",
        "{invoice} of {customer} lacks {expected} for {price}.",
        Remedy(
            _ITEM,
            overcharged=_NOTE,
            preventable="Add the line of {expected} for {price} to {invoice} before {until}.",
        ),
    ),
    Kind(
        "line_unexpected", "lines", "error", "billing operations", _LINE, True,
        "An invoice has a line that the subscription does not call for.",
        "{invoice} of {customer} bills {actual} for {price} beyond what the subscription calls for.",
        Remedy(
            _ITEM,
            overcharged=_NOTE,
            preventable="Remove the line of {actual} for {price} from {invoice} before {until}.",
        ),
    ),
    Kind(
        "quantity_mismatch", "lines", "error", "billing operations", _LINE, True,
        "An invoice bills another quantity than was used or subscribed, and Stripe's meter agrees with ours.",
        "{invoice} of {customer} bills {detail} of {price}: {actual} instead of {expected}, so {difference} {too}.",
        Remedy(_ITEM, overcharged=_NOTE, preventable=_LINE_ON_DRAFT),
    ),
    Kind(
        "price_mismatch", "lines", "error", "billing operations", _LINE, True,
        "An invoice bills an item at another price than the subscribed one.",
        "{invoice} of {customer} bills {price} instead of {detail}: {actual} instead of {expected}, so "
        "{difference} {too}.",
        Remedy(
            (
                "See that {subscription} has the price that was meant, and charge {difference} as an invoice item on "
                "the next invoice of {customer}."
            ),
            overcharged=(
                "See that {subscription} has the price that was meant, and issue a credit note of {difference} on "
                "{invoice}."
            ),
            preventable=(
                "See that {subscription} has the price that was meant, and correct {invoice} by {difference} before "
                "{until}."
            ),
        ),
    ),
    Kind(
        "amount_mismatch", "lines", "error", "finance", _LINE, True,
        "An invoice line has the right price and quantity and a wrong amount.",
        "{invoice} of {customer} bills {detail} of {price} at {actual}, which comes to {expected}: {difference} {too}.",
        Remedy(_ITEM, overcharged=_NOTE, preventable=_LINE_ON_DRAFT),
    ),
    Kind(
        "proration_missing", "lines", "error", "billing operations",
        ("invoice_id", "subscription_id"), True,
        "A change within a period was not prorated, or only its credit or its charge is there.",
        "{invoice} of {customer} lacks a proration ({detail}): {actual} instead of {expected}, so {difference} {too}.",
        Remedy(_ITEM_PLAIN, overcharged=_NOTE, preventable=_DRAFT),
    ),
    Kind(
        "proration_mismatch", "lines", "error", "billing operations",
        ("invoice_id", "subscription_id"), True,
        "A change within a period was prorated with a wrong amount.",
        "{invoice} of {customer} has prorations of {actual} in all instead of {expected} ({detail}), so "
        "{difference} {too}.",
        Remedy(_ITEM_PLAIN, overcharged=_NOTE, preventable=_DRAFT),
    ),
    # -- invoice
    Kind(
        "invoice_missing", "invoice", "critical", "billing operations",
        ("subscription_id", "period_start"), True,
        "A billing period ended and no invoice came.",
        "{customer} was never invoiced for the period of {subscription} from {period}: {expected} leaked.",
        Remedy("Create an invoice of {expected} for {subscription} and the period from {period}."),
    ),
    Kind(
        "invoice_duplicate", "invoice", "critical", "billing operations", _INVOICE, True,
        "A billing period was invoiced twice.",
        "{invoice} bills {customer} a second time for what {detail} already bills: {actual} too much.",
        Remedy(_VOID, overcharged=_VOID, preventable=_DELETE),
    ),
    Kind(
        "invoice_unexpected", "invoice", "error", "billing operations", _INVOICE, True,
        "A subscription invoice has no billable period behind it.",
        "{invoice} bills {customer} {actual} without a billing period behind it.",
        Remedy(_VOID, overcharged=_VOID, preventable=_DELETE),
    ),
    Kind(
        "invoice_stuck", "invoice", "critical", "billing operations", _INVOICE, True,
        "An invoice is still a draft two days after it was due, so it is not collected.",
        "{invoice} of {customer} over {expected} was never finalized ({detail}) and is not collected.",
        Remedy("Check {invoice} and finalize it, so that {expected} is collected."),
    ),
    Kind(
        "currency_mismatch", "invoice", "critical", "billing operations", _INVOICE, False,
        "An invoice is in another currency than its subscription.",
        "{invoice} of {customer} is in another currency than its subscription: {detail}.",
        Remedy(
            "Void {invoice} and invoice the same period again in the right currency ({detail}); if it is paid, "
            "refund it first."
        ),
    ),
    Kind(
        "discount_mismatch", "invoice", "error", "billing operations", _INVOICE, True,
        "A coupon was applied after it had expired, not applied while it was live, or with a wrong amount.",
        "{invoice} of {customer} takes off {actual_size} of discounts where {expected_size} is due ({detail}), so "
        "{difference} {too}.",
        Remedy(
            (
                "Charge {difference} as an invoice item on the next invoice of {customer}, and take the coupon off "
                "if it has ended."
            ),
            overcharged=_NOTE,
            preventable="Correct the discounts on {invoice} by {difference} before {until}.",
        ),
    ),
    Kind(
        "credit_grant_mismatch", "invoice", "error", "finance", _INVOICE, True,
        "Prepaid or promotional credit was not applied, over-applied or applied in the wrong order.",
        "{invoice} of {customer} uses {actual_size} of credit grants where {expected_size} is due ({detail}).",
        Remedy(
            (
                "Charge {difference} as an invoice item on the next invoice of {customer}, and give the grant back "
                "what was used in excess."
            ),
            overcharged=(
                "Issue a credit note of {difference} on {invoice}, and take the same off the grant that was to pay "
                "it."
            ),
            even="Nothing is due: set the balances of the grants right, each by what it paid in place of another.",
        ),
    ),
    Kind(
        "balance_mismatch", "invoice", "error", "finance", _INVOICE, True,
        "The customer balance was wrongly applied to an invoice.",
        "{invoice} of {customer} applies {actual_size} of customer balance where {expected_size} is due, so "
        "{difference} {too}.",
        Remedy(
            "Debit the balance of {customer} by {difference} with an adjustment.",
            overcharged="Credit the balance of {customer} with {difference} by an adjustment.",
        ),
    ),
    Kind(
        "total_mismatch", "invoice", "error", "finance", _INVOICE, True,
        "An invoice's total is not the sum of its own lines.",
        "{invoice} of {customer} states {actual}, but its own lines come to {expected}: {difference} {too}.",
        Remedy(_ITEM_PLAIN, overcharged=_NOTE, preventable=_DRAFT),
    ),
    # -- payments
    Kind(
        "payment_missing", "payments", "critical", "finance", _INVOICE, True,
        "An invoice is marked paid and no money stands behind it.",
        "{invoice} of {customer} is marked paid with {expected}, and no payment stands behind it.",
        Remedy("Find the payment of {expected} and record it on {invoice}, or collect it again."),
    ),
    Kind(
        "payment_orphan", "payments", "error", "finance", _OBJECT, True,
        "A subscriber was charged and no invoice belongs to the charge.",
        "{customer} was charged {actual} ({object}) and no invoice belongs to it.",
        Remedy("Apply {object} to the invoice that it pays, or refund {actual}."),
    ),
    Kind(
        "payment_duplicate", "payments", "critical", "finance", _OBJECT, True,
        "One invoice was paid twice.",
        "{customer} paid {invoice} twice: {object} takes {actual} although {detail} had already paid it.",
        Remedy("Refund {actual} of {object}."),
    ),
    Kind(
        "payment_amount_mismatch", "payments", "error", "finance", _INVOICE, True,
        "An invoice's paid amount and the money behind it differ.",
        "{invoice} of {customer} states {expected} as paid, but the money behind it is {actual}: {difference} {too}.",
        Remedy(
            "Collect the {difference} that {invoice} lacks, or write it off with a credit note.",
            overcharged=(
                "Refund {difference} of what was paid for {invoice}, or credit it to the balance of {customer}."
            ),
        ),
    ),
    Kind(
        "refund_unmatched", "payments", "error", "finance", _OBJECT, True,
        "Money was given back and no credit note or dispute explains it.",
        "Refund {object} gave {customer} {difference} back, and no credit note or dispute explains it.",
        Remedy("Issue a credit note of {difference} on {invoice} that names refund {object}, or claim the money back."),
    ),
    Kind(
        "dunning_stalled", "payments", "error", "finance", _INVOICE, True,
        "An invoice is past due, no further attempt is planned and it is not written off.",
        "{invoice} of {customer} is unpaid with {expected} remaining, and nothing is planned to collect it ({detail}).",
        Remedy(
            "Ask {customer} for another payment method and try {expected} again, or write {invoice} off as "
            "uncollectible."
        ),
    ),
    Kind(
        "payout_mismatch", "payments", "error", "finance", _OBJECT, True,
        "A payout is not the sum of its balance transactions.",
        "Payout {object} is {actual}, but its {detail} come to {expected}: {difference} {too}.",
        Remedy(
            "Sync the balance transactions of payout {object} again; if it still differs by {difference}, ask "
            "Stripe which one is lacking."
        ),
    ),
    # -- ledger
    Kind(
        "tie_out_break", "ledger", "error", "finance", _OBJECT, True,
        "A control account differs from Stripe for no other reason found.",
        "Account {object} stands at {expected} in the ledger and at {actual} in Stripe ({detail}).",
        Remedy(
            "Look at the places in the evidence, land what is lacking there, or post {difference} by hand with "
            "a reason."
        ),
    ),
)  # fmt: skip

KIND_BY_NAME: Final[dict[str, Kind]] = {kind.name: kind for kind in KINDS}


def root_rank(kind: Kind) -> int:
    """Smaller is nearer to the root: hundreds for the category, units for the place within it."""
    peers = [other.name for other in KINDS if other.category == kind.category]
    return 100 * (CATEGORIES.index(kind.category) + 1) + peers.index(kind.name)
