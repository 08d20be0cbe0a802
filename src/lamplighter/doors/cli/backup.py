"""``lamplighter web backup`` and ``lamplighter web restore``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer

from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.progress import terminal_progress
from lamplighter.doors.cli.security import TrailNotWhole
from lamplighter.doors.web import starting
from lamplighter.journeys.desk_backup import back_up, restore_files

Folder = Annotated[Path, typer.Argument(help=text("backup.command.folder_help"))]


def backup(folder: Folder, as_json: AsJson = False) -> None:
    settings = read_settings()
    if not starting.is_desk_there(settings.home):
        raise starting.DeskNotPrepared
    now = dt.datetime.now(dt.UTC)
    progress = terminal_progress(as_json=as_json)
    made = back_up(home=settings.home, desk=settings.desk, into=folder.absolute(), now=now, progress=progress)
    figures: dict[str, Any] = {"count": len(made.files), "generation": made.generation}
    if as_json:
        write_json({"folder": folder.absolute(), "made_at": made.made_at, "bytes": made.byte_count, **figures})
    else:
        typer.echo(text("backup.command.made", folder=folder, megabytes=made.byte_count // 1_000_000, **figures))


def restore(folder: Folder, as_json: AsJson = False) -> None:
    settings = read_settings()
    progress = terminal_progress(as_json=as_json)
    made = restore_files(folder=folder.absolute(), home=settings.home, desk=settings.desk, progress=progress)
    # An older release's backup is brought to this one's tables before anything of it is read.
    starting.prepare_desk(settings.home)
    starting.forget_sessions()
    from lamplighter.base.security.audit.verifying import verify_trail
    from lamplighter.doors.web.views.trail import say_verdict

    verdict = verify_trail(starting.seals_of_home())
    figures: dict[str, Any] = {"count": len(made.files), "generation": made.generation}
    if as_json:
        write_json({"made_at": made.made_at, "trail": verdict, **figures})
    else:
        typer.echo(text("backup.command.restored", made_at=f"{made.made_at:%Y-%m-%d %H:%M %Z}", **figures))
        typer.echo(say_verdict(verdict))
    if verdict.fault is not None and verdict.first_broken is not None:
        raise TrailNotWhole(verdict.fault, verdict.first_broken)
