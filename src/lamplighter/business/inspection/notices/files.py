"""Where the files of cases lie in the home."""

from __future__ import annotations

from pathlib import Path

from lamplighter.base.settings import Home


def file_of(home: Home, case_number: int, name: str) -> Path:
    """Return where a file of a case lies: below the desk's folder, which no web server looks into.

    Example:
        >>> file_of(Home(Path("/srv")), 7, "ab12").as_posix()
        '/srv/desk/cases/7/ab12'
    """
    return home.desk / "cases" / str(case_number) / name
