"""The tests of the radar: numbers a person can check, and no more false alarms than were allowed."""

import datetime as dt

import numpy as np
import pytest

from lamplighter.business.service_desk.radar.records import Counted
from lamplighter.business.service_desk.radar.rules import (
    area_alarms,
    clause_alarms,
    exposure,
    hour_weights,
    stand_out,
    topic_alarms,
    upper_tail,
)
from lamplighter.business.service_desk.radar.settings import radar_rules, watches

AREAS = 60
LOOKS = 300


class TestATail:
    def test_is_that_of_poisson_where_the_spread_is_the_mean(self) -> None:
        # One less e^-1 times two and a half.
        assert upper_tail(3, mean=1.0, spread=1.0) == pytest.approx(0.0803, abs=5e-5)

    def test_is_wider_where_the_spread_is(self) -> None:
        # Negative binomial of size 1 and half: 1/2, 1/4, 1/8 below 3.
        assert upper_tail(3, mean=1.0, spread=2.0) == pytest.approx(0.125)

    def test_of_nothing_is_certain(self) -> None:
        assert upper_tail(0, mean=0.0, spread=0.0) == 1.0


class TestWhatStandsOut:
    def test_is_decided_over_all_of_them(self) -> None:
        # 0.03 is no alarm among ten that are nothing, and one beside nine that are: 0.03 <= 10/10 * 0.05.
        assert stand_out([0.03] + [0.5] * 9, rate=0.05) == [False] * 10
        assert stand_out([0.03] + [0.001] * 9, rate=0.05) == [True] * 10

    def test_of_nothing_is_nothing(self) -> None:
        assert stand_out([], rate=0.05) == []


class TestHours:
    def test_of_night_are_worth_less_than_those_of_evening(self) -> None:
        weights = hour_weights([0] * 18 + [100] * 4 + [0] * 2)

        # 424 in all: 24 * 101 / 424 and 24 / 424.
        assert exposure(begin_hour=18.0, hours=2.0, weights=weights) == pytest.approx(2 * 24 * 101 / 424)
        assert exposure(begin_hour=23.0, hours=2.0, weights=weights) == pytest.approx(2 * 24 / 424)

    def test_of_whole_days_are_worth_what_they_are(self) -> None:
        weights = hour_weights(list(range(24)))

        assert exposure(begin_hour=7.25, hours=72.0, weights=weights) == pytest.approx(72.0)


class TestAnArea:
    def test_that_asks_as_much_as_ever_is_no_alarm(self) -> None:
        # 240 matters in 240 hours: one an hour. Two within an hour are 1 - e^-1 * 2 or so.
        counted = {"A": Counted(2, 240, 100), "B": Counted(0, 240, 100)}

        found = area_alarms(counted, window=1.0, usual=240.0, prior=1.0, fewest=2, rate=0.05)

        assert [(each.key, each.is_alarm) for each in found] == [("A", False)]
        assert found[0].expected == pytest.approx(1.0, abs=0.01)
        assert found[0].chance == pytest.approx(0.2642, abs=0.005)

    def test_that_seldom_asks_stands_out_by_a_count_that_is_usual_elsewhere(self) -> None:
        counted = {"quiet": Counted(4, 2, 100), "busy": Counted(4, 400, 100)}

        found = {
            each.key: each for each in area_alarms(counted, window=2.0, usual=200.0, prior=1.0, fewest=3, rate=0.001)
        }

        # Of 402.5 matters half belong to each by its customers: 1.00625 an hour. 2 * (1 + 2) / (1 / 1.00625 + 200) and
        # 2 * (1 + 400) / (1 / 1.00625 + 200).
        assert (found["quiet"].is_alarm, found["busy"].is_alarm) == (True, False)
        assert found["quiet"].expected == pytest.approx(0.0299, abs=1e-4)
        assert found["busy"].expected == pytest.approx(3.990, abs=1e-3)

    def test_with_too_few_customers_is_none_however_rare_it_is(self) -> None:
        counted = {"A": Counted(2, 0, 100), **{f"B{n}": Counted(0, 1, 100) for n in range(10)}}

        found = area_alarms(counted, window=0.1, usual=2000.0, prior=1.0, fewest=3, rate=0.05)

        assert found[0].chance < 1e-6
        assert not found[0].is_alarm

    def test_counts_its_customers(self) -> None:
        counted = {"small": Counted(3, 0, 10), "large": Counted(3, 0, 1000), "rest": Counted(0, 100, 1000)}

        found = {
            each.key: each.expected
            for each in area_alarms(counted, window=1.0, usual=100.0, prior=1.0, fewest=3, rate=0.05)
        }

        # 100.5 matters of 2,010 customers in 100 hours: 0.0005 a customer and hour, 1 to be known of each area.
        assert found["small"] == pytest.approx(1 / 300)
        assert found["large"] == pytest.approx(1 / 102)

    @pytest.mark.parametrize("unevenness", [0.0, 1.0])
    def test_is_a_false_alarm_no_more_often_than_allowed(self, unevenness: float) -> None:
        """Nothing is the matter anywhere; areas differ in their rate as much as ``unevenness`` says."""
        stream, rate = np.random.default_rng(20260301), 0.1
        looks_with_alarm = 0
        for _ in range(LOOKS):
            customers = stream.integers(30, 200, size=AREAS)
            own = stream.gamma(1 / unevenness, unevenness, size=AREAS) if unevenness else np.ones(AREAS)
            by_hour = 0.0004 * customers * own
            usual, now = stream.poisson(by_hour * 500.0), stream.poisson(by_hour * 12.0)
            counted = {f"A{n}": Counted(int(now[n]), int(usual[n]), int(customers[n])) for n in range(AREAS)}
            found = area_alarms(counted, window=12.0, usual=500.0, prior=1.0, fewest=1, rate=rate)
            looks_with_alarm += any(each.is_alarm for each in found)

        # Where nothing is the matter, every alarm is false: the rate is the share of looks with one.
        assert looks_with_alarm / LOOKS <= rate

    def test_without_supply_is_found_among_all_the_others(self) -> None:
        stream, found, false = np.random.default_rng(7), 0, 0
        for _ in range(100):
            usual, now = stream.poisson(2.0, size=AREAS), stream.poisson(0.002, size=AREAS)
            now[3] += 5
            counted = {f"A{n}": Counted(int(now[n]), int(usual[n]), 60) for n in range(AREAS)}
            tested = area_alarms(counted, window=2.0, usual=2000.0, prior=1.0, fewest=3, rate=0.05 / 288)
            found += any(each.is_alarm and each.key == "A3" for each in tested)
            false += any(each.is_alarm and each.key != "A3" for each in tested)

        assert (found, false) == (100, 0)


