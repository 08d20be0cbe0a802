"""What the commands of the desk and of the night share: bring the newest night to the desk, and say so.

Django is set up only where a desk is: a night without one must not wait for it.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from lamplighter.base.lake import Lake, LakeBusy
from lamplighter.base.messages import text
from lamplighter.base.progress import Progress
from lamplighter.base.settings import Home

if TYPE_CHECKING:
    from lamplighter.journeys.desk_loading import DeskLoaded


def say_loaded(loaded: DeskLoaded) -> None:
    """Say in a sentence what the desk has now."""
    if loaded.night_on is None:
        typer.echo(
            text(
                "desk.command.loaded_without_night",
                areas=loaded.areas,
                customers=loaded.customers,
                meters=loaded.meters,
            )
        )
        return
    typer.echo(
        text(
            "desk.command.loaded",
            night=loaded.night_on,
            areas=loaded.areas,
            customers=loaded.customers,
            meters=loaded.meters,
            suspicions=loaded.suspicions,
        )
    )


def load_now(home: Home, *, now: dt.datetime, progress: Progress) -> DeskLoaded:
    """Bring the newest state of the lake to a desk whose Django is set up."""
    from lamplighter.journeys.archive_decisions import hand_back
    from lamplighter.journeys.desk_loading import load_desk

    lake = Lake.open(home.lake)
    # What was decided while the lake was busy; while it is busy still, the next loading takes it along.
    with suppress(LakeBusy):
        hand_back(lake=lake, now=now.replace(tzinfo=dt.UTC))
    return load_desk(lake=lake, now=now, outlines=home.outlines, progress=progress)
