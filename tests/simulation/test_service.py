"""What customers bring: the same from the same seed, in time, outages in one area, some steps late."""

import datetime as dt
from collections import Counter

import pytest

from lamplighter.simulation.service import Brought, Place, draw_matters

MORNING = dt.datetime(2025, 4, 1, tzinfo=dt.UTC)
HOMES = [Place(f"{n:04}", f"A{n % 8}") for n in range(160)]


@pytest.fixture(scope="module")
def drawn() -> tuple[Brought, ...]:
    return draw_matters(HOMES, until=MORNING)


class TestWhatComesIn:
    def test_is_in_order_within_the_days_before_the_morning(self, drawn: tuple[Brought, ...]) -> None:
        times = [each.at for each in drawn]

        assert times == sorted(times)
        assert times[0] >= MORNING - dt.timedelta(days=91)
        assert times[-1] < MORNING
        assert {at.month for at in times} >= {1, 2, 3}

    def test_differs_with_the_seed_only(self, drawn: tuple[Brought, ...]) -> None:
        assert draw_matters(HOMES, until=MORNING) == drawn
        assert draw_matters(HOMES, until=MORNING, seed=2) != drawn

    def test_is_of_many_classes_and_worded_in_many_ways(self, drawn: tuple[Brought, ...]) -> None:
        classes = Counter(each.class_code for each in drawn)

        assert classes["TK-5"] > classes["TK-1"] > 0
        assert len(classes) >= 9
        assert len({each.words for each in drawn}) >= 40

    def test_is_mostly_punctual_and_sometimes_late(self, drawn: tuple[Brought, ...]) -> None:
        late = sum(max(each.shares) > 1 for each in drawn) / len(drawn)

        assert 0.05 < late < 0.25

    def test_goes_on_in_an_earlier_call_of_the_same_area_where_an_outage_is_reported_twice(
        self, drawn: tuple[Brought, ...]
    ) -> None:
        merged = [each for each in drawn if each.merged_into is not None]

        assert merged
        for call in merged:
            assert call.merged_into is not None
            first = drawn[call.merged_into]
            assert first.at < call.at
            assert (first.place.area_id, first.class_code) == (call.place.area_id, "TK-5")
            assert first.place != call.place

    def test_needs_somebody_to_come(self) -> None:
        with pytest.raises(ValueError, match="needs a place"):
            draw_matters([], until=MORNING)
