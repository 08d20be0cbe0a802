"""Accounts drawn by hand: a dial is a start and what each day adds to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from lamplighter.business.billing.facts import TrustedSlots
from lamplighter.business.billing.making import AccountFacts
from lamplighter.business.billing.records import Terms
from lamplighter.business.billing.rules.measuring import Dial, Hung
from lamplighter.business.tariffs.rules.book import Book, load_book

KNOWN = datetime(2025, 6, 1)
NEW_YEAR = date(2025, 1, 1)

OWN = """
[[scheme]]
code = "own.hours"
version = "1"
valid_from = 2025-01-01
zh = "时段"
en = "hours"
source = "price list"
evidence = "R"
[[scheme.seasons]]
months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
hours = { peak = ["08:00-22:00"], valley = ["00:00-08:00", "22:00-24:00"] }

[[tariff]]
code = "own.home"
version = "1"
valid_from = 2024-01-01
classes = ["residential"]
price_classes = ["home"]
zh = "居民"
en = "home"
prices = { flat = 0.5 }
tier_span = "year"
tiers = [{ up_to_kwh = 1000 }, { up_to_kwh = 2000, adder = { flat = 0.05 } }, { adder = { flat = 0.3 } }]
source = "price list"
evidence = "R"

[[tariff]]
code = "own.hours"
version = "1"
valid_from = 2025-01-01
classes = ["residential"]
price_classes = ["hours"]
zh = "居民峰谷"
en = "home by hours"
scheme = "own.hours"
prices = { peak = 0.6, valley = 0.3 }
source = "price list"
evidence = "R"

[[tariff]]
code = "own.shop"
version = "1"
valid_from = 2025-01-01
valid_to = 2025-03-11
classes = ["commercial"]
price_classes = ["shop"]
zh = "商业"
en = "shop"
prices = { flat = 0.8 }
source = "price list"
evidence = "R"

[[tariff]]
code = "own.shop"
version = "2"
valid_from = 2025-03-11
classes = ["commercial"]
price_classes = ["shop"]
zh = "商业"
en = "shop"
prices = { flat = 0.9 }
source = "price list"
evidence = "R"

[[tariff]]
code = "own.factory"
version = "1"
valid_from = 2025-01-01
classes = ["industrial"]
price_classes = ["factory"]
zh = "两部制"
en = "factory"
prices = { flat = 0.62 }
basic_fee = { yuan_per_kva = 30, yuan_per_kw = 38 }
power_factor = 0.90
source = "price list"
evidence = "R"
"""


def own_book(tmp_path) -> Book:
    """Return a book with a home, a home by hours, a shop whose price rises on 11 March, and a factory."""
    file = tmp_path / "tariffs.toml"
    file.write_text(OWN, encoding="utf-8")
    return load_book(file=file)


def draw_dial(
    daily: Sequence[float] | float,
    *,
    start: float = 100.0,
    first_on: date = NEW_YEAR,
    days: int = 120,
    missing: Sequence[date] = (),
    registers: Mapping[str, float] | None = None,
    reactive: float | None = None,
    demand: float | None = None,
) -> dict[date, Dial]:
    """Return the mornings of a dial that grows by ``daily`` kWh, its registers by their shares of it."""
    each = [daily] * days if isinstance(daily, int | float) else list(daily)
    total, mornings = start, {}
    for number in range(len(each) + 1):
        day = first_on + timedelta(days=number)
        if day not in missing:
            moved = total - start
            mornings[day] = Dial(
                total_kwh=round(total, 2) % 1_000_000,
                registers={
                    name: round(moved * (registers or {})[name], 2) if name in (registers or {}) else None
                    for name in ("sharp_kwh", "peak_kwh", "flat_kwh", "valley_kwh")
                },
                reactive_kvarh=None if reactive is None else round(moved * reactive, 2),
                max_demand_kw=demand,
                known_at=KNOWN,
            )
        total += each[number] if number < len(each) else 0.0
    return mornings


def draw_account(
    dials: Mapping[str, Mapping[date, Dial]],
    *,
    price_class: str | None = "home",
    meters: Sequence[Hung] = (),
    slots: Callable[[str, date, date], TrustedSlots | None] | None = None,
    billed: Mapping[date, tuple[Decimal, Decimal | None]] | None = None,
    **terms: object,
) -> AccountFacts:
    """Return an account with these dials; a meter each, multiplier 1, unless told otherwise."""
    about = replace(Terms("0001", "residential", price_class), **terms)  # type: ignore[arg-type]
    hung = tuple(meters) or tuple(Hung(name, Decimal(1), None, None) for name in dials)
    return AccountFacts(about, hung, dials, slots or (lambda *_: None), billed or {})


def even_slots(daily: float, *, peak_share: float = 14 / 24) -> Callable[[str, date, date], TrustedSlots]:
    """Return hourly intervals of days that use ``daily`` kWh, so much of it between 8 and 22."""

    def slots(_: str, first_on: date, end_on: date) -> TrustedSlots:
        hours = np.full(24, daily * (1 - peak_share) / 10)
        hours[8:22] = daily * peak_share / 14
        days = (end_on - first_on).days
        return TrustedSlots(first_on, np.tile(hours, (days, 1)), np.zeros((days, 24), bool))

    return slots
