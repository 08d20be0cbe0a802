"""A backup of one company: database, keys and heads of the trail, evidence, settings, models, lake; and back again.

The order makes it one state although people go on working. Heads of the trail come first, since a head must not speak
of an entry the database's copy does not have. The database follows, then every file it may speak of, then the lake,
which may be newer than what the desk was loaded with and never older. `MANIFEST` is written last: a folder without it
is no backup. A backup that fails, as where the disk is full, takes away what it wrote.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lamplighter.base.desk.dumping import Database
from lamplighter.base.disk import full_disk_told
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake.copying import files_of_state, find_incomplete
from lamplighter.base.lake.head import HEAD_FILE
from lamplighter.base.messages import text
from lamplighter.base.progress import SILENT, Progress
from lamplighter.base.settings import DeskSettings, Home

MANIFEST: Final = "backup.json"
FORMAT: Final = 1
_DUMP: Final = "database"
_HOME: Final = "home"
_OUTSIDE: Final = "audit-folder"
_NOT_KEPT: Final = ("static", "exports")
"""Of the desk's folder: styles and scripts are gathered anew, exports were to expire."""


class BackupOccupied(LamplighterError):
    """The folder for the backup holds something."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(text("backup.folder_occupied", folder=folder))


class BackupUnusable(LamplighterError):
    """A folder is no backup, or not the one that was made: ``file`` is missing or differs."""

    def __init__(self, folder: Path, file: str) -> None:
        self.folder, self.file = folder, file
        super().__init__(text("backup.unusable", folder=folder, file=file))


class BackupTooNew(LamplighterError):
    """A newer release made the backup."""

    def __init__(self, folder: Path, found: int) -> None:
        self.folder, self.found = folder, found
        super().__init__(text("backup.too_new", folder=folder, found=found))


class HomeOccupied(LamplighterError):
    """The home to restore into holds something."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(text("backup.home_occupied", folder=folder))


class OtherDatabase(LamplighterError):
    """A dump of one kind of database cannot go into another."""

    def __init__(self, *, was: str, now: str) -> None:
        self.was, self.now = was, now
        super().__init__(text("backup.other_database", was=was, now=now))


