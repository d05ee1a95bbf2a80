"""What the workbench asks of `marts.discrepancies`: one filter, and the list, the groups and the ages behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from app.dashboard.source import Row, Source

ROWS_SHOWN: Final = 200
GROUPS_SHOWN: Final = 50
AGES: Final = {"up to 7 days": 7, "8 to 30 days": 30, "31 to 60 days": 60, "61 to 90 days": 90, "over 90 days": None}
"""Bucket to the most days it holds, in order."""
MONEY: Final = ("leaked", "overcharged", "no figure")
# No amount is held against one of another currency: the currency with the most matches comes first, whole.
CURRENCY_FIRST: Final = "count(*) over (partition by currency) desc, currency"
ORDERS: Final = {
    "Most money, by currency": f"impact_minor is null, {CURRENCY_FIRST}, abs(impact_minor) desc",
    "Oldest": "since_at",
    "Newest": "since_at desc",
    "Customer": "coalesce(customer_name, customer_id, '')",
    "Kind": "kind",
}
GROUPS: Final = {
    "Kind": "kind",
    "Customer": "coalesce(customer_name, customer_id, 'no customer')",
    "Age": "age",
    "Stage": "stage",
    "Severity": "severity",
}


def _age_cases() -> str:
    return " ".join(f"when age_days <= {most} then '{name}'" for name, most in AGES.items() if most is not None)


# A discrepancy is as old as what it is about: its invoice, else its period, else the day on which it was first seen.
FOUND: Final = f"""
with dated as (
    select
        d.* exclude (evidence),
        c.name as customer_name,
        least(d.first_seen_at, coalesce(i.created_at, d.period_start, d.first_seen_at)) as since_at,
        case
            when d.impact_minor > 0 then 'leaked'
            when d.impact_minor < 0 then 'overcharged'
            else 'no figure'
        end as money
    from marts.discrepancies as d
    left join marts.customers as c using (customer_id)
    left join marts.invoices as i using (invoice_id)
),

days as (
    select *, greatest(date_diff('day', since_at, $1::timestamp), 0) as age_days
    from dated
),

found as (
    select *, case {_age_cases()} else '{list(AGES)[-1]}' end as age
    from days
    where ($2 = '' or list_contains(string_split($2, '|'), status))
        and ($3 = '' or list_contains(string_split($3, '|'), kind))
        and ($4 = '' or list_contains(string_split($4, '|'), severity))
        and ($5 = '' or list_contains(string_split($5, '|'), stage))
        and ($6 = '' or list_contains(string_split($6, '|'), money))
        and (
            $7 = '' or $7 in (customer_id, invoice_id, subscription_id, object_id)
            or contains(lower(coalesce(customer_name, '')), lower($7))
        )
)
"""
AGE_FILTER: Final = "($8 = '' or list_contains(string_split($8, '|'), age))"

KINDS_PRESENT: Final = "select distinct kind from marts.discrepancies order by kind"


class Filter:
    """What the workbench is narrowed to; empty lists and text leave everything in."""

    def __init__(
        self,
        as_of: datetime,
        *,
        statuses: Sequence[str],
        kinds: Sequence[str],
        severities: Sequence[str],
        stages: Sequence[str],
        money: Sequence[str],
        about: str,
        ages: Sequence[str],
    ) -> None:
        lists = ("|".join(chosen) for chosen in (statuses, kinds, severities, stages, money))
        self.parameters = (as_of, *lists, about.strip(), "|".join(ages))


def listed(source: Source, wanted: Filter, order: str) -> list[Row]:
    """At most `ROWS_SHOWN` rows; `matches` on each is how many there are in all."""
    return source.rows(
        f"{FOUND} select *, count(*) over () as matches from found where {AGE_FILTER} "
        f"order by {ORDERS[order]}, discrepancy_id limit {ROWS_SHOWN}",
        *wanted.parameters,
    )


def grouped(source: Source, wanted: Filter, group: str) -> list[Row]:
    """Count, leaked and overcharged of each group and currency (null without a figure), the most money first.

    The currency with the most matches comes first, whole.
    """
    return source.rows(
        f"{FOUND} select {GROUPS[group]} as name, if(impact_minor is null, null, currency) as currency, "
        "count(*)::bigint as discrepancies, "
        "coalesce(sum(impact_minor) filter (where impact_minor > 0), 0)::bigint as leaked_minor, "
        "coalesce(-sum(impact_minor) filter (where impact_minor < 0), 0)::bigint as overcharged_minor "
        f"from found where {AGE_FILTER} group by all "
        "order by sum(impact_minor) is null, sum(count(*)) over (partition by any_value(currency)) desc, 2, "
        f"sum(abs(impact_minor)) desc, discrepancies desc, name limit {GROUPS_SHOWN}",
        *wanted.parameters,
    )


def aged(source: Source, wanted: Filter) -> list[Row]:
    """Leaked and overcharged money of each age and currency; the ages that were chosen do not narrow it."""
    return source.rows(
        f"{FOUND} select age, currency, count(*)::bigint as discrepancies, "
        "coalesce(sum(impact_minor) filter (where impact_minor > 0), 0)::bigint as leaked_minor, "
        "coalesce(-sum(impact_minor) filter (where impact_minor < 0), 0)::bigint as overcharged_minor "
        "from found where impact_minor is not null and currency is not null and $8 is not null "
        "group by all order by currency, min(age_days)",
        *wanted.parameters,
    )
