"""``lamplighter version`` and ``lamplighter doctor``: what is installed, and where everything lies."""

import os
import platform
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.messages import text
from lamplighter.base.settings import Home, read_settings
from lamplighter.doors.cli.output import AsJson, write_json

# Those whose version changes what is computed or written.
PACKAGES = ("duckdb", "numba", "numpy", "power-grid-model", "pyarrow", "pyogrio", "scipy", "simbench", "typst")


def add_house_commands(app: typer.Typer) -> None:
    """Add the commands that speak of Lamplighter itself."""
    app.command("version", help=text("cli.version.help"))(version)
    app.command("doctor", help=text("cli.doctor.help"))(doctor)


def version(as_json: AsJson = False) -> None:
    if as_json:
        write_json({"version": metadata.version("lamplighter")})
    else:
        typer.echo(text("house.version", version=metadata.version("lamplighter")))


def doctor(as_json: AsJson = False) -> None:
    settings = read_settings()
    found = {
        "lamplighter": metadata.version("lamplighter"),
        "language": settings.language,
        "home": home_state(settings.home),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": {name: package_version(name) for name in PACKAGES},
    }
    if as_json:
        write_json(found)
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for key, value in rows(found):
        table.add_row(key, value)
    Console(highlight=False).print(table)


def home_state(home: Home) -> dict[str, Any]:
    """Return where the home lies, what is in it, whether it can be written, and the free space of its disk in GB."""
    there = next(folder for folder in (home.path, *home.path.parents) if folder.exists())
    return {
        "path": home.path,
        "is_empty": home.is_empty(),
        "is_writable": os.access(there, os.W_OK),
        "free_gb": round(shutil.disk_usage(there).free / 1e9, 1),
        "folders": {folder.name: folder.exists() for folder in home.folders},
    }


def package_version(name: str) -> str | None:
    """Return the installed version of a package; None where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a person reads, line by line."""
    home: dict[str, Any] = found["home"]
    path: Path = home["path"]
    return [
        (text("cli.doctor.lamplighter"), found["lamplighter"]),
        (text("cli.doctor.language"), text(f"cli.language.{found['language']}")),
        (text("cli.doctor.home"), str(path)),
        *(
            (text("cli.doctor.folder", name=name), text("cli.doctor.there" if is_there else "cli.doctor.not_yet"))
            for name, is_there in home["folders"].items()
        ),
        (text("cli.doctor.writable"), text("house.yes" if home["is_writable"] else "house.no")),
        (text("cli.doctor.free"), text("cli.doctor.gigabytes", amount=home["free_gb"])),
        (text("cli.doctor.python"), f"{found['python']} ({found['platform']})"),
        (text("cli.doctor.cores"), str(found["cores"])),
        *((name, installed or text("cli.doctor.not_installed")) for name, installed in found["packages"].items()),
    ]
