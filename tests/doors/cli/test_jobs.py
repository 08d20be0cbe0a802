"""A real desk, real workers, and a real kill: the job is taken up by the next worker, and done once."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.doors.cli.conftest import LAMPLIGHTER

from lamplighter.doors.cli.worker import COMMAND

WITH_A_JOB = """
import sys, time
from pathlib import Path
from django.utils import timezone
from lamplighter.base.settings import read_settings
from lamplighter.doors.web import starting
home = read_settings().home
starting.start_django(home)
from lamplighter.base.jobs.operations import start_job
from lamplighter.base.jobs.registry import job_kind
from lamplighter.base.security.actor import Actor, Level
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act

@job_kind("count")
def count(run):
    with run.step("counting", total=2) as advance:
        advance(1)
        (home.path / f"half-{run.attempt}").touch()
        while not (home.path / "go").exists():
            time.sleep(0.05)
            advance(0)
        with run.fence():
            record(act=Act.CHANGED, by=None, now=timezone.now(), kind="counted", subject=run.number)
        advance(1)
    return {"by": run.attempt}

if sys.argv[1] == "ask":
    li = Actor(1, "Li", "S1", Level.STATION, frozenset(), frozenset())
    start_job(kind="count", given={}, by=li, now=timezone.now())
else:
    from lamplighter.doors.cli import main
    main()
"""
"""A worker that knows one more kind of job: it stops half-way until a file says go on."""
WITH_AN_EXPORT = """
from django.utils import timezone
from lamplighter.base.settings import read_settings
from lamplighter.doors.web import starting
starting.start_django(read_settings().home)
from django.contrib.auth.models import Group
from lamplighter.base.security.groups import make_groups
from lamplighter.base.security.models import Staff
from lamplighter.doors.web import urls
from lamplighter.doors.web.exports import ask_export
make_groups()
staff = Staff.objects.create_user("li", password="quiet-lamps-over-water")
staff.groups.set(Group.objects.filter(name="manager"))
ask_export(by=staff.as_actor(), listed="areas", parameters={}, ending="csv", why="report", now=timezone.now())
"""
DEADLINE_SECONDS = 120


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False)


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.05)


@pytest.fixture
def workers() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Workers a test started; what still runs at its end is stopped."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for worker in started:
        if worker.poll() is None:
            worker.kill()
        worker.wait()


ASKED = "kind <> 'kpi_count'"
"""What a test asked for: a worker's hourly counting of key figures is a job too."""


def ask_database(desk: Path, statement: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(desk, timeout=30)) as connection, connection:
        return connection.execute(statement, values).fetchall()


class TestAWorkerKilledInMidJob:
    def test_leaves_a_job_that_the_next_one_does_once(
        self, home: Path, desk: Path, workers: list[subprocess.Popen[bytes]]
    ) -> None:
        assert run(sys.executable, "-c", WITH_A_JOB, "ask").returncode == 0
        first = subprocess.Popen((sys.executable, "-c", WITH_A_JOB, "jobs", "work"))
        workers.append(first)
        wait_for((home / "half-1").exists)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()

        assert ask_database(desk, f"SELECT state, attempt FROM jobs_job WHERE {ASKED}") == [("running", 1)]
        # As if half a minute had gone by without a sign of life.
        ask_database(desk, f"UPDATE jobs_job SET alive_at = '2026-01-01 00:00:00' WHERE {ASKED}")
        (home / "go").touch()
        second = run(sys.executable, "-c", WITH_A_JOB, "jobs", "work", "--until-idle")

        assert second.returncode == 0, second.stderr
        assert ask_database(desk, f"SELECT state, attempt, result FROM jobs_job WHERE {ASKED}") == [
            ("done", 2, '{"by": 2}')
        ]
        assert ask_database(desk, "SELECT count(*) FROM audit_entry WHERE kind = 'counted'") == [(1,)]

    def test_is_not_waited_for_by_a_worker_whose_server_is_gone(
        self, desk: Path, workers: list[subprocess.Popen[bytes]]
    ) -> None:
        worker = subprocess.Popen(COMMAND, stdin=subprocess.PIPE)
        workers.append(worker)
        assert worker.stdin is not None
        worker.stdin.close()

        assert worker.wait(DEADLINE_SECONDS) == 0


class TestAWorker:
    def test_knows_the_lists_of_the_pages_though_it_serves_none(self, home: Path, desk: Path) -> None:
        asked = run(sys.executable, "-c", WITH_AN_EXPORT)
        assert asked.returncode == 0, asked.stderr

        assert run(*LAMPLIGHTER, "jobs", "work", "--until-idle").returncode == 0

        assert ask_database(desk, f"SELECT state, failure FROM jobs_job WHERE {ASKED}") == [("done", "")]
        assert [file.suffix for file in (home / "desk" / "exports").iterdir()] == [".csv"]


class TestTheTrailOfADesk:
    def entries(self, desk: Path, count: int) -> None:
        assert run(sys.executable, "-c", WITH_A_JOB, "ask").returncode == 0
        (desk.parents[1] / "go").touch()
        assert run(sys.executable, "-c", WITH_A_JOB, "jobs", "work", "--until-idle").returncode == 0
        assert ask_database(desk, "SELECT count(*) FROM audit_entry") == [(count,)]

    def test_is_verified_and_what_was_changed_in_it_is_named(self, desk: Path) -> None:
        self.entries(desk, 1)
        assert run(*LAMPLIGHTER, "security", "seal_audit").returncode == 0
        whole = run(*LAMPLIGHTER, "security", "verify_audit", "--json")

        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            ask_database(desk, "UPDATE audit_entry SET note = 'nothing'")
        ask_database(desk, "DROP TRIGGER audit_entry_no_update")
        ask_database(desk, "UPDATE audit_entry SET note = 'nothing'")
        changed = run(*LAMPLIGHTER, "security", "verify_audit")

        assert whole.returncode == 0
        assert json.loads(whole.stdout)["sealed_up_to"] == json.loads(whole.stdout)["entries"] == 1
        assert changed.returncode == 1
        assert "entry 1 no longer says what it said" in changed.stdout
