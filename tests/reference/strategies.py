"""Random histories for the comparison of SQL and reference.

Prices × changes × periods × discounts × grants × commitments × balances × currencies.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import strategies as st

from tests.reference.histories import Commitment, Discount, Grant, History, Item, Price, State, Tier, Usage

BEGIN = int(datetime(2026, 1, 29, tzinfo=UTC).timestamp())
AS_OF = int(datetime(2026, 6, 20, tzinfo=UTC).timestamp())
DAY = 86_400
METERS = {"requests": "sum", "calls": "count", "storage": "last"}

unit_amounts = st.sampled_from(["0", "5", "700", "2000", "333.5", "0.05", "0.000123456789", "12.345678901234"]).map(
    Decimal
)
licensed_amounts = st.sampled_from(["0", "700", "999", "2000", "53600", "1250.5"]).map(Decimal)


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    """One to four tiers, some with a flat amount."""
    bounds = sorted(draw(st.sets(st.integers(1, 40), max_size=3)))
    flats = st.none() | st.sampled_from(["0", "999", "450.5"]).map(Decimal)
    return tuple(Tier(bound, draw(unit_amounts), draw(flats)) for bound in [*bounds, None])


@st.composite
def prices(draw: st.DrawFn, name: str, usage_type: str, grid: tuple[str, int], changeable: bool) -> Price:
    """A price of any scheme; `changeable` leaves out tiers, whose proration nobody documents."""
    is_metered = usage_type == "metered"
    scheme = draw(
        st.sampled_from(["per_unit", "packages"] if changeable else ["per_unit", "graduated", "volume", "packages"])
    )
    is_tiered = scheme in ("graduated", "volume")
    return Price(
        price_id=f"price_{name}",
        product_id=draw(st.sampled_from(["prod_a", "prod_b"])),
        usage_type=usage_type,
        unit=None if is_tiered else draw(unit_amounts if is_metered else licensed_amounts),
        tiers_mode=scheme if is_tiered else None,
        tiers=draw(tiers()) if is_tiered else (),
        divide_by=draw(st.integers(2, 7)) if scheme == "packages" else None,
        round_up=draw(st.booleans()),
        interval=grid[0],
        interval_count=grid[1],
        meter=draw(st.sampled_from(sorted(METERS))) if is_metered else None,
        is_option=draw(st.integers(0, 4)) == 0,
    )


@st.composite
def discounts(draw: st.DrawFn, name: str, start: int, allow_amount: bool) -> tuple[Discount, ...]:
    """Up to two stacked discounts."""
    found = []
    for number in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        is_percent = not allow_amount or draw(st.booleans())
        duration = draw(st.sampled_from(["once", "repeating", "forever"]))
        found.append(
            Discount(
                discount_id=f"di_{name}_{number}",
                start=start,
                end=start + draw(st.integers(20, 80)) * DAY if duration == "repeating" else None,
                duration=duration,
                percent=draw(st.sampled_from(["12.5", "20", "33.33", "100"]).map(Decimal)) if is_percent else None,
                amount=None if is_percent else draw(st.sampled_from([1, 500, 1001, 100_000])),
                products=draw(st.sampled_from([(), (), ("prod_a",)])),
                is_option=draw(st.booleans()),
            )
        )
    return tuple(found)


@st.composite
def histories(draw: st.DrawFn, number: int = 0) -> History:
    """One subscription of any shape that Stripe's documentation decides."""
    name = f"h{number}"
    start = BEGIN + draw(st.integers(0, 70)) * DAY + draw(st.integers(0, DAY - 1))
    grid = draw(
        st.sampled_from([("month", 1), ("month", 1), ("month", 2), ("week", 1), ("week", 3), ("day", 10), ("year", 1)])
    )
    mode = draw(st.sampled_from(["classic", "classic", "flexible"]))
    change_days = sorted(draw(st.sets(st.integers(1, 120), max_size=4)))
    changeable = bool(change_days)
    licensed = draw(st.integers(0 if not changeable else 1, 2))
    metered = draw(st.integers(0 if licensed else 1, 2))
    items = [
        Item(
            f"si_{name}_l{i}",
            start,
            draw(prices(f"{name}_l{i}", "licensed", grid, changeable)),
            draw(st.integers(1, 30)),
        )
        for i in range(licensed)
    ]
    items += [
        Item(f"si_{name}_m{i}", start, draw(prices(f"{name}_m{i}", "metered", grid, False))) for i in range(metered)
    ]
    trial_end = start + draw(st.integers(1, 40)) * DAY if draw(st.integers(0, 4)) == 0 else None
    running = draw(discounts(name, start, allow_amount=True))
    # an anchor ahead leaves a stub, which is prorated or free
    ahead = draw(st.integers(1, 20)) * DAY if draw(st.integers(0, 4)) == 0 else 0
    anchor = trial_end or start + ahead
    first = draw(st.sampled_from(["create_prorations", "create_prorations", "none"]))
    states = [State(start, tuple(items), first, running, anchor)]
    for index, day in enumerate(change_days):
        at = start + day * DAY + draw(st.integers(1, DAY - 2))
        items = draw(changed(items, f"{name}_c{index}", at, grid))
        behaviour = draw(st.sampled_from(["create_prorations", "always_invoice", "none"]))
        restarts = draw(st.integers(0, 9)) == 0 and (trial_end is None or at > trial_end)
        anchor = at if restarts else anchor
        states.append(State(at, tuple(items), behaviour, running, anchor))
    last = states[-1].at
    ended = None
    if draw(st.integers(0, 3)) == 0:
        ended = last + draw(st.integers(1, 60)) * DAY + draw(st.integers(1, 1000))
    usage = draw(usages(name, start, {item.price.meter for item in items if item.price.meter}))
    return History(
        subscription_id=f"sub_{name}",
        customer_id=f"cus_{name}",
        states=tuple(states),
        trial_end=trial_end,
        ended=ended,
        end_proration=draw(st.sampled_from(["none", "create_prorations"])),
        billing_mode=mode,
        formulas=METERS,
        usage=usage,
        grants=draw(grants(name, start)),
        currency=draw(st.sampled_from(["usd", "usd", "eur", "jpy", "kwd"])),
        collection_method=draw(st.sampled_from(["charge_automatically", "charge_automatically", "send_invoice"])),
        balance=draw(st.sampled_from([0, 0, -1, -900, -60_000, 30, 700])),
        commitments=draw(commitments(start)),
    )


