"""Faults of meters: one that disagrees, usage that came too late, usage that nothing bills."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from tieout.simulator.catalogue import METERS, rate
from tieout.simulator.faults.base import Plant, chooser, figures, register
from tieout.simulator.faults.lines import amount_of, groups_of, line_fields, rerate
from tieout.simulator.invoices import Invoice
from tieout.simulator.people import Customer
from tieout.simulator.periods import DAY, HOUR, iso, midnight

if TYPE_CHECKING:
    from tieout.simulator.billing import Biller
    from tieout.simulator.faults.usage import UsageSite

_METER, _EVENTS, _VALUE = "premium_requests", 5, 400


@register
class MeterMismatch(Plant):
    """Stripe's meter lost a day of usage, or counted it twice; it billed so, or will where the period still runs."""

    kind = "meter_mismatch"
    variants = ("lost", "double", "running")

    def suits(self, customer: Customer) -> bool:
        is_staying = customer.subscription.cancel_at is None and not customer.has_daily_summaries
        return super().suits(customer) and (self.variant != "running" or is_staying)

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        groups = groups_of(invoice, "usage")
        if not groups or self.variant == "running":
            return None
        group = chooser(self.rng)(groups)
        meter = group[0].price.meter
        assert meter is not None
        stream = invoice.subscription.streams[meter]
        first = (invoice.period_start - desk.totals.begin_day) // DAY + 1
        last = (invoice.period_end - desk.totals.begin_day) // DAY
        day = max(range(first, last), key=lambda d: desk.day_quantity(stream, d), default=first)
        shift = desk.day_quantity(stream, day) * (-1 if self.variant == "lost" else 1)
        quantity = sum((line.quantity for line in group), Decimal(0))
        lines = rerate(desk, group, quantity + shift)
        if amount_of(lines) == amount_of(group) or quantity + shift < 0:
            return None
        desk.account.meter_shifts[stream, invoice.period] = (day, _scaled(meter, shift))
        expected = amount_of(group)
        invoice.replace_group(group, lines)
        return {
            **line_fields(invoice, group, expected, amount_of(lines)),
            "period_start": iso(invoice.period_start),
            "expected_quantity": str(quantity),
            "actual_quantity": str(quantity + shift),
        }

    def at_the_end(self, customer: Customer, desk: Biller) -> None:
        if self.variant != "running":
            return
        s = customer.subscription
        k = s.period_of(desk.end - 1)
        for item in s.metered:
            meter = item.price.meter or ""
            stream, used = s.streams[meter], desk.quantity(s.streams[meter], k)
            wrong = (used / 2).quantize(Decimal(1))
            expected, actual = (sum(r.amount for r in rate(item.price, q)) for q in (used, wrong))
            if wrong > 0 and expected != actual:
                desk.account.meter_shifts[stream, k] = (0, _scaled(meter, wrong - used))
                own = {"meter": meter, "period_start": iso(s.bounds[k]), **figures(expected, actual)}
                desk.truth.fault(**self.of(customer), **own)
                return
        desk.truth.skipped.append({"kind": self.kind, "variant": self.variant})


def _scaled(meter: str, shift: Decimal) -> int:
    return int(shift if METERS[meter].formula == "count" else shift.scaleb(METERS[meter].decimals))


@register
class UsageLate(Plant):
    """Usage, or the word that some does not count, comes after the invoice of its period is finalized."""

    kind = "usage_late"
    variants = ("minutes", "days", "void")
    claims = ("finalization",)
    is_fixed = True

    def before_usage(self, customer: Customer, site: UsageSite) -> None:
        s = customer.subscription
        last = len(s.bounds) - (2 if s.cancel_at is None else 3)
        periods = [k for k in range(max(last, 0) + 1) if s.bounds[k + 1] + 5 * DAY < site.spec.end_s]
        if not periods or _METER not in s.streams:
            self._period = -2
            return
        self._period = int(self.rng.choice(periods))
        end = s.bounds[self._period + 1]
        received = end + (2 * HOUR if self.variant == "minutes" else 2 * DAY)
        file = site.text_day(received)
        for number in range(_EVENTS):
            at = end - (number + 1) * HOUR
            record = site.record(customer.customer_id, at, _METER, _VALUE)
            if self.variant == "void":
                site.put(file, record)
                void = {"id": f"uv_{site.ids.hex(16)}", "voids": record["id"], "timestamp": iso(received)}
                site.put(file, {**void, "received_at": iso(received + number)})
                site.totals.records += 1
            else:
                stream = s.streams[_METER]
                site.totals.add(np.array([stream]), np.array([at * 1000]), np.array([_VALUE]))
                site.put(file, {**record, "received_at": iso(received + number * 60)})
            site.totals.records += 1

    def spoil(self, invoice: Invoice, desk: Biller) -> dict[str, Any] | None:
        group = [line for line in invoice.lines if line.kind == "usage" and line.price.meter == _METER]
        if invoice.period != self._period or not group:
            return None
        quantity = sum((line.quantity for line in group), Decimal(0))
        late = Decimal(_EVENTS * _VALUE) * (-1 if self.variant == "void" else 1)
        lines = rerate(desk, group, quantity - late)
        expected = amount_of(group)
        invoice.replace_group(group, lines)
        return line_fields(invoice, group, expected, amount_of(lines))


@register
class UsageUnsubscribed(Plant):
    """Usage of a meter that no item bills, after the subscription has ended, or before it began."""

    kind = "usage_unsubscribed"
    variants = ("no_such_item", "after_cancel", "before_start")
    plans = ("Pro",)
    wants_final = ("after_cancel",)
    changes_totals = False
    is_fixed = True

    def suits(self, customer: Customer) -> bool:
        has_time = customer.subscription.created - 4 * DAY > customer.begin_s
        return super().suits(customer) and (self.variant != "before_start" or has_time)

    def before_usage(self, customer: Customer, site: UsageSite) -> None:
        s = customer.subscription
        meter = "api_calls" if self.variant == "no_such_item" else _METER
        start, end = s.bounds[0], min(s.bounds[1], site.spec.end_s)
        others: list[int] = []
        if self.variant == "after_cancel":
            assert s.cancel_at is not None
            start, end = s.cancel_at, site.spec.end_s
            others = [s.cancel_at]
        elif self.variant == "before_start":
            start, end = midnight(site.spec.begin_s), s.created
        first = start + (end - start) // 3
        days: dict[str, list[int]] = {}
        for number in range(3):
            at = first + number * 60
            value = int(self.rng.integers(1, 20))
            site.put(site.text_day(at), site.record(customer.customer_id, at, meter, value))
            site.totals.records += 1
            site.totals.counting += 1
            days.setdefault(iso(at)[:10], []).append(value)
        for day, values in days.items():
            total = len(values) if METERS[meter].formula == "count" else sum(values)
            site.truth.usage_daily.append([customer.customer_id, meter, day, str(total), len(values)])
        month = f"{iso(first)[:7]}-01T00:00:00Z"
        period = iso(s.bounds[0]) if self.variant == "no_such_item" else month
        site.truth.fault(
            **{k: v for k, v in self.of(customer).items() if k != "subscription_id"},
            meter=meter, period_start=period, alt_period_starts=[iso(t) for t in others], **figures(None, None),
        )  # fmt: skip
        self.is_planted = True