class TestATopic:
    def test_is_held_against_its_own_past(self) -> None:
        weeks = {"outage_now": [40, 42, 38, 41, 44], "ev_charger": [0, 1, 0, 1, 8]}

        found = {each.key: each.is_alarm for each in topic_alarms(weeks, fewest=5, rate=0.05)}

        assert found == {"outage_now": False, "ev_charger": True}

    def test_that_has_always_been_uneven_does_not_rise_by_one_more_such_week(self) -> None:
        weeks = {"storm": [0, 12, 0, 0, 11, 0, 12], "calm": [5, 5, 5, 5, 5, 5, 12]}

        found = {each.key: each.is_alarm for each in topic_alarms(weeks, fewest=5, rate=0.05)}

        assert found == {"storm": False, "calm": True}

    def test_rises_by_chance_no_more_often_than_allowed(self) -> None:
        stream, rate, weeks_with_alarm = np.random.default_rng(11), 0.1, 0
        means = np.linspace(0.5, 20.0, 40)
        for _ in range(LOOKS):
            counts = stream.poisson(means[:, None], size=(40, 13))
            weeks = {f"T{n}": [int(count) for count in counts[n]] for n in range(40)}
            weeks_with_alarm += any(each.is_alarm for each in topic_alarms(weeks, fewest=5, rate=rate))

        assert weeks_with_alarm / LOOKS <= rate


class TestAClause:
    def test_that_leaves_no_more_trouble_than_others_is_not_misread(self) -> None:
        found = clause_alarms({"a": (20, 4), "b": (20, 4), "c": (20, 5)}, fewest=5, rate=0.05)

        assert [each.is_alarm for each in found] == [False, False, False]

    def test_told_too_seldom_is_not_tested(self) -> None:
        assert [each.key for each in clause_alarms({"a": (4, 4), "b": (30, 1)}, fewest=5, rate=0.05)] == ["b"]

    def test_is_misread_by_chance_no_more_often_than_allowed(self) -> None:
        stream, rate, with_alarm = np.random.default_rng(5), 0.1, 0
        for _ in range(LOOKS):
            told = stream.integers(5, 40, size=30)
            cited = {f"C{n}": (int(told[n]), int(stream.binomial(told[n], 0.15))) for n in range(30)}
            with_alarm += any(each.is_alarm for each in clause_alarms(cited, fewest=5, rate=rate))

        assert with_alarm / LOOKS <= rate


class TestTheRules:
    def test_are_the_companys_to_confirm(self) -> None:
        on = dt.date(2026, 3, 1)

        assert radar_rules(on=on).evidence == "P"
        assert {each.evidence for each in watches(on=on).values()} == {"P"}
        assert all(each.ticket_class == "TK-5" for each in watches(on=on).values())
