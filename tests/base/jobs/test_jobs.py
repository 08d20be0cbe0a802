"""Jobs: claimed once, told how far they are, stopped, tried again, and taken up when their worker is gone."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from lamplighter.base.desk.listing import Ask
from lamplighter.base.errors import LamplighterError
from lamplighter.base.jobs.models import Job
from lamplighter.base.jobs.operations import (
    LOST_AFTER,
    MOST_ATTEMPTS,
    cancel_job,
    remove_old_tasks,
    retry_job,
    start_job,
    take_up_lost,
)
from lamplighter.base.jobs.queries import find_job, list_jobs
from lamplighter.base.jobs.records import JobState
from lamplighter.base.jobs.registry import JobKindUnknown, job_kind
from lamplighter.base.jobs.running import JobOvertaken, JobRun, Pulse
from lamplighter.base.jobs.tasks import work_job
from lamplighter.base.security.actor import Actor, Level

NOON = dt.datetime(2026, 11, 26, 4, tzinfo=dt.UTC)
LI = Actor(1, "Li", "S1", Level.STATION, frozenset(), frozenset())
WANG = Actor(2, "Wang", "S1", Level.STATION, frozenset(), frozenset())

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def ask() -> Callable[..., int]:
    """Ask for a job that does what a function does: ``ask(lambda run: {...})``."""

    def make(function: Callable[[JobRun], dict[str, Any]], *, by: Actor = LI) -> int:
        job_kind("test")(function)
        return start_job(kind="test", given={"of": 3}, by=by, now=NOON)

    return make


def work(number: int) -> Job:
    """Work a job as a worker would, its pulse beating where it says how far it is."""
    job = Job.objects.get(pk=number)
    work_job(number, job.attempt, worker="w1", pulse=Pulse(number, job.attempt))
    return Job.objects.get(pk=number)


def three_steps(run: JobRun) -> dict[str, Any]:
    with run.step("counting", total=3) as advance:
        for _ in range(3):
            advance(1)
    return {"counted": 3}


class TestAJob:
    def test_is_done_with_what_it_came_to(self, ask: Callable[..., int]) -> None:
        job = work(ask(three_steps))

        assert (job.state, job.result, job.done, job.total) == ("done", {"counted": 3}, 3, 3)

    def test_tells_how_far_it_is(self, ask: Callable[..., int]) -> None:
        seen: list[float | None] = []

        def looked_at(run: JobRun) -> dict[str, Any]:
            with run.step("counting", total=4) as advance:
                for _ in range(4):
                    advance(1)
                    found = find_job(actor=LI, number=run.number)
                    seen.append(found.share if found else None)
            return {}

        work(ask(looked_at))

        assert seen == [0.25, 0.5, 0.75, 1.0]

    def test_is_worked_once_however_often_its_bell_rings(self, ask: Callable[..., int]) -> None:
        begun: list[int] = []
        number = ask(lambda run: begun.append(run.attempt) or {})

        work(number)
        work_job(number, 1, worker="w2", pulse=Pulse(number, 1))

        assert begun == [1]

    def test_works_with_the_unit_of_who_asked(self, ask: Callable[..., int]) -> None:
        assert work(ask(lambda run: {"unit": run.actor.unit_id})).result == {"unit": "S1"}

    def test_that_fails_as_expected_says_why(self, ask: Callable[..., int]) -> None:
        def refused(run: JobRun) -> dict[str, Any]:
            raise LamplighterError("The lake is being written; wait.")

        job = work(ask(refused))

        assert (job.state, job.failure) == ("failed", "The lake is being written; wait.")

    def test_that_fails_unexpectedly_says_no_more_than_that(self, ask: Callable[..., int], caplog: Any) -> None:
        def broken(run: JobRun) -> dict[str, Any]:
            raise ZeroDivisionError("account 0012345678")

        job = work(ask(broken))

        assert job.state == "failed"
        assert "0012345678" not in job.failure
        assert "ZeroDivisionError" in caplog.text

    def test_of_an_unknown_kind_is_refused_when_it_is_asked_for(self) -> None:
        with pytest.raises(JobKindUnknown):
            start_job(kind="no such", given={}, by=LI, now=NOON)

    def test_is_seen_by_who_asked_alone(self, ask: Callable[..., int]) -> None:
        number = ask(three_steps)

        assert find_job(actor=WANG, number=number) is None
        assert list_jobs(actor=WANG, ask=Ask()).count == 0
        assert list_jobs(actor=LI, ask=Ask()).count == 1


class TestCancelling:
    def test_stops_a_job_that_waits_at_once(self, ask: Callable[..., int]) -> None:
        number = ask(three_steps)

        assert cancel_job(number=number, by=LI, now=NOON)
        assert work(number).state == "cancelled"

    def test_stops_a_job_that_runs_at_its_next_step(self, ask: Callable[..., int]) -> None:
        done: list[int] = []

        def cancelled_after_two(run: JobRun) -> dict[str, Any]:
            with run.step("counting", total=3) as advance:
                for number in range(3):
                    if number == 2:
                        cancel_job(number=run.number, by=LI, now=NOON)
                    advance(1)
                    done.append(number)
            return {}

        assert work(ask(cancelled_after_two)).state == "cancelled"
        assert done == [0, 1]

    def test_is_for_who_asked_alone(self, ask: Callable[..., int]) -> None:
        assert not cancel_job(number=ask(three_steps), by=WANG, now=NOON)

    def test_comes_too_late_for_a_job_that_is_done(self, ask: Callable[..., int]) -> None:
        number = ask(three_steps)
        work(number)

        assert not cancel_job(number=number, by=LI, now=NOON)


class TestTryingAgain:
    def test_works_a_cancelled_job_as_a_new_attempt(self, ask: Callable[..., int]) -> None:
        number = ask(three_steps)
        cancel_job(number=number, by=LI, now=NOON)

        assert retry_job(number=number, by=LI)
        job = work(number)
        assert (job.state, job.attempt) == ("done", 2)

    def test_is_not_for_a_job_that_is_done_nor_for_others(self, ask: Callable[..., int]) -> None:
        number = ask(three_steps)
        cancel_job(number=number, by=LI, now=NOON)

        assert not retry_job(number=number, by=WANG)
        assert retry_job(number=number, by=LI)
        work(number)
        assert not retry_job(number=number, by=LI)


class TestALostWorker:
    def lose(self, number: int, *, silent_since: dt.datetime = NOON) -> None:
        """Leave a job as a worker leaves it that is killed in the midst of it."""
        job = Job.objects.get(pk=number)
        DBTaskResult.objects.filter(pk=job.task_id).update(status=TaskResultStatus.RUNNING, started_at=silent_since)
        Job.objects.filter(pk=number).update(state=JobState.RUNNING, alive_at=silent_since)

    def test_has_its_job_taken_up_by_another(self, ask: Callable[..., int]) -> None:
        number = ask(three_steps)
        self.lose(number)

        assert take_up_lost(now=NOON + LOST_AFTER) == 0
        assert take_up_lost(now=NOON + 2 * LOST_AFTER) == 1
        job = work(number)
        assert (job.state, job.attempt, job.result) == ("done", 2, {"counted": 3})

    def test_that_comes_back_finds_its_attempt_overtaken_and_writes_nothing(self, ask: Callable[..., int]) -> None:
        written: list[str] = []

        def overtaken(run: JobRun) -> dict[str, Any]:
            if run.attempt == 1:
                self.lose(run.number)
                take_up_lost(now=NOON + 2 * LOST_AFTER)
                with pytest.raises(JobOvertaken), run.fence():
                    written.append("by the first")
                with run.step("counting") as advance:
                    advance(1)
            with run.fence():
                written.append("by the second")
            return {"by": run.attempt}

        number = ask(overtaken)
        assert work(number).state == "waiting"
        job = work(number)

        assert (job.state, job.result, written) == ("done", {"by": 2}, ["by the second"])

    def test_that_died_before_it_claimed_its_job_is_found_as_well(self, ask: Callable[..., int]) -> None:
        number = ask(three_steps)
        rung = Job.objects.get(pk=number).task_id
        DBTaskResult.objects.filter(pk=rung).update(status=TaskResultStatus.RUNNING, started_at=NOON)

        assert take_up_lost(now=NOON + 2 * LOST_AFTER) == 1
        assert Job.objects.get(pk=number).task_id != rung

    def test_is_not_mistaken_for_a_long_queue(self, ask: Callable[..., int]) -> None:
        ask(three_steps)

        assert take_up_lost(now=NOON + dt.timedelta(hours=3)) == 0

    def test_is_not_followed_by_a_fourth(self, ask: Callable[..., int]) -> None:
        number = ask(three_steps)
        for lost in range(1, MOST_ATTEMPTS + 1):
            self.lose(number)
            assert take_up_lost(now=NOON + 2 * LOST_AFTER) == 1, lost

        job = Job.objects.get(pk=number)
        assert (job.state, job.attempt) == ("failed", 3)
        assert "3 times" in job.failure


class TestOldTasks:
    def test_are_removed_while_their_jobs_stay(self, ask: Callable[..., int]) -> None:
        number = ask(three_steps)
        DBTaskResult.objects.update(status=TaskResultStatus.SUCCESSFUL, finished_at=NOON)

        assert remove_old_tasks(now=NOON + dt.timedelta(days=1)) == 0
        assert remove_old_tasks(now=NOON + dt.timedelta(days=3)) == 1
        assert Job.objects.filter(pk=number).exists()
