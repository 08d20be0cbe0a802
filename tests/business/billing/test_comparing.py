"""Two bills held against each other: the causes add up to the difference, and each says what it was meant for."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.business.billing.making import AccountFacts, make_bill
from lamplighter.business.billing.records import Bill, Cause, CauseShare
from lamplighter.business.billing.rules.comparing import Days, explain_difference, idle_kwh, new_load_kwh
from lamplighter.business.billing.rules.pricing import period_prices, price_lines
from lamplighter.business.tariffs.rules.book import Book
from tests.business.billing.drawing import draw_account, draw_dial, own_book

FEBRUARY, MARCH, APRIL = date(2025, 2, 1), date(2025, 3, 1), date(2025, 4, 1)


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Book:
    return own_book(tmp_path_factory.mktemp("book"))


def months(facts: AccountFacts, book: Book) -> tuple[Bill, Bill]:
    march = make_bill(facts, first_on=MARCH, end_on=APRIL, book=book)
    return march, make_bill(facts, first_on=FEBRUARY, end_on=MARCH, book=book)


def explain(
    facts: AccountFacts, book: Book, *, weather: str | None = None, new_load: str | None = None
) -> tuple[CauseShare, ...]:
    bill, against = months(facts, book)
    old = book.tariff(against.tariff_code, on=date(2025, 2, 28))
    return explain_difference(
        bill=bill,
        against=against,
        repriced=price_lines(quantities=bill.quantities, terms=facts.terms, book=book, tariff_on=lambda _: old),
        base_prices=period_prices(old, book, on=FEBRUARY) if old.scheme else {},
        has_tiers=bool(old.tiers),
        has_hours=bool(old.scheme),
        weather=None if weather is None else Decimal(weather),
        new_load=None if new_load is None else Decimal(new_load),
    )


def said(causes: tuple[CauseShare, ...]) -> dict[Cause, str]:
    return {share.cause: str(share.yuan) for share in causes}


class TestCauses:
    def test_three_more_days_alone(self, book):
        found = explain(draw_account({"M1": draw_dial(10.0)}), book)

        # February 280 kWh, March 310: 30 kWh × 0.5.
        assert said(found)[Cause.DAYS] == "15.00"
        assert found[0].kwh == 30

    def test_a_tier_reached_in_march(self, book):
        found = said(explain(draw_account({"M1": draw_dial(20.0)}), book))

        # 59 × 20 = 1,180 kWh before March: its 620 kWh cost 0.05 more; of February's 560 kWh 180 did already.
        # 341.00 − 289.00 = 52.00; the days are worth 60 kWh at February's mean price 289/560.
        assert found == {Cause.DAYS: "30.96", Cause.TIER_STEP: "21.04"}

    def test_a_price_that_rose_in_march(self, book):
        facts = draw_account({"M1": draw_dial(10.0)}, price_class="shop", customer_class="commercial")

        # 30 kWh × 0.8; then 21 days × 10 kWh × 0.1.
        assert said(explain(facts, book)) == {Cause.DAYS: "24.00", Cause.PRICE_CHANGE: "21.00"}

    def test_hours_that_moved(self, book):
        dials = draw_dial([10.0] * 120, registers={"peak_kwh": 0.5, "valley_kwh": 0.5})
        for day, dial in list(dials.items()):
            if day > MARCH:
                moved = (day - MARCH).days * 10.0
                registers = {
                    "peak_kwh": dials[MARCH].registers["peak_kwh"] + moved * 0.8,
                    "valley_kwh": dials[MARCH].registers["valley_kwh"] + moved * 0.2,
                }
                dials[day] = type(dial)(dial.total_kwh, {**dial.registers, **registers}, None, None, dial.known_at)

        found = said(explain(draw_account({"M1": dials}, price_class="hours"), book))

        # 310 kWh × 30 % moved from 0.3 to 0.6.
        assert found == {Cause.DAYS: "13.50", Cause.TIME_OF_USE: "27.90"}

    def test_weather_and_what_stays_on_take_their_part_of_the_use(self, book):
        daily = [10.0] * 59 + [14.0] * 61
        found = explain(draw_account({"M1": draw_dial(daily)}), book, weather="60", new_load="40")

        kwh = {share.cause: share.kwh for share in found if share.kwh is not None}
        # 434 − 280 = 154: days 30, weather 60, on all day 40, the rest 24.
        assert kwh == {Cause.DAYS: 30, Cause.WEATHER: 60, Cause.NEW_LOAD: 40, Cause.OTHER_USE: 24}

    def test_a_reading_that_moved_is_an_estimate(self, book):
        facts = draw_account({"M1": draw_dial(10.0, missing=[MARCH])})

        kwh = {share.cause: share.kwh for share in explain(facts, book)}

        # February lost its last day, March took it: two days apart.
        assert kwh[Cause.ESTIMATE] == 20

    @given(
        daily=st.lists(st.integers(0, 9000), min_size=120, max_size=120),
        price_class=st.sampled_from(["home", "shop", "hours"]),
        weather=st.one_of(st.none(), st.decimals(-500, 500, places=2)),
        new_load=st.one_of(st.none(), st.decimals(0, 500, places=2)),
    )
    def test_add_up_to_the_difference_to_the_cent(self, book, daily, price_class, weather, new_load):
        dials = draw_dial([each / 100 for each in daily], registers={"peak_kwh": 0.6, "valley_kwh": 0.4})
        facts = draw_account({"M1": dials}, price_class=price_class)
        bill, against = months(facts, book)

        found = explain(
            facts,
            book,
            weather=None if weather is None else str(weather),
            new_load=None if new_load is None else str(new_load),
        )

        assert sum((share.yuan for share in found), Decimal(0)) == bill.total_yuan - against.total_yuan
        energy = sum((share.kwh for share in found if share.kwh is not None), Decimal(0))
        assert energy == bill.energy_kwh - against.energy_kwh


class TestNewLoad:
    def days(self, idle_kw: float) -> Days:
        slots = np.full((30, 24), idle_kw)
        slots[:, 18:22] += 1.0
        return Days(slots.sum(axis=1), idle_kwh(slots), np.full(30, np.nan))

    def test_is_what_the_quiet_hours_rose_by(self):
        # 0.1 kW more, day and night, over 30 days.
        assert new_load_kwh(self.days(0.3), self.days(0.2)) == Decimal("72.00")

    def test_is_none_where_they_fell(self):
        assert new_load_kwh(self.days(0.2), self.days(0.3)) == 0

    def test_is_not_known_without_intervals(self):
        empty = np.full(30, np.nan)
        assert new_load_kwh(Days(empty, empty, empty), self.days(0.2)) is None
