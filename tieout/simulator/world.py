"""Puts a world together: people, usage, Stripe, payouts, truth; in that order, into one folder."""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from tieout.simulator import objects
from tieout.simulator.billing import Biller
from tieout.simulator.catalogue import CURRENCIES, METER_NAMES, METERS, PRODUCTS, Catalogue, make_catalogue, plain, rate
from tieout.simulator.faults import parse_requests
from tieout.simulator.faults.assign import assign
from tieout.simulator.faults.base import Plant
from tieout.simulator.faults.contracts import contract_lines, further_contract
from tieout.simulator.faults.usage import USAGE_PLANTS, UsageSite
from tieout.simulator.ids import Ids
from tieout.simulator.landing import Landing
from tieout.simulator.money_objects import meter_event_summary
from tieout.simulator.payouts import pay_out
from tieout.simulator.people import Customer, Streams, plan_people, usage_streams
from tieout.simulator.periods import DAY, iso
from tieout.simulator.spec import Progress, SpecError, WorldSpec
from tieout.simulator.terms import COUPONS, OLD_COUPON, TermsMaker
from tieout.simulator.truth import Truth
from tieout.simulator.usage import UsageMaker
from tieout.simulator.usage_files import StreamNames, UsageWriter

#: A faulted customer uses at least this much (1 is the typical customer), so that its usage costs something.
FAULTED_RATE_MIN = 2.0


@dataclass(frozen=True)
class WorldSummary:
    """What was made."""

    customers: int
    usage_records: int
    usage_events: int
    invoices: int
    stripe_events: int
    stripe_objects: int
    payouts: int
    faults: int
    skipped_faults: int
    seconds: float


def build_world(folder: Path, spec: WorldSpec, progress: Progress | None = None) -> WorldSummary:
    """Make the world in ``folder``: `landing/`, `as_of`, `truth.json`, `planted.json`.

    The same spec gives the same bytes. An existing world there is replaced; anything else there is an error
    (:class:`SpecError`).
    """
    started = time.monotonic()
    tell = progress or (lambda what, done, total: None)
    requests = parse_requests(spec.faults)
    _clear(folder)
    catalogue, truth = make_catalogue(), Truth()
    customers = plan_people(spec, catalogue)
    TermsMaker(spec, catalogue).plan(customers)
    plants, payout_plants = assign(spec, requests, customers, TermsMaker(spec, catalogue, "fault terms"), truth)
    streams = usage_streams(spec, customers, METER_NAMES)
    for n in plants:
        for stream in customers[n].subscription.streams.values():
            streams.rate[stream] = max(streams.rate[stream], FAULTED_RATE_MIN)

    landing = Landing(folder / "landing", spec.rng("landing"))
    maker = _make_usage(folder, spec, customers, streams, requests, plants, truth, landing, tell)
    meter_of = [METER_NAMES[m] for m in streams.meter]
    desk = Biller(spec, catalogue, maker.totals, meter_of, landing, truth)
    for n, customer in enumerate(customers):
        desk.bill(customer, plants.get(n, []))
        if (n + 1) % 100 == 0 or n + 1 == len(customers):
            tell("billing customers", n + 1, len(customers))
    _write_catalogue(landing, catalogue, _shared_api(spec))
    _write_contracts(spec, landing, customers, catalogue)
    _write_coupons(landing, _shared_api(spec))
    _write_summaries(spec, landing, customers, desk, tell)
    payouts = pay_out(spec, desk.account.movements, payout_plants, landing, truth, _shared_api(spec))
    landing.close()
    if spec.writes_full_truth:
        _note_usage(truth, customers, streams, desk)
        _note_entitlements(spec, truth, customers, desk)
    truth.counts = {
        "usage_records": maker.totals.records,
        "usage_counting_events": maker.totals.counting,
        "invoices": desk.account.invoices,
        "events": desk.account.events,
        "charges": desk.account.charges,
        "balance_transactions": len(desk.account.movements) + payouts,
        "payouts": payouts,
    }
    truth.write(folder, seed=spec.seed, api=spec.api, as_of=spec.end_s, begin=spec.begin_s)
    (folder / "as_of").write_text(iso(spec.end_s) + "\n")
    return WorldSummary(
        customers=len(customers),
        usage_records=maker.totals.records,
        usage_events=maker.totals.counting,
        invoices=desk.account.invoices,
        stripe_events=desk.account.events,
        stripe_objects=landing.objects,
        payouts=payouts,
        faults=len(truth.faults),
        skipped_faults=len(truth.skipped),
        seconds=time.monotonic() - started,
    )


