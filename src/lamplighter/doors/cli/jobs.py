"""``lamplighter jobs``: work the desk's background jobs."""

from __future__ import annotations

import sys
import threading
from typing import Annotated

import typer

from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.app import App
from lamplighter.doors.web import starting

app = App("jobs")


@app.command("work", help=text("jobs.command.work_help"))
def work(
    until_idle: Annotated[bool, typer.Option("--until-idle", help=text("jobs.command.until_idle_help"))] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", help=text("jobs.command.with_parent_help"))] = False,
) -> None:
    starting.start_django(read_settings().home)
    if starting.has_open_migrations():
        raise starting.DeskNotPrepared
    from lamplighter.base.jobs.worker import work_jobs

    parent_ended = threading.Event()
    if with_parent:
        # Whoever started us holds the other end of our standard input: it closes with him, however he ends.
        threading.Thread(target=_wait_for_end, args=(parent_ended,), daemon=True).start()
    else:
        typer.echo(text("jobs.command.working"))
    work_jobs(is_wanted=lambda: not parent_ended.is_set(), until_idle=until_idle)


def _wait_for_end(parent_ended: threading.Event) -> None:
    sys.stdin.buffer.read()
    parent_ended.set()
