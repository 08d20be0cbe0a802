"""The organisation and the buckets of neighbouring areas."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.business.network.records import Level
from lamplighter.business.network.rules import (
    BUCKET_METERS_MOST,
    AreaPlace,
    CyclicOrganisation,
    assign_buckets,
    place_units,
)

LEVELS = {"P": "province", "C": "city", "S": "station"}


class TestPlaceUnits:
    def test_gives_every_level_the_nearest_unit_above(self):
        above = place_units({"P": None, "C": "P", "S": "C"}, LEVELS)["S"].above

        assert [above[level] for level in Level] == ["P", "C", "C", "S"]

    def test_gives_a_unit_at_the_top_itself_for_every_level(self):
        assert set(place_units({"C": None}, LEVELS)["C"].above.values()) == {"C"}

    def test_names_the_circle(self):
        with pytest.raises(CyclicOrganisation) as circle:
            place_units({"P": "S", "C": "P", "S": "C"}, LEVELS)

        assert set(circle.value.units) == {"P", "C", "S"}


def areas(*counts, station="S", feeder="F"):
    return [AreaPlace(f"{station}{i:03d}", (station,), feeder, count) for i, count in enumerate(counts)]


class TestAssignBuckets:
    def test_puts_neighbours_together_until_a_bucket_is_full(self):
        street = [AreaPlace(f"S{i:03d}", ("S",), f"F{i}", 150) for i in range(4)]

        assert assign_buckets(street, given={}) == {"S000": 0, "S001": 0, "S002": 0, "S003": 1}

    def test_does_not_cut_a_feeder_that_fits_into_one(self):
        # After 300 meters of F1 there is room for 300 more, not for the 450 of F2.
        two = [*areas(300, feeder="F1"), *areas(150, 150, 150, station="S1", feeder="F2")]
        two = [replace(area, station=("S",)) for area in two]

        assert assign_buckets(two, given={}) == {"S000": 0, "S1000": 1, "S1001": 1, "S1002": 1}

    def test_cuts_a_feeder_that_no_bucket_holds(self):
        assert assign_buckets(areas(300, 250, 300), given={}) == {"S000": 0, "S001": 0, "S002": 1}

    def test_opens_a_bucket_rather_than_overfill_one(self):
        assert assign_buckets(areas(450, 350), given={}) == {"S000": 0, "S001": 1}

    def test_keeps_areas_of_a_feeder_together(self):
        mixed = [*areas(250, 250, feeder="F1"), *areas(250, 250, station="T", feeder="F0")]

        assert assign_buckets(mixed, given={}) == {"S000": 0, "S001": 0, "T000": 1, "T001": 1}

    def test_never_changes_what_was_given(self):
        given_before = {"S000": 7}

        found = assign_buckets(areas(10, 10), given=given_before)

        assert found == {"S000": 7, "S001": 7}

    @given(st.lists(st.integers(0, 2000), max_size=40), st.lists(st.integers(1, 200), max_size=20))
    def test_is_sticky_and_never_overfills(self, counts, later):
        first = assign_buckets(areas(*counts), given={})
        found = assign_buckets([*areas(*counts), *areas(*later, station="T")], given=first)

        assert {area: found[area] for area in first} == first
        meters: dict[int, list[int]] = {}
        for area in [*areas(*counts), *areas(*later, station="T")]:
            meters.setdefault(found[area.area_id], []).append(area.meter_count or 60)
        assert all(len(own) == 1 or sum(own) <= BUCKET_METERS_MOST for own in meters.values())