def _clear(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / "as_of").is_file() or not (folder / "landing").is_dir():
            raise SpecError(f"{folder} is not empty and not a world; give another folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)


def _shared_api(spec: WorldSpec) -> str:
    return "basil" if spec.api == "mixed" else spec.api


def _make_usage(
    folder: Path,
    spec: WorldSpec,
    customers: list[Customer],
    streams: Streams,
    requests: list[tuple[tuple[str, str], ...]],
    plants: dict[int, list[Plant]],
    truth: Truth,
    landing: Landing,
    tell: Any,
) -> UsageMaker:
    share = np.array([customers[n].usage_by_account for n in streams.customer], dtype=np.float64)
    maker = UsageMaker(spec, streams, share, METER_NAMES)
    site = UsageSite(spec, customers, maker.totals, truth, Ids(spec.rng("usage fault ids")))
    rng = spec.rng("usage faults")
    for kind, variant in (one for group in requests for one in group):
        if kind in USAGE_PLANTS and not USAGE_PLANTS[kind](variant, rng).plant(site):
            truth.skipped.append({"kind": kind, "variant": variant})
    for n, own in plants.items():
        for plant in own:
            plant.before_usage(customers[n], site)
    owners = [customers[n] for n in streams.customer]
    names = StreamNames(
        customers=[c.customer_id for c in owners],
        accounts=[c.account_id or c.customer_id for c in owners],
        meters=[METER_NAMES[m] for m in streams.meter],
        decimals=np.array([METERS[METER_NAMES[m]].decimals for m in streams.meter], dtype=np.int64),
    )
    writer = UsageWriter(folder / "landing", names)
    for number, (day, batch) in enumerate(maker.days(), 1):
        writer.write(day, batch, site.extras.pop(day, []))
        tell(f"usage: {maker.totals.records:,} records in", number, maker.totals.days)
    assert not site.extras, "usage faults were planned for days that never came"
    for meter in site.meters:
        landing.write(f"stripe/{_shared_api(spec)}/billing.meter.jsonl", meter)
    return maker


def _write_catalogue(landing: Landing, catalogue: Catalogue, api: str) -> None:
    for key in PRODUCTS:
        landing.write(f"stripe/{api}/product.jsonl", objects.product(key))
    for price in catalogue.prices.values():
        landing.write(f"stripe/{api}/price.jsonl", objects.price(price, with_tiers=True))
    for meter in METERS.values():
        landing.write(f"stripe/{api}/billing.meter.jsonl", objects.meter(meter))


def _write_coupons(landing: Landing, api: str) -> None:
    for coupon in (*COUPONS, OLD_COUPON):
        for currency in CURRENCIES if coupon.dollars_off is not None else ("",):
            off = None if coupon.dollars_off is None else Catalogue.minor(coupon.dollars_off, currency)
            landing.write(f"stripe/{api}/coupon.jsonl", objects.coupon(coupon, currency, off))


def _write_contracts(spec: WorldSpec, landing: Landing, customers: list[Customer], catalogue: Catalogue) -> None:
    for c in customers:
        lines = contract_lines(c, catalogue, spec.end_s) if c.contract_id is not None else []
        if c.further_contract:
            lines.append(further_contract(c, catalogue))
        for line in lines:
            landing.write("contracts/contracts.jsonl", line)


def _write_summaries(spec: WorldSpec, landing: Landing, customers: list[Customer], desk: Biller, tell: Any) -> None:
    """What Stripe's meters have: per billing period for most customers, per UTC day for some."""
    ids, totals = Ids(spec.rng("summary ids")), desk.totals
    for n, customer in enumerate(customers):
        s = customer.subscription
        for meter, stream in s.streams.items():
            shifts = {p: shift for (owner, p), shift in desk.account.meter_shifts.items() if owner == stream}
            windows: list[tuple[int, int, Any]] = []
            if customer.has_daily_summaries:
                by_day: dict[int, int] = defaultdict(int)
                for day, shift in shifts.values():
                    by_day[day] += shift
                for day in np.flatnonzero(totals.day_events[stream]).tolist():
                    start = totals.begin_day + day * DAY
                    value = desk.day_quantity(stream, day) + _scaled(meter, by_day.get(day, 0))
                    if start + DAY <= spec.end_s:
                        windows.append((start, start + DAY, value))
            else:
                for k in range(len(s.bounds) - 1):
                    start, end = s.bounds[k], min(s.bounds[k + 1], spec.end_s)
                    if start < end and totals.period_events[stream, k]:
                        value = desk.quantity(stream, k) + _scaled(meter, shifts.get(k, (0, 0))[1])
                        windows.append((start, end, value))
            for start, end, value in windows:
                amount: Any = int(value) if value == int(value) else float(plain(value))
                obj = meter_event_summary(
                    ids.new("mtrusg"), customer.customer_id, METERS[meter].meter_id, start, end, amount
                )
                landing.write(f"stripe/{customer.api}/billing.meter_event_summary.jsonl.gz", obj)
        if (n + 1) % 1000 == 0:
            tell("meter summaries of customers", n + 1, len(customers))


def _scaled(meter: str, shift: int) -> Decimal:
    m = METERS[meter]
    return Decimal(shift) if m.formula == "count" else Decimal(shift).scaleb(-m.decimals)


def _note_usage(truth: Truth, customers: list[Customer], streams: Streams, desk: Biller) -> None:
    totals = desk.totals
    for stream, day in zip(*np.nonzero(totals.day_events), strict=True):
        truth.usage_daily.append(
            [
                customers[streams.customer[stream]].customer_id,
                METER_NAMES[streams.meter[stream]],
                iso(totals.begin_day + int(day) * DAY)[:10],
                plain(desk.day_quantity(int(stream), int(day))),
                int(totals.day_events[stream, day]),
            ]
        )


def _note_entitlements(spec: WorldSpec, truth: Truth, customers: list[Customer], desk: Biller) -> None:
    """Free units and what was used of them, for every period that has begun, trials left out."""
    for customer in customers:
        s = customer.subscription
        for item in s.metered:
            included = item.price.included
            if included is None:
                continue
            stream = s.streams[item.price.meter or ""]
            for k in range(1 if s.trial_end is not None else 0, len(s.bounds) - 1):
                if s.bounds[k] >= spec.end_s:
                    break
                used = desk.quantity(stream, k)
                over = max(used - included, 0 * used)
                truth.entitlements.append(
                    {
                        "customer_id": customer.customer_id,
                        "meter": item.price.meter,
                        "price_id": item.price.price_id,
                        "period_start": iso(s.bounds[k]),
                        "period_end": iso(s.bounds[k + 1]),
                        "included": str(included),
                        "used": plain(used),
                        "overage": plain(over),
                        "overage_minor": sum(r.amount for r in rate(item.price, used)),
                        "open": s.bounds[k + 1] > spec.end_s,
                    }
                )
