"""The desk's database as one file and back: SQLite's own online copy, PostgreSQL's own ``pg_dump`` and ``pg_restore``.

Both are a consistent state while people go on working. Neither needs Django, whose key a restored home brings with it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import dj_database_url
import psycopg
from psycopg import pq

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text


class DumpProgramMissing(LamplighterError):
    """``pg_dump`` or ``pg_restore`` is not on this machine."""

    def __init__(self, program: str) -> None:
        self.program = program
        super().__init__(text("backup.program_missing", program=program))


class DumpFailed(LamplighterError):
    """The database's own program gave up; ``said`` is its last line."""

    def __init__(self, program: str, said: str) -> None:
        self.program, self.said = program, said
        super().__init__(text("backup.dump_failed", program=program, said=said))


class DatabaseOccupied(LamplighterError):
    """The database to restore into holds tables already."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(text("backup.database_occupied", name=name))


@dataclass(frozen=True, slots=True)
class Database:
    """A database of the desk.

    Args:
        address: as ``LAMPLIGHTER_DATABASE`` says it; empty = the file.
        file: where SQLite keeps it in the home.
    """

    address: str
    file: Path

    @property
    def vendor(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return "sqlite" if self.sqlite_file is not None else "postgresql"

    @property
    def sqlite_file(self) -> Path | None:
        """The file of SQLite; None on PostgreSQL.

        Example:
            >>> Database("sqlite:////srv/desk.sqlite3", Path("unused")).sqlite_file.as_posix()
            '/srv/desk.sqlite3'
            >>> Database("postgres://desk@/desk", Path("unused")).sqlite_file is None
            True
        """
        if not self.address:
            return self.file
        parsed = dj_database_url.parse(self.address)
        return Path(str(parsed["NAME"])) if str(parsed["ENGINE"]).endswith("sqlite3") else None

    def dump(self, into: Path) -> None:
        """Write a consistent state of the whole database to a file that is not there yet.

        Raises:
            DumpProgramMissing, DumpFailed: what the names say.
        """
        source = self.sqlite_file
        if source is None:
            self._run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={into}")
            into.chmod(0o600)
            return
        into.touch(mode=0o600)
        try:
            with closing(_open_read_only(source)) as here, closing(sqlite3.connect(into)) as there:
                here.backup(there)
                # The copy carries the mode of its source; one file alone is what is kept.
                there.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as failure:
            # A disk that is full among them.
            raise DumpFailed("sqlite", str(failure)) from failure

    def require_empty(self) -> None:
        """Raise `DatabaseOccupied` where there is something in the database already."""
        file = self.sqlite_file
        if file is not None:
            if file.exists() and file.stat().st_size:
                raise DatabaseOccupied(str(file))
            return
        with psycopg.connect(self.address) as connection:
            found = connection.execute(
                "SELECT count(*), current_database() FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
                " WHERE n.nspname = current_schema() AND relkind IN ('r', 'p')"
            ).fetchone()
        if found is not None and found[0]:
            raise DatabaseOccupied(str(found[1]))

    def load(self, dump: Path) -> None:
        """Bring a dump back into an empty database, all of it or nothing.

        Raises:
            DatabaseOccupied, DumpProgramMissing, DumpFailed: what the names say.
        """
        self.require_empty()
        target = self.sqlite_file
        if target is None:
            name = self._environment()["PGDATABASE"]
            flags = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
            self._run("pg_restore", *flags, f"--dbname={name}", str(dump))
            return
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(dump, target)
        target.chmod(0o600)
        with closing(_open_read_only(target)) as connection:
            said = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if said != "ok":
            raise DumpFailed("sqlite", str(said))

    def _environment(self) -> dict[str, str]:
        """Return what libpq reads: a password on a command line is read by everybody on the machine."""
        options = pq.Conninfo.parse(self.address.encode())
        return {
            option.envvar.decode(): option.val.decode()
            for option in options
            if option.envvar is not None and option.val is not None
        }

    def _run(self, program: str, *arguments: str) -> None:
        path = shutil.which(program)
        if path is None:
            raise DumpProgramMissing(program)
        environment = {**os.environ, **self._environment()}
        done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = done.stderr.strip().splitlines()
            raise DumpFailed(program, lines[0] if lines else str(done.returncode))


def _open_read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=20)
