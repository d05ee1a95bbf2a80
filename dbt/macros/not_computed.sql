{# Why a line or an invoice is not computed, as a literal. The vocabulary is declared here once; a
   model that uses another word does not compile. Each names what Stripe leaves undefined, what is
   not landed, or what does not fit; docs/not_computed.md says what to do about each. #}
{% macro not_computed(reason) -%}
    {%- set reasons = {
        'price_unknown': 'the price of a subscription item has not been landed',
        'price_not_recurring': 'a one-off price stands in a subscription',
        'tiers_missing': 'a tiered price was landed without its tiers',
        'meter_unknown': 'the meter of a metered price has not been landed, or there is none',
        'custom_amount': 'the customer chooses the amount of this price',
        'currency_missing': 'the price has no amount in the currency of the subscription',
        'mixed_intervals': 'items with different billing intervals stand in one subscription',
        'items_missing': 'the subscription was landed without all of its items',
        'out_of_range': 'a quantity or amount is outside DECIMAL(38, 24)',
        'tiered_proration': 'how Stripe prorates tiered licensed prices is undocumented',
        'stacked_proration': 'prorations under an amount off and another discount are undocumented',
        'shared_proration': 'how flexible prorations divide an amount off among items is undocumented',
        'itemized_proration': 'flexible billing that states proration discounts apart',
        'item_discount': 'a discount of a single subscription item',
        'discount_unknown': 'a discount or its coupon has not been landed',
        'commitment_interval': 'the commitment runs on another interval than the subscription',
        'change_unseen': 'the subscription was changed at an instant that no event tells',
        'history_unknown': 'events tell the subscription only from a later instant on',
        'trial_added': 'a trial was added to a running subscription',
        'backdated': 'what the first invoice of a backdated subscription covers is undocumented',
        'billing_threshold': 'usage was billed in parts, whenever it came to an amount',
        'lines_missing': 'the invoice was landed without all of its lines',
    } -%}
    {%- if reason not in reasons -%}
        {{ exceptions.raise_compiler_error("unknown reason for not_computed: " ~ reason) }}
    {%- endif -%}
    '{{ reason }}'
{%- endmacro %}
