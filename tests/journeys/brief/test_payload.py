"""What of a brief the page carries."""

from dataclasses import replace
from datetime import datetime

import pytest

from lamplighter.base.lake import Lake
from lamplighter.journeys.brief import Brief, collect_brief
from lamplighter.journeys.brief.payload import build_payload, carried_areas, significant
from lamplighter.journeys.brief.settings import default_settings


@pytest.fixture(scope="module")
def brief(lake: Lake) -> Brief:
    with lake.snapshot() as snapshot:
        return collect_brief(snapshot, now=datetime(2025, 4, 1, 3, 30))


class TestPayload:
    def test_gives_instants_in_the_time_of_the_company(self, brief: Brief) -> None:
        meta = build_payload(brief, default_settings())["meta"]

        # 3:30 UTC is half past eleven in Shanghai.
        assert (meta["written"], meta["worked"]) == ("2025-04-01 11:30", "2025-04-01 10:00")

    def test_keeps_room_for_areas_that_cannot_be_computed(self, brief: Brief) -> None:
        worst, blocked = brief.areas[0], brief.areas[-1]
        areas = [replace(worst, area_id=f"W{k}") for k in range(10)] + [
            replace(blocked, area_id=f"B{k}") for k in range(10)
        ]

        carried = [area.area_id for area in carried_areas(areas, count=8)]

        assert carried == ["W0", "W1", "W2", "W3", "W4", "W5", "B0", "B1"]

    def test_gives_room_nobody_needs_to_the_others(self, brief: Brief) -> None:
        worst, blocked = brief.areas[0], brief.areas[-1]

        assert len(carried_areas([worst, *[blocked] * 9], count=8)) == 8
        assert len(carried_areas([*[worst] * 9, blocked], count=8)) == 8
        assert len(carried_areas([worst, blocked], count=8)) == 2

    def test_rounds_to_what_a_meter_can_tell(self) -> None:
        assert [significant(value) for value in (None, 0.0, -1234567.0, 0.00012345678)] == [
            None,
            0,
            -1234600,
            0.00012346,
        ]
