"""Outcomes and models through the API: counted for one's unit; trained, proposed by one, approved by another."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.doors.api.conftest import post
from tests.doors.web.test_models import lake, number_of, results

from lamplighter.base.jobs.models import Job
from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.business.detection.model_queries import read_releases, read_theft_model
from lamplighter.business.detection.models import ReleaseProposal

__all__ = ["lake", "results"]
WHY = {"reason": "better at one per cent"}


@pytest.fixture
def manager(program: Callable[..., Client]) -> Client:
    return program(Role.MANAGER, unit="P")


def read(client: Client, path: str) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def in_use(lake: Lake) -> str:
    with lake.snapshot() as state:
        return str(read_theft_model(state).version)


@pytest.mark.usefixtures("results")
class TestOutcomes:
    def test_hold_ones_own_unit_with_masked_accounts(self, program: Callable[..., Client]) -> None:
        rows = read(program(Role.INSPECTION_LEADER, unit="S1"), "/outcomes")["rows"]

        assert [(row["masked_account"], row["outcome"], row["way"]) for row in rows] == [
            ("******5671", "theft", "drawn")
        ]

    def test_tell_how_a_visit_came_about_only_whom_that_is_open(self, manager: Client) -> None:
        assert {row["way"] for row in read(manager, "/outcomes")["rows"]} == {""}
        # Heeded, the filter would tell it row by row.
        assert read(manager, "/outcomes?way=drawn")["count"] == 2
        assert manager.get("/api/v1/outcome-tallies?by=way").status_code == 403
        assert manager.get("/api/v1/outcome-rate").status_code == 403

    def test_are_counted_for_a_unit_and_no_sibling(self, program: Callable[..., Client]) -> None:
        leader = program(Role.INSPECTION_LEADER, unit="N")

        (row,) = read(leader, "/outcome-tallies?by=model")

        assert (row["visits"], row["hits"], row["hit_rate"], row["visits_per_find"]) == (2, 1, 0.5, 2.0)
        assert read(leader, "/outcome-rate")["rate"] == 0.031
        assert program(Role.MANAGER, unit="S2").get("/api/v1/outcome-tallies?unit=S1").status_code == 404


@pytest.mark.usefixtures("lake")
class TestAModel:
    def test_has_a_card(self, manager: Client) -> None:
        known = read(manager, "/models")

        assert [each["state"] for each in known["models"]] == ["released", "candidate"]
        card = read(manager, f"/models/{number_of('own 1')}")
        assert (card["outcomes"], card["thefts"]) == (120, 30)
        assert card["card"]["measures"]

    def test_is_trained_as_a_job_and_makes_no_list_by_itself(self, manager: Client, lake: Lake) -> None:
        before = in_use(lake)

        asked = post(manager, "/model-trainings", {"on": "injections"})

        job = Job.objects.get(kind="model_training")
        assert (asked.status_code, asked.json(), job.given) == (202, {"job": job.pk}, {"on": "injections"})
        assert in_use(lake) == before

    def test_is_trained_and_released_by_nobody_of_a_part_of_the_company(self, program: Callable[..., Client]) -> None:
        station = program(Role.MANAGER, unit="S1")

        trained = post(station, "/model-trainings", {"on": "outcomes"})
        proposed = post(station, f"/models/{number_of('own 1')}/propose", WHY)

        assert (trained.status_code, proposed.status_code) == (403, 403)
        assert (Job.objects.count(), ReleaseProposal.objects.count()) == (0, 0)

    def test_waits_for_a_second_person_and_is_put_to_use_by_him_once(
        self, manager: Client, program: Callable[..., Client], lake: Lake
    ) -> None:
        number, other = number_of("own 1"), program(Role.LINE_LOSS_ANALYST, unit="P")

        proposed = post(manager, f"/models/{number}/propose", WHY)
        twice = post(manager, f"/models/{number}/propose", WHY)
        waiting = proposed.json()["waiting"]["number"]
        own = post(manager, f"/model-proposals/{waiting}/decide", {"is_approved": True})
        done = post(other, f"/model-proposals/{waiting}/decide", {"is_approved": True})
        again = post(other, f"/model-proposals/{waiting}/decide", {"is_approved": True})

        assert (proposed.status_code, twice.status_code, own.status_code) == (200, 422, 422)
        assert done.json()["releases"][0]["reason"] == WHY["reason"]
        assert again.json()["code"] == "release_refused"
        assert in_use(lake) == "own 1"
        with lake.snapshot() as state:
            assert len(read_releases(state)) == 1
        assert Entry.objects.filter(act="released", subject="own 1").count() == 1

    def test_is_rolled_back_like_any_release_with_a_reason(
        self, manager: Client, program: Callable[..., Client], lake: Lake
    ) -> None:
        before, other = in_use(lake), program(Role.LINE_LOSS_ANALYST, unit="P")

        for version in ("own 1", before):
            waiting = post(manager, f"/models/{number_of(version)}/propose", WHY).json()["waiting"]["number"]
            post(other, f"/model-proposals/{waiting}/decide", {"is_approved": True})

        assert in_use(lake) == before
        silent = post(manager, f"/models/{number_of('own 1')}/propose", {"reason": " "})
        assert (silent.status_code, silent.json()["code"]) == (422, "release_refused")

    def test_is_refused_with_an_answer(self, manager: Client, lake: Lake) -> None:
        waiting = post(manager, f"/models/{number_of('own 1')}/propose", WHY).json()["waiting"]["number"]

        silent = post(manager, f"/model-proposals/{waiting}/decide", {"is_approved": False})
        refused = post(manager, f"/model-proposals/{waiting}/decide", {"is_approved": False, "answer": "taken back"})

        assert (silent.status_code, refused.status_code, refused.json()["waiting"]) == (422, 200, None)
        assert in_use(lake) != "own 1"
