"""A desk that the command itself prepared, once for all tests of this process; each test works on a copy of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LAMPLIGHTER = (sys.executable, "-c", "from lamplighter.doors.cli import main; main()")


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home in which `lamplighter web prepare` was run: to be copied, never to be worked in."""
    home = tmp_path_factory.mktemp("prepared") / "home"
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LAMPLIGHTER_", "DJANGO_"))}
    own |= {"LAMPLIGHTER_HOME": str(home), "LAMPLIGHTER_LANG": "en"}
    made = subprocess.run((*LAMPLIGHTER, "web", "prepare"), env=own, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return home


@pytest.fixture
def desk(prepared_home: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A prepared desk in the test's own home, with the desk's own settings; its database."""
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    shutil.copytree(prepared_home, home)
    return home / "desk" / "desk.sqlite3"
