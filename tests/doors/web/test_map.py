"""The map: from one's own unit down to the area, each number with the records behind it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.doors.web.conftest import NOON, units_of

from lamplighter.base.security.actor import Role
from lamplighter.business.inspection.models import Case
from lamplighter.business.network.models import AreaEntry, FeederEntry, UnitOutline


def places(client: Client, path: str) -> list[Any]:
    return list(client.get(path).context["view"].places)


def open_case(station: str, area: str, *, closed: bool = False) -> None:
    Case.objects.create(
        case_no=f"{station}-{area}-{closed}",
        account_id=f"{station}{area}{closed}",
        area_id=area,
        process="inspection",
        process_version=1,
        instance="{}",
        state="ON_SITE",
        status="finished" if closed else "running",
        opened_at=NOON,
        closed_at=NOON if closed else None,
        **units_of(station),
    )


class TestMap:
    def test_begins_at_ones_own_unit(self, log_in: Callable[..., Client]) -> None:
        county = places(log_in(Role.LINE_LOSS_ANALYST, unit="N"), "/map/")
        station = places(log_in(Role.LINE_LOSS_ANALYST, unit="S2"), "/map/")

        assert [(place.kind, place.code) for place in county] == [("unit", "S1"), ("unit", "S2")]
        assert [(place.kind, place.code) for place in station] == [("feeder", "F2")]

    def test_goes_down_to_the_areas_of_a_feeder(self, log_in: Callable[..., Client]) -> None:
        found = places(log_in(Role.LINE_LOSS_ANALYST, unit="N"), "/map/S1/F1/")

        assert [(place.code, place.point, place.energies.supplied_kwh) for place in found] == [
            ("A1", (108.01, 27.01), 1000.0)
        ]

    def test_shows_what_the_night_found_of_each_place(self, log_in: Callable[..., Client]) -> None:
        first, second = places(log_in(Role.LINE_LOSS_ANALYST, unit="N"), "/map/")

        # 60 of 1,000 kWh, 90 of 3,000.
        assert (first.loss_rate, second.loss_rate) == (0.06, 0.03)
        assert (first.energies.unexplained_kwh, second.energies.unexplained_kwh) == (50.0, 80.0)
        assert (first.suspicion_count, second.suspicion_count) == (1, 1)

    def test_counts_open_cases_at_every_level_and_no_closed_one(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.LINE_LOSS_ANALYST, unit="P")
        open_case("S1", "A1")
        open_case("S1", "A1", closed=True)
        open_case("S2", "elsewhere")

        counts = {
            path: [place.case_count for place in places(client, path)]
            for path in ("/map/", "/map/N/", "/map/S1/", "/map/S1/F1/", "/map/S2/")
        }

        assert counts == {"/map/": [2], "/map/N/": [1, 1], "/map/S1/": [1], "/map/S1/F1/": [1], "/map/S2/": [0]}

    def test_keeps_suspicions_and_cases_from_whom_they_are_closed_to(self, log_in: Callable[..., Client]) -> None:
        answer = log_in(Role.TRAINER, unit="N").get("/map/")

        assert [(place.suspicion_count, place.case_count) for place in answer.context["view"].places] == [
            (None, None)
        ] * 2
        assert [name for name, _ in answer.context["figures"]] == ["loss_rate", "unexplained"]
        assert set(answer.context["map"]["places"][0]["values"]) == {"loss_rate", "unexplained"}
        assert "/suspicions/?unit=S1" not in answer.content.decode()

    def test_names_the_way_down_as_links_back(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.LINE_LOSS_ANALYST, unit="C")

        assert [url for _, url in client.get("/map/S1/F1/").context["crumbs"]] == ["/map/C/", "/map/N/", "/map/S1/"]
        assert client.get("/map/").context["crumbs"] == []

    def test_opens_the_records_behind_each_number(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.LINE_LOSS_ANALYST, unit="N")
        html = client.get("/map/").content.decode()

        assert 'href="/areas/?unit=S1"' in html
        assert [row.area_id for row in client.get("/areas/?unit=S1").context["part"].rows] == ["A1"]
        assert [row.area_id for row in client.get("/areas/?feeder=F2").context["part"].rows] == ["A2"]
        assert [row.area_id for row in client.get("/suspicions/?feeder=F2").context["part"].rows] == ["A2"]
        assert [row.area_id for row in client.get("/suspicions/?area=A1").context["part"].rows] == ["A1"]

    def test_says_on_a_list_what_it_is_narrowed_to_and_how_to_leave_it_off(self, log_in: Callable[..., Client]) -> None:
        html = log_in(Role.LINE_LOSS_ANALYST, unit="N").get("/areas/?unit=S1&class=high").content.decode()

        assert "Only unit S1所" in html
        assert 'href="/areas/?class=high"' in html

    def test_says_in_words_that_an_outline_is_a_sketch(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.LINE_LOSS_ANALYST, unit="N")
        sketched = client.get("/map/").content.decode()
        UnitOutline.objects.update(is_sketch=False)

        assert "sketched around" in sketched
        assert "sketched around" not in client.get("/map/").content.decode()

    def test_says_in_words_that_nothing_can_be_drawn_without_coordinates(self, log_in: Callable[..., Client]) -> None:
        UnitOutline.objects.all().delete()
        html = log_in(Role.LINE_LOSS_ANALYST, unit="N").get("/map/").content.decode()

        assert "has no coordinates" in html
        assert "S1所" in html

    def test_gathers_the_areas_that_hang_on_no_recorded_feeder(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.LINE_LOSS_ANALYST, unit="S1")
        AreaEntry.objects.update(feeder_id="")
        FeederEntry.objects.filter(station_id="S1").update(feeder_id="", name="")

        found = client.get("/map/S1/")

        assert [place.code for place in found.context["view"].places] == ["-"]
        assert "No feeder recorded" in found.content.decode()
        assert [place.code for place in places(client, "/map/S1/-/")] == ["A1"]
        assert [row.area_id for row in client.get("/areas/?feeder=-").context["part"].rows] == ["A1"]

    def test_draws_the_feeder_from_substation_to_transformers(self, log_in: Callable[..., Client]) -> None:
        tree = log_in(Role.EQUIPMENT_ENGINEER, unit="N").get("/map/S1/F1/").context["topology"]["tree"]

        line = tree["children"][0]
        assert (tree["name"], line["name"]) == ("SS1", "线路1")
        assert [(each["name"], each["url"], each["mark"]) for each in line["children"]] == [
            ("台区1", "/areas/A1/", "bad")
        ]

    @pytest.mark.parametrize("path", ["/map/nowhere/", "/map/S1/F2/", "/map/S2/"])
    def test_knows_no_place_beside_ones_own(self, path: str, log_in: Callable[..., Client]) -> None:
        assert log_in(Role.LINE_LOSS_ANALYST, unit="S1").get(path).status_code == 404

    def test_stays_light(self, log_in: Callable[..., Client]) -> None:
        assert len(log_in(Role.LINE_LOSS_ANALYST, unit="N").get("/map/").content) < 60_000