@st.composite
def commitments(draw: st.DrawFn, start: int) -> tuple[Commitment, ...]:
    """Mostly none; one from the start, sometimes amended on the way and sometimes ended."""
    amounts = st.sampled_from([1, 5_000, 90_000])
    if draw(st.integers(0, 3)):
        return ()
    until = start + draw(st.integers(60, 140)) * DAY if draw(st.booleans()) else None
    amended = start + draw(st.integers(1, 50)) * DAY
    if draw(st.booleans()):
        return (Commitment(start, draw(amounts)), Commitment(amended, draw(amounts), until))
    return (Commitment(start, draw(amounts), until),)


@st.composite
def changed(draw: st.DrawFn, items: list[Item], name: str, at: int, grid: tuple[str, int]) -> list[Item]:
    """A change of one licensed item: another quantity, another price, one more, one less; or nothing."""
    kind = draw(st.sampled_from(["quantity", "price", "add", "remove", "metered", "nothing"]))
    licensed = [i for i, item in enumerate(items) if item.quantity is not None]
    metered = [i for i, item in enumerate(items) if item.quantity is None]
    items = list(items)
    if kind == "quantity" and licensed:
        i = draw(st.sampled_from(licensed))
        items[i] = Item(items[i].item_id, items[i].created, items[i].price, draw(st.integers(1, 30)))
    elif kind == "price" and licensed:
        i = draw(st.sampled_from(licensed))
        price = draw(prices(name, "licensed", grid, True))
        items[i] = Item(items[i].item_id, items[i].created, price, items[i].quantity)
    elif kind == "metered" and metered:
        i = draw(st.sampled_from(metered))
        items[i] = Item(items[i].item_id, items[i].created, draw(prices(name, "metered", grid, False)))
    elif kind == "add":
        price = draw(prices(name, "licensed", grid, True))
        items.append(Item(f"si_{name}", at, price, draw(st.integers(1, 5))))
    elif kind == "remove" and len(licensed) > 1:
        del items[draw(st.sampled_from(licensed))]
    return items


@st.composite
def usages(draw: st.DrawFn, name: str, start: int, meters: set[str]) -> tuple[Usage, ...]:
    """Some events per meter at any time; fractions of units among them."""
    found = []
    for meter in sorted(meters):
        for number in range(draw(st.integers(0, 8))):
            at = start + draw(st.integers(0, 140 * DAY))
            value = draw(st.sampled_from(["1", "3", "17", "0.25", "12.000000000001", "40"]))
            found.append(Usage(f"ue_{name}_{meter}_{number}", meter, at, at + number, Decimal(value)))
    return tuple(one for one in found if one.at < AS_OF)


@st.composite
def grants(draw: st.DrawFn, name: str, start: int) -> tuple[Grant, ...]:
    """Up to three credit grants, some limited to a price, some that expire."""
    found = []
    for number in range(draw(st.sampled_from([0, 0, 0, 1, 2, 3]))):
        effective = start + draw(st.integers(0, 60)) * DAY
        found.append(
            Grant(
                grant_id=f"credgr_{name}_{number}",
                amount=draw(st.sampled_from([1, 300, 5000])),
                effective=effective,
                created=effective,
                expires=effective + draw(st.integers(1, 60)) * DAY + 5 if draw(st.booleans()) else None,
                priority=draw(st.sampled_from([10, 50, 90])),
                category=draw(st.sampled_from(["paid", "promotional"])),
                price_ids=draw(st.sampled_from([(), (), (f"price_{name}_m0",), (f"price_{name}_l0",)])),
            )
        )
    return tuple(found)
