"""The book of nights: begun by one, never twice, begun again when it failed, missed when nobody closed it."""

import datetime as dt

import pytest

from lamplighter.base.desk.models import Load, MissedNight, Night
from lamplighter.base.jobs.models import Job
from lamplighter.journeys.nights.book import (
    begin_night,
    claim_night,
    close_night,
    fail_night,
    note_missed,
    read_nights,
)
from lamplighter.journeys.nights.jobs import NIGHTLY, look_after_nights
from lamplighter.journeys.nights.schedule import read_schedule

DAY = dt.date(2026, 11, 26)
SCHEDULE = read_schedule(on=DAY)
"""Due at 02:00, missed at 06:00, begun again after 30 minutes, three times at most."""

pytestmark = pytest.mark.django_db


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-11-{text}+08:00")


def loaded(when: dt.datetime) -> None:
    said = {"generation": 1, "company": "东海供电", "timezone": "Asia/Shanghai"}
    Load.objects.create(**said, loaded_at=when)


@pytest.fixture
def desk() -> None:
    """A desk that was first loaded the day before."""
    loaded(at("25T12:00"))


class TestANight:
    def test_is_due_at_its_hour_and_claimed_by_one(self, desk: None) -> None:
        early, first, second = (claim_night(SCHEDULE, now=at(now)) for now in ("26T01:59", "26T02:00", "26T02:00"))

        assert (early, second) == (None, None)
        assert first is not None
        assert (first.due_on, first.state, first.attempt) == (DAY, "running", 1)

    def test_is_not_due_on_a_desk_that_was_not_there_yet(self) -> None:
        assert claim_night(SCHEDULE, now=at("26T03:00")) is None
        loaded(at("26T12:00"))

        assert claim_night(SCHEDULE, now=at("26T13:00")) is None
        assert note_missed(SCHEDULE, now=at("26T13:00")) is None

    def test_that_is_closed_is_never_begun_again_by_the_schedule(self, desk: None) -> None:
        night = claim_night(SCHEDULE, now=at("26T02:00"))
        assert night is not None
        close_night(night, now=at("26T02:40"))

        assert [claim_night(SCHEDULE, now=at(now)) for now in ("26T02:41", "26T23:00")] == [None, None]
        assert Night.objects.get().closed_at == at("26T02:40")

    def test_that_failed_is_begun_again_after_a_while_three_times_at_most(self, desk: None) -> None:
        attempts = []
        for now in ("26T02:00", "26T02:20", "26T02:30", "26T03:00", "26T03:30"):
            night = claim_night(SCHEDULE, now=at(now))
            attempts.append(None if night is None else night.attempt)
            if night is not None:
                fail_night(night, "the lake is busy")

        assert attempts == [1, None, 2, 3, None]
        assert Night.objects.get().failure == "the lake is busy"

    def test_worked_by_a_command_before_its_hour_of_the_schedule_counts(self, desk: None) -> None:
        night = begin_night(SCHEDULE, now=at("26T02:00"), zone="Asia/Shanghai")
        close_night(night, now=at("26T02:05"))

        assert claim_night(SCHEDULE, now=at("26T02:06")) is None

    def test_keeps_what_an_attempt_did_for_the_next_one(self, desk: None) -> None:
        night = claim_night(SCHEDULE, now=at("26T02:00"))
        assert night is not None
        night.done = {"import": {"folder": "/srv/in"}}
        fail_night(night, "no space left")

        again = claim_night(SCHEDULE, now=at("26T02:30"))

        assert again is not None
        assert again.done == {"import": {"folder": "/srv/in"}}


class TestAMissedNight:
    def test_is_put_on_record_once_at_the_hour_of_the_alarm(self, desk: None) -> None:
        found = [note_missed(SCHEDULE, now=at(now)) for now in ("26T05:59", "26T06:00", "26T06:01")]

        assert [each and each.due_on for each in found] == [None, DAY, None]
        state = read_nights(SCHEDULE, now=at("26T06:01"))
        assert state is not None
        assert [each.due_on for each in state.missed] == [DAY]

    def test_is_over_when_a_later_night_is_closed_and_stays_on_record(self, desk: None) -> None:
        note_missed(SCHEDULE, now=at("26T06:00"))
        night = claim_night(SCHEDULE, now=at("27T02:00"))
        assert night is not None

        close_night(night, now=at("27T02:30"))

        kept = MissedNight.objects.get()
        assert (kept.due_on, kept.closed_at) == (DAY, at("27T02:30"))
        state = read_nights(SCHEDULE, now=at("27T03:00"))
        assert state is not None
        assert state.missed == ()

    def test_is_none_where_the_night_was_closed_in_time(self, desk: None) -> None:
        night = claim_night(SCHEDULE, now=at("26T02:00"))
        assert night is not None
        close_night(night, now=at("26T02:30"))

        assert note_missed(SCHEDULE, now=at("26T06:00")) is None


class TestTheWorkersChore:
    @pytest.fixture(autouse=True)
    def home(self, home: object) -> None:
        """A home without hours of its own."""

    def test_asks_for_the_job_of_a_night_once(self, desk: None) -> None:
        for now in ("26T01:59", "26T02:00", "26T02:01"):
            look_after_nights(at(now))

        assert [(job.kind, job.given) for job in Job.objects.all()] == [(NIGHTLY, {"due_on": "2026-11-26"})]

    def test_takes_a_night_whose_job_was_lost_for_failed_and_begins_it_again(self, desk: None) -> None:
        look_after_nights(at("26T02:00"))
        Job.objects.update(state="failed", failure="The worker was lost three times.")

        look_after_nights(at("26T02:31"))

        night = Night.objects.get()
        assert (night.state, night.attempt, Job.objects.count()) == ("running", 2, 2)

    def test_raises_the_alarm(self, desk: None, caplog: pytest.LogCaptureFixture) -> None:
        look_after_nights(at("26T06:00"))

        assert [record.message for record in caplog.records if record.name.endswith("nights.jobs")] == ["night.missed"]
        assert MissedNight.objects.get().due_on == DAY
