"""What a monitor is told: whether the desk lives, is ready and fresh, without a log-in and about nobody."""

import datetime as dt

import pytest
from django.db import DatabaseError
from django.test import Client
from tests.doors.web.conftest import NIGHT

from lamplighter.base.desk.models import Load
from lamplighter.base.jobs.models import Job
from lamplighter.doors.web.views import health

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    health._require_tables.cache_clear()


class TestHealth:
    def test_lives_and_is_ready_for_whoever_asks(self, company: None) -> None:
        answers = [Client().get(f"/health/{what}/") for what in ("live", "ready")]

        assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(200, "live"), (200, "ready")]

    def test_is_not_ready_without_its_tables_and_lives_on(self, company: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(health, "has_open_migrations", lambda: True)

        assert (Client().get("/health/ready/").status_code, Client().get("/health/live/").status_code) == (503, 200)

    def test_is_not_ready_without_its_database(self, company: None, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone() -> None:
            raise DatabaseError("connection refused to 10.0.0.7")

        monkeypatch.setattr(health, "newest_load", gone)
        answer = Client().get("/health/ready/")

        assert (answer.status_code, "10.0.0.7" in answer.content.decode()) == (503, False)

    def test_says_how_old_the_desk_is_and_answers_503_beyond_the_monitors_limit(self, company: None) -> None:
        Load.objects.update(loaded_at=dt.datetime.now(dt.UTC) - dt.timedelta(hours=30))

        told = Client().get("/health/fresh/").json()

        assert (told["status"], told["night_on"], told["loaded_hours_ago"]) == ("fresh", NIGHT.isoformat(), 30.0)
        assert Client().get("/health/fresh/?hours=36").status_code == 200
        assert Client().get("/health/fresh/?hours=24").status_code == 503

    def test_says_when_a_job_waits_and_no_worker_comes(self, company: None) -> None:
        Job.objects.create(
            kind="x", given={}, staff_id=1, actor={}, asked_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=20)
        )

        answer = Client().get("/health/fresh/?minutes=15")

        assert (answer.status_code, answer.json()["status"]) == (503, "stuck")

    def test_before_the_first_night_is_stale_to_whoever_sets_a_limit(self, db: None) -> None:
        assert Client().get("/health/fresh/").status_code == 200
        assert Client().get("/health/fresh/?hours=36").status_code == 503
