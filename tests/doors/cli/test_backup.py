"""A backup is taken while the desk stands, and comes back whole into an empty home, on either database."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from tools.postgres import UNSAFE, address_of, new_folder, run_postgres

LAMPLIGHTER = "import sys; from lamplighter.doors.cli import main; sys.argv[0] = 'lamplighter'; main()"
FILL = """
import datetime as dt, pyarrow as pa
from django.utils import timezone
from lamplighter.base.settings import read_settings
from lamplighter.doors.web import starting
home = read_settings().home
starting.start_django(home)
from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Role
from lamplighter.base.security.staffing import add_staff
from lamplighter.business.detection.tables import OUTCOME
add_staff(username="li", roles=[Role.SECURITY_ADMIN], unit_id=None)
(home.desk / "cases" / "1").mkdir(parents=True)
(home.desk / "cases" / "1" / "ab12").write_bytes(b"photograph")
(home.exports).mkdir()
(home.exports / "list.csv").write_text("expires")
row = {"account_id": ["A1"], "inspected_on": pa.array([dt.date(2026, 1, 5)]), "outcome": ["clean"],
       "recovered_kwh": pa.array([None], pa.float64()), "note": [""]}
with Lake.open(home.lake).transaction() as change:
    change.append(OUTCOME, pa.table(row), known_at=dt.datetime(2026, 1, 6))
from django.contrib.sessions.backends.db import SessionStore
SessionStore().save()
"""
FULL = """
import errno, shutil, sys
copy_mode = shutil.copystat
def no_room_for_evidence(source, target):
    if source.name == "ab12":
        raise OSError(errno.ENOSPC, "No space left on device")
    copy_mode(source, target)
shutil.copystat = no_room_for_evidence
from lamplighter.doors.cli import main
sys.argv[0] = "lamplighter"
main()
"""
READ = """
from lamplighter.base.settings import read_settings
from lamplighter.doors.web import starting
home = read_settings().home
starting.start_django(home)
from django.contrib.sessions.models import Session
from lamplighter.base.lake import Lake
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.business.detection.tables import OUTCOME
with Lake.open(home.lake).snapshot() as state:
    outcomes = state.read(OUTCOME)["account_id"].to_pylist()
print(Staff.objects.get().username, Entry.objects.count() > 0, Session.objects.count(), outcomes)
"""


@dataclass(frozen=True)
class Company:
    """A company that was backed up, and where it may come back to."""

    home: Path
    backup: Path
    run: Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.requires("postgres"))])
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A desk with an account, a trail with a signed head in two folders, a file of evidence and a lake; backed up."""
    folder = tmp_path_factory.mktemp("backup")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LAMPLIGHTER_", "DJANGO_"))}
    with ExitStack() as stack:
        server = new_folder() if request.param == "postgres" else None
        if server is not None:
            programs = stack.enter_context(run_postgres(server, settings=UNSAFE))
            clean["PATH"] = f"{programs}{os.pathsep}{clean['PATH']}"
            subprocess.run([programs / "createdb", "-h", server, "-U", "postgres", "restored"], check=True)

        def run(*words: str, home: str = "home") -> "subprocess.CompletedProcess[str]":
            own = {"LAMPLIGHTER_HOME": str(folder / home), "LAMPLIGHTER_LANG": "en"}
            own["LAMPLIGHTER_AUDIT_FOLDER"] = str(folder / f"{home}-heads")
            if server is not None:
                own["LAMPLIGHTER_DATABASE"] = address_of(server, database="postgres" if home == "home" else "restored")
            script = words if words[0] == "-c" else ("-c", LAMPLIGHTER, *words)
            return subprocess.run(
                [sys.executable, *script], env=clean | own, capture_output=True, text=True, check=False, timeout=300
            )

        for words in (("web", "prepare"), ("-c", FILL), ("security", "seal_audit")):
            done = run(*words)
            assert done.returncode == 0, done.stderr
        made = run("web", "backup", str(folder / "kept"))
        assert made.returncode == 0, made.stdout + made.stderr
        yield Company(folder / "home", folder / "kept", run)


class TestABackup:
    def test_is_read_by_its_owner_alone_and_leaves_out_what_expires(self, company: Company) -> None:
        assert company.backup.stat().st_mode & 0o777 == 0o700
        assert (company.backup / "database").stat().st_mode & 0o777 == 0o600
        assert (company.backup / "home/desk/secret.key").exists()
        assert not (company.backup / "home/desk/exports").exists()
        assert not list(company.backup.glob("home/desk/desk.sqlite3*"))

    def test_is_not_written_over_another(self, company: Company) -> None:
        again = company.run("web", "backup", str(company.backup))

        assert again.returncode == 1
        assert "holds something already" in again.stderr

    def test_that_was_changed_is_refused_and_nothing_is_written(self, company: Company) -> None:
        file = company.backup / "home/desk/cases/1/ab12"
        file.write_bytes(b"another photograph")
        try:
            refused = company.run("web", "restore", str(company.backup), home="other")
        finally:
            file.write_bytes(b"photograph")

        assert refused.returncode == 1
        assert "home/desk/cases/1/ab12 is missing, cannot be read, or is not what was written" in refused.stderr
        assert not (company.home.parent / "other").exists()


class TestADiskThatIsFull:
    def test_ends_a_backup_with_a_sentence_and_gives_its_room_and_its_name_back(self, company: Company) -> None:
        folder = company.home.parent / "today"

        failed = company.run("-c", FULL, "web", "backup", str(folder))
        left = list(folder.iterdir())
        again = company.run("web", "backup", str(folder))

        assert (failed.returncode, failed.stdout) == (1, "")
        assert failed.stderr.startswith("The server's disk has no room left; nothing half-done was kept.")
        assert left == []
        assert again.returncode == 0, again.stderr
        assert (folder / "backup.json").exists()

    def test_ends_a_restore_with_a_home_and_a_database_that_are_empty_again(self, company: Company) -> None:
        home = company.home.parent / "small"

        failed = company.run("-c", FULL, "web", "restore", str(company.backup), home="small")
        left = list(home.iterdir())

        assert failed.returncode == 1
        assert failed.stderr.startswith("The server's disk has no room left; nothing half-done was kept.")
        assert left == []


class TestARestore:
    def test_comes_back_whole_and_is_refused_a_second_time(self, company: Company) -> None:
        restored = company.run("web", "restore", str(company.backup), home="restored")
        read = company.run("-c", READ, home="restored")
        again = company.run("web", "restore", str(company.backup), home="restored")

        home = company.home.parent / "restored"
        assert restored.returncode == 0, restored.stdout + restored.stderr
        assert "Whole" in restored.stdout
        # Whoever was logged in when the backup was made has to log in anew.
        assert read.stdout.split(maxsplit=1)[0] == "li", read.stderr
        assert read.stdout.strip().endswith("True 0 ['A1']")
        assert (home / "desk/cases/1/ab12").read_bytes() == b"photograph"
        assert (home / "desk/audit/sign.key").stat().st_mode & 0o777 == 0o600
        assert (company.home.parent / "restored-heads/heads.jsonl").exists()
        assert (again.returncode, "holds something already" in again.stderr) == (1, True)
