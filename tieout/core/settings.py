"""The business settings of a run, each with its documented default.

Every setting is a column of `lake.run_parameters`, so that a rule in SQL reads
`run_parameters.invoice_missing_grace_hours` and never a number of its own. The values are frozen here;
`tieout.store.config` reads them from the environment (`TIEOUT_INVOICE_MISSING_GRACE_HOURS=48`), since the core does
no input or output.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from tieout.core.kind import SEVERITIES
from tieout.core.kinds import KIND_BY_NAME

ROUNDING_MODES: Final = ("half_away_from_zero", "half_even")
AMOUNT_OFF_REMAINDERS: Final = ("largest_line", "last_line")
#: A year of days keeps the time that anomalies take within bounds; less than twice as much is every other day.
RANGES: Final = {"anomaly_days": range(1, 367), "anomaly_change_min": range(2, 1001)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a company may decide; the defaults are those of the contract.

    Attributes:
        rounding_mode: how a line's amount becomes whole minor units. Stripe rounds half away from zero.
        amount_off_remainder: which line takes what is left after a fixed discount was spread and truncated.
        invoice_missing_grace_hours: hours after a period's end in which its invoice may still come.
        invoice_stuck_grace_hours: hours that an invoice may stay a draft after it was due.
        event_grace_hours: hours in which a Stripe event may still be on its way (`event_missing`, `object_stale`).
        dunning_grace_days: days past due after which a `send_invoice` invoice counts as stalled.
        timestamp_tolerance_seconds: how far an event's time may lie after its receipt before it is quarantined.
        small_impact_minor: a discrepancy of less than this, in its currency's smallest unit, is one severity milder.
        large_impact_minor: one of this or more is one severity worse.
        severities: severities that hold whatever the amount, as in `usage_late=critical,total_mismatch=info`.
        anomaly_days: how many whole days back from the as-of instant anomalies are looked for.
        anomaly_score_min_tenths: tenths of a robust standard deviation that a day must lie off to be an anomaly.
        anomaly_change_min: how many times more, or less, than expected a day must have to be an anomaly.
        metering_lag_limit_hours: hours in which 95 % of a source's usage events should have been received.
        metering_quiet_limit_hours: hours that a meter's source may be without an event.
    """

    rounding_mode: str = "half_away_from_zero"
    amount_off_remainder: str = "largest_line"
    invoice_missing_grace_hours: int = 24
    invoice_stuck_grace_hours: int = 48
    event_grace_hours: int = 24
    dunning_grace_days: int = 14
    timestamp_tolerance_seconds: int = 3600
    small_impact_minor: int = 100
    large_impact_minor: int = 100_000
    severities: str = ""
    anomaly_days: int = 120
    anomaly_score_min_tenths: int = 40
    anomaly_change_min: int = 2
    metering_lag_limit_hours: int = 24
    metering_quiet_limit_hours: int = 168

    def __post_init__(self) -> None:
        """Refuses values that no rule knows.

        Raises:
            ValueError: names the setting, its value and what is allowed.
        """
        if self.rounding_mode not in ROUNDING_MODES:
            raise ValueError(f"rounding_mode is {self.rounding_mode!r}; allowed: {', '.join(ROUNDING_MODES)}")
        if self.amount_off_remainder not in AMOUNT_OFF_REMAINDERS:
            raise ValueError(
                f"amount_off_remainder is {self.amount_off_remainder!r}; allowed: {', '.join(AMOUNT_OFF_REMAINDERS)}"
            )
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int) and not 0 <= value <= 10_000_000:
                raise ValueError(f"{field.name} is {value}; allowed: 0 to 10000000")
        if self.small_impact_minor > self.large_impact_minor:
            raise ValueError(
                f"small_impact_minor is {self.small_impact_minor}; allowed: up to large_impact_minor, "
                f"which is {self.large_impact_minor}"
            )
        for pair in filter(None, self.severities.split(",")):
            kind, _, severity = pair.partition("=")
            if kind not in KIND_BY_NAME or severity not in SEVERITIES:
                raise ValueError(f"severities has {pair!r}; allowed: a kind, =, and one of {', '.join(SEVERITIES)}")
        for name, allowed in RANGES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed: {allowed.start} to {allowed.stop - 1}")

    def as_dict(self) -> dict[str, str | int]:
        """Name to value, in the order of declaration."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
