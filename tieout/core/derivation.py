"""An expected line's derivation, written as the sum that a person would write.

The models state it as JSON, one object per line that Stripe would write: decimals are text, amounts in minor units.
Values in, text out; amounts are written in major units, with every digit of a unit price.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, Final

from tieout.core.money import currency_exponent

#: Digits of a quotient that does not end, such as a third of a cent.
QUOTIENT_DIGITS: Final = 6
#: Amounts have up to 38 digits; Python's own context would round at 28.
EXACT: Final = Context(prec=60)
MIDNIGHT: Final = datetime.min.time()


@dataclass(frozen=True)
class UsageDay:
    """What a customer used of a meter on one UTC day, by the meter's formula, over `events` events."""

    day: date
    quantity: Decimal
    events: int


def written_sum(derivation: str, currency: str) -> list[str]:
    """The lines of a group as sums, each followed by what discounts and credit grants take off.

    Args:
        derivation: `expected_invoice_lines.derivation`.
        currency: ISO code of all its amounts.
    """
    parts: list[dict[str, Any]] = json.loads(derivation)
    has_tiers = len({(part["tier"], part["is_flat"]) for part in parts}) > 1
    told: list[str] = []
    for part in parts:
        label = f"tier {part['tier']}{', flat' if part['is_flat'] else ''}: " if has_tiers else ""
        told.append(label + _line(part, currency))
        told += [f"  less {_discount(one, currency)}" for one in part["discounts"] or ()]
        told += [
            f"  less credit grant {one['credit_grant']}: {major(-one['amount_minor'], currency)}"
            for one in part["credits"] or ()
        ]
    return told


def usage_by_day(days: Iterable[UsageDay], start: datetime, end: datetime) -> list[str]:
    """The usage behind a line, day by day, cut to [start, end) in UTC; says where a day is only partly inside."""
    told = []
    for one in sorted(days, key=lambda each: each.day):
        opens = datetime.combine(one.day, MIDNIGHT)
        closes = opens + timedelta(days=1)
        if closes <= start or opens >= end:
            continue
        inside = ([f"from {start:%H:%M:%S}"] if opens < start else []) + (
            [f"up to {end:%H:%M:%S}"] if closes > end else []
        )
        note = f"  whole day shown; only what is {' '.join(inside)} counts here" if inside else ""
        events = "1 event" if one.events == 1 else f"{one.events:,} events"
        told.append(f"{one.day:%Y-%m-%d}  {plain(one.quantity)} ({events}){note}")
    return told


def plain(number: Decimal) -> str:
    """A decimal with its thousands apart and no zeros at its end."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def major(amount_minor: Decimal | int, currency: str) -> str:
    """An amount of minor units in major ones: all digits it has, at least those of the currency."""
    exponent = currency_exponent(currency)
    text = f"{EXACT.scaleb(Decimal(amount_minor), -exponent):,f}"
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0").ljust(exponent, "0")
    return f"{whole}.{rest}" if rest else whole


def _line(part: Mapping[str, Any], currency: str) -> str:
    if part["not_computed_reason"] is not None:
        return f"not computed: {part['not_computed_reason']}"
    result = major(part["amount_minor"], currency)
    if part["committed_minor"] is not None:
        rated = major(part["rated_minor"], currency)
        return f"{major(part['committed_minor'], currency)} committed - {rated} rated for the period = {result}"
    whole = _whole(part, currency)
    if part["is_free"]:
        return f"{whole}, free during a trial = {result}"
    exact = Fraction(part["exact_minor"])
    if part["amount_off_minor"]:
        whole = f"({whole} - {major(part['amount_off_minor'], currency)})"
        exact = max(exact - part["amount_off_minor"], Fraction(0))
    if part["percent_remaining"] is not None and part["fraction_seconds"] is not None:
        remaining = Fraction(part["percent_remaining"])
        off = (1 - remaining) * 100
        whole += f" × (1 - {plain(EXACT.divide(Decimal(off.numerator), Decimal(off.denominator)))} %)"
        exact *= remaining
    if part["fraction_seconds"] is not None:
        whole += f" × {part['fraction_seconds']:,} s / {part['full_seconds']:,} s"
        exact *= Fraction(part["fraction_seconds"], part["full_seconds"])
    if part["amount_minor"] < 0:
        whole, exact = f"-({whole})", -exact
    return whole + _rounded(exact, part, currency)


def _whole(part: Mapping[str, Any], currency: str) -> str:
    """Units times unit amount, a flat part, or what was charged before, still without proration."""
    if part["unit_amount"] is None:
        return f"{major(Decimal(part['exact_minor']), currency)} charged before"
    rate = major(Decimal(part["unit_amount"]), currency)
    if part["is_flat"]:
        return rate
    if part["package_units"] is not None and not part["is_free"]:
        packed = f"{plain(Decimal(part['quantity']))} in packages of {part['package_units']:,}"
        return f"{packed}: {plain(Decimal(part['rated_units']))} × {rate}"
    return f"{plain(Decimal(part['rated_units']))} × {rate}"


def _rounded(exact: Fraction, part: Mapping[str, Any], currency: str) -> str:
    """`= 12.50`, or `= 12.4975 → 12.50` where it had to be rounded."""
    result = major(part["amount_minor"], currency)
    if exact == part["amount_minor"]:
        is_bare = part["is_flat"] and part["fraction_seconds"] is None
        return "" if is_bare else f" = {result}"
    shifted = exact.numerator * 10 ** (QUOTIENT_DIGITS + 12)
    is_ending = shifted % exact.denominator == 0
    digits = EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    if not is_ending:
        digits = digits.quantize(Decimal(1).scaleb(-QUOTIENT_DIGITS), context=EXACT)
    tie = " (a tie)" if part["is_rounding_tie"] else ""
    return f" {'=' if is_ending else '≈'} {major(digits, currency)} → {result}{tie}"


def _discount(one: Mapping[str, Any], currency: str) -> str:
    what = "amount off" if one["percent_off"] is None else f"{one['percent_off']} %"
    return f"{what} ({one['coupon'] or one['discount']}): {major(-one['amount_minor'], currency)}"