class LakeIncomplete(LamplighterError):
    """A file of the restored lake is missing or cut short."""

    def __init__(self, file: str) -> None:
        self.file = file
        super().__init__(text("backup.lake_incomplete", file=file))


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes:
        made_at: when it was begun, with its zone.
        vendor: kind of database, ``sqlite`` or ``postgresql``.
        generation: state of the lake.
        files: path in the backup -> SHA-256.
        byte_count: of all files together.
    """

    made_at: dt.datetime
    vendor: str
    generation: int
    files: Mapping[str, str]
    byte_count: int


def back_up(*, home: Home, desk: DeskSettings, into: Path, now: dt.datetime, progress: Progress = SILENT) -> Backup:
    """Write a backup of a company to a folder that is absent or empty, while people go on working.

    Args:
        home: the company's.
        desk: where its rows and the second heads of the trail are kept.
        into: folder of the backup; readable by its owner alone, as what it holds is.
        now: the instant, with its zone.
        progress: told file by file.

    Raises:
        BackupOccupied: the folder holds something.
        DumpProgramMissing, DumpFailed: as the database's own program.
        DiskFull: there was no room.
    """
    if into.exists() and any(into.iterdir()):
        raise BackupOccupied(into)
    try:
        with full_disk_told():
            return _write_backup(home=home, desk=desk, into=into, now=now, progress=progress)
    except BaseException:
        # Half a backup takes the room the next one needs, and its name.
        _clear(into)
        raise


def _write_backup(*, home: Home, desk: DeskSettings, into: Path, now: dt.datetime, progress: Progress) -> Backup:
    into.mkdir(parents=True, exist_ok=True)
    into.chmod(0o700)
    database = database_of(home, desk)
    files: dict[str, str] = {}
    for folder, name in ((home.audit, f"{_HOME}/desk/audit"), (desk.audit_folder, _OUTSIDE)):
        if folder is not None and folder.is_dir():
            for path in sorted(folder.iterdir()):
                files[f"{name}/{path.name}"] = _copy(path, into / name / path.name)
    database.dump(into / _DUMP)
    files[_DUMP] = _hash(into / _DUMP)
    with progress.step(text("backup.step.files")) as advance:
        for name in _home_files(home, database):
            files[f"{_HOME}/{name}"] = _copy(home.path / name, into / _HOME / name)
            advance(1)
    with files_of_state(home.lake) as (head, parts):
        with progress.step(text("backup.step.lake"), total=len(parts)) as advance:
            for part in parts:
                files[f"{_HOME}/lake/{part}"] = _copy(home.lake / part, into / _HOME / "lake" / part)
                advance(1)
        written = into / _HOME / "lake" / HEAD_FILE
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(json.dumps(head.to_json()), encoding="utf-8")
        files[f"{_HOME}/lake/{HEAD_FILE}"] = _hash(written)
    size = sum((into / name).stat().st_size for name in files)
    backup = Backup(now, database.vendor, head.generation, files, size)
    _write_manifest(into, backup)
    return backup


def read_backup(folder: Path) -> Backup:
    """Return what a backup says of itself, after every file was held against it.

    Raises:
        BackupUnusable: it is none, or a file is missing or differs.
        BackupTooNew: a newer release made it.
    """
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if said["format"] > FORMAT:
            raise BackupTooNew(folder, said["format"])
        made_at = dt.datetime.fromisoformat(said["made_at"])
        backup = Backup(made_at, said["vendor"], said["generation"], said["files"], said["byte_count"])
    except (OSError, ValueError, KeyError, TypeError) as failure:
        raise BackupUnusable(folder, MANIFEST) from failure
    for name, sha256 in backup.files.items():
        path = folder / name
        # A manifest that points outside its folder was not written by us.
        if ".." in Path(name).parts or not path.is_file() or _hash(path) != sha256:
            raise BackupUnusable(folder, name)
    return backup


def restore_files(*, folder: Path, home: Home, desk: DeskSettings, progress: Progress = SILENT) -> Backup:
    """Bring a backup's files and database into an empty home and an empty database.

    What is left to do with the desk's own code (its tables to this release, the trail to verify) is the caller's.

    Args:
        folder: of the backup; it stays as it is.
        home: where to; absent or empty.
        desk: where rows and the second heads of the trail are to be kept. A second folder that has heads keeps its own:
            it knows what the home may have lost.
        progress: told file by file.

    Raises:
        BackupUnusable, BackupTooNew, HomeOccupied, OtherDatabase, LakeIncomplete: what the names say.
        DatabaseOccupied, DumpProgramMissing, DumpFailed: as the database's own program.
        DiskFull: there was no room; home and database are empty again.
    """
    if not home.is_empty():
        raise HomeOccupied(home.path)
    database = database_of(home, desk)
    database.require_empty()
    backup = read_backup(folder)
    if database.vendor != backup.vendor:
        raise OtherDatabase(was=backup.vendor, now=database.vendor)
    try:
        with full_disk_told():
            _bring_back(backup, folder=folder, home=home, desk=desk, progress=progress)
            database.load(folder / _DUMP)
    except BaseException:
        # Half a company would be in the way of the next attempt.
        _clear(home.path)
        raise
    missing = find_incomplete(home.lake)
    if missing is not None:
        raise LakeIncomplete(missing)
    return backup


def _bring_back(backup: Backup, *, folder: Path, home: Home, desk: DeskSettings, progress: Progress) -> None:
    own = [name for name in backup.files if name.startswith(f"{_HOME}/")]
    home.path.mkdir(parents=True, exist_ok=True)
    home.desk.mkdir(exist_ok=True, mode=0o700)
    with progress.step(text("backup.step.files"), total=len(own)) as advance:
        for name in own:
            _copy(folder / name, home.path / name.removeprefix(f"{_HOME}/"))
            advance(1)
    outside = desk.audit_folder
    if outside is not None and not (outside.is_dir() and any(outside.iterdir())):
        for name in backup.files:
            if name.startswith(f"{_OUTSIDE}/"):
                _copy(folder / name, outside / name.removeprefix(f"{_OUTSIDE}/"))


def database_of(home: Home, desk: DeskSettings) -> Database:
    """Return the database of a company's desk."""
    return Database(desk.database, home.desk / "desk.sqlite3")


def _clear(folder: Path) -> None:
    """Take away what lies in a folder, and keep the folder: it may be a file system of its own."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _home_files(home: Home, database: Database) -> Iterator[str]:
    """Yield every file of the home but the lake, the database and what is not kept, as paths below it."""
    file = database.sqlite_file
    own = {f"{file}{ending}" for ending in ("", "-wal", "-shm", "-journal")} if file else set()
    left_out = {home.lake, home.audit, *(home.desk / name for name in _NOT_KEPT)}
    for folder, below, names in os.walk(home.path):
        here = Path(folder)
        below[:] = sorted(name for name in below if here / name not in left_out)
        for name in sorted(names):
            path = here / name
            if str(path) not in own and path.is_file():
                yield path.relative_to(home.path).as_posix()


def _copy(source: Path, target: Path) -> str:
    """Copy a file with its mode and return the SHA-256 of what was read."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("xb") as written:
        while block := read.read(1 << 20):
            digest.update(block)
            written.write(block)
    shutil.copystat(source, target)
    return digest.hexdigest()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_manifest(folder: Path, backup: Backup) -> None:
    said = {
        "format": FORMAT,
        "made_at": backup.made_at.isoformat(),
        "vendor": backup.vendor,
        "generation": backup.generation,
        "byte_count": backup.byte_count,
        "files": dict(backup.files),
    }
    path = folder / MANIFEST
    with path.open("x", encoding="utf-8") as file:
        json.dump(said, file, indent=1, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o600)
