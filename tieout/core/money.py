"""Money as people read it: minor units and a currency in, text out. Integers only, no third party.

The digits of each currency are those that Stripe charges in (facts: Stripe's "zero-decimal currencies" and
"three-decimal currencies"; UGX and ISK are written with two, as in its API). dbt's macro `format_money` writes the same
text; a test compares the two.
"""

from __future__ import annotations

from typing import Final

ZERO_DECIMAL: Final = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL: Final = frozenset("bhd jod kwd omr tnd".split())


def currency_exponent(currency: str) -> int:
    """How many decimal digits the currency's amounts have: 0, 2 or 3."""
    code = currency.lower()
    return 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2


def format_money(amount_minor: int, currency: str) -> str:
    """An amount of minor units as a person writes it: `USD -1,234.50`, `JPY 12,000`."""
    exponent = currency_exponent(currency)
    whole, rest = divmod(abs(amount_minor), 10**exponent)
    fraction = f".{rest:0{exponent}d}" if exponent else ""
    return f"{currency.upper()} {'-' if amount_minor < 0 else ''}{whole:,}{fraction}"
