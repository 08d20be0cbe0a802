"""The map, the wiring of an area, and the radar through the API: what stands there, and to whom it is closed."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from tests.doors.api.conftest import post
from tests.doors.web.test_radar import heard

from lamplighter.base.security.actor import Role

__all__ = ["heard"]

pytestmark = pytest.mark.usefixtures("company")


class TestTheMap:
    def test_goes_down_from_the_county_to_the_area(self, program: Callable[..., Client]) -> None:
        client = program(Role.MANAGER, unit="N")

        county = client.get("/api/v1/map").json()
        station = client.get("/api/v1/map/S1").json()
        feeder = client.get(f"/api/v1/map/S1/{station['places'][0]['code']}").json()

        assert [(each["kind"], each["code"]) for each in county["places"]] == [("unit", "S1"), ("unit", "S2")]
        assert [(each["kind"], each["code"]) for each in station["places"]] == [("feeder", "F1")]
        assert [(each["kind"], each["code"], each["loss_rate"]) for each in feeder["places"]] == [("area", "A1", 0.06)]
        assert [each["unit_id"] for each in feeder["above"]] == ["N"]
        assert feeder["feeder"]["substation_id"] == "SS1"
        assert county["places"][0]["rings"][0][0] == [108.0, 27.0]

    def test_tells_of_suspicions_and_cases_only_to_whom_they_are_open(self, program: Callable[..., Client]) -> None:
        told = {role: program(role, unit="N").get("/api/v1/map").json() for role in (Role.MANAGER, Role.TRAINER)}

        assert [each["suspicion_count"] for each in told[Role.TRAINER]["places"]] == [None, None]
        assert [each["suspicion_count"] for each in told[Role.MANAGER]["places"]] == [1, 1]

    def test_knows_no_place_of_another_unit(self, program: Callable[..., Client]) -> None:
        client = program(Role.MANAGER, unit="S2")

        found = [client.get(f"/api/v1/map/{place}").status_code for place in ("S1", "N", "S1/F1", "S2/F1", "S2")]

        assert found == [404, 404, 404, 404, 200]


class TestTheRadar:
    def test_shows_areas_places_and_topics_without_an_account(
        self, program: Callable[..., Client], heard: None
    ) -> None:
        answer = program(Role.SERVICE_SUPERVISOR).get("/api/v1/radar")

        told = answer.json()
        assert [(each["area_id"], each["tested"]["count"]) for each in told["looks"]] == [("A1", 4)]
        assert told["callers"][0]["times"] == 2
        assert told["topics"][0] == "outage_now"
        assert b"000001" not in answer.content

    def test_shows_it_as_it_was(self, program: Callable[..., Client], heard: None) -> None:
        client = program(Role.SERVICE_SUPERVISOR)
        before = (dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).isoformat()

        then = client.get("/api/v1/radar", {"at": before}).json()

        assert then["looks"] == []
        assert client.get("/api/v1/radar?when=now").status_code == 422
        assert client.get("/api/v1/radar?unit=S2").status_code == 404

    def test_looks_now(self, program: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("lamplighter.journeys.service_radar.listen", lambda now: 0)

        answer = post(program(Role.SERVICE_SUPERVISOR), "/radar-looks", {})

        assert (answer.status_code, answer.json()["heard"]) == (200, 0)
