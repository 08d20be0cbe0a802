"""Precision learned from outcomes: Beta(m k + h, (1 - m) k + n - h), and only what was on record before the visit."""

from datetime import date, timedelta

import pytest

from lamplighter.business.detection.anomalies.precision import (
    Recorded,
    Visited,
    learn_precision,
    learned_values,
    posterior,
)
from tests.business.detection.anomalies.seeing import SETTINGS

DAY = date(2025, 3, 1)


def learn(recorded, visited, as_of=date(2025, 12, 31)):
    known = learn_precision(recorded=recorded, visited=visited, as_of=as_of, settings=SETTINGS)
    return {each.code: each for each in known}


def visits(theft: int, clean: int, *, days_after: int = 5):
    found = ["theft"] * theft + ["clean"] * clean
    recorded = [Recorded(f"C{i}", "AN-20", DAY) for i in range(len(found))]
    return recorded, [Visited(f"C{i}", what, DAY + timedelta(days_after)) for i, what in enumerate(found)]


class TestPosterior:
    def test_is_the_prior_without_visits(self):
        assert posterior(prior=0.4, worth=10, hits=0, visits=0)[0] == pytest.approx(0.4)

    def test_narrows_with_visits(self):
        few, many = (posterior(prior=0.5, worth=10, hits=n // 2, visits=n) for n in (4, 400))

        assert many[2] - many[1] < 0.1 < few[2] - few[1]

    def test_of_ten_even_visits_on_a_flat_prior_is_known_from_tables(self):
        # Beta(1, 1) and 1 of 1: Beta(2, 1), whose distribution is x squared: 5 % lie below the root of 0.05.
        mean, low, high = posterior(prior=0.5, worth=2, hits=1, visits=1)

        assert (mean, low, high) == pytest.approx((2 / 3, 0.05**0.5, 0.95**0.5))


class TestLearnPrecision:
    def test_adds_visits_to_a_prior_worth_ten(self):
        # Weight 0.45: Beta(4.5, 5.5); 6 thefts among 8 visits: Beta(10.5, 7.5), mean 10.5 / 18.
        learned = learn(*visits(6, 2))["AN-20"]

        assert (learned.visits, learned.hits, learned.prior) == (8, 6, 0.45)
        assert learned.mean == pytest.approx(10.5 / 18)
        assert learned.low < learned.mean < learned.high

    @pytest.mark.parametrize(("days_after", "count"), [(1, 8), (0, 0), (-3, 0), (120, 8), (121, 0)])
    def test_counts_only_what_was_on_record_before_the_visit_and_not_long_before(self, days_after, count):
        assert learn(*visits(6, 2, days_after=days_after))["AN-20"].visits == count

    def test_ignores_visits_nobody_let_in_and_those_of_tomorrow(self):
        recorded, visited = visits(1, 1)
        closed = Visited("C0", "no_access", DAY + timedelta(9))

        assert learn(recorded, [*visited, closed])["AN-20"].visits == 2
        assert learn(recorded, visited, as_of=DAY + timedelta(4))["AN-20"].visits == 0

    def test_counts_a_visit_once_however_often_it_was_recorded(self):
        recorded, visited = visits(1, 0)
        again = [Recorded("C0", "AN-20", DAY - timedelta(k)) for k in range(1, 9)]

        assert learn([*recorded, *again], visited)["AN-20"].visits == 1

    def test_confirms_each_rule_by_its_own_outcomes(self):
        recorded = [Recorded("C0", code, DAY) for code in ("AN-20", "AN-04", "archive_error")]
        learned = learn(recorded, [Visited("C0", "metering_fault", DAY + timedelta(2))])

        assert [learned[code].hits for code in ("AN-20", "AN-04", "archive_error")] == [0, 1, 1]

    def test_replaces_only_weights_that_outcomes_speak_of(self):
        known = learn_precision(
            recorded=[Recorded("C0", code, DAY) for code in ("AN-20", "AN-04", "magnet")],
            visited=[Visited("C0", "theft", DAY + timedelta(2))],
            as_of=date(2025, 12, 31),
            settings=SETTINGS,
        )

        values = learned_values(known, SETTINGS)

        assert values == pytest.approx({"AN-20.weight": 5.5 / 11, "magnet.prior": 7 / 11})
        assert SETTINGS.with_values(values).version != SETTINGS.version
