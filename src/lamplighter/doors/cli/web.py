"""``lamplighter web``: make the desk, load it, serve it."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.engine import LocalEngine
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.progress import Progress
from lamplighter.base.settings import Home, Settings, read_settings
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.backup import backup, restore
from lamplighter.doors.cli.desk_loading import load_now, say_loaded
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.progress import terminal_progress
from lamplighter.doors.cli.worker import worker_beside
from lamplighter.doors.web import starting
from lamplighter.journeys.demo import is_demo, is_demo_begun
from lamplighter.journeys.demo_desk import make_demo
from lamplighter.journeys.nightly_run import read_rules

if TYPE_CHECKING:
    from lamplighter.journeys.sample_staff import SamplePerson

app = App("web")

_HOST = "127.0.0.1"
_STOP_SECONDS = 10


class PortTaken(LamplighterError):
    """Another program is served at the desk's port."""

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(text("desk.command.port_taken", port=port))


@app.command("prepare", help=text("desk.command.prepare_help"))
def prepare(as_json: AsJson = False) -> None:
    home = read_settings().home
    starting.prepare_desk(home)
    _learn_questions(home, terminal_progress(as_json=as_json))
    if as_json:
        write_json({"folder": home.desk})
    else:
        typer.echo(text("desk.command.prepared", folder=home.desk))


@app.command("load", help=text("desk.command.load_help"))
def load(as_json: AsJson = False) -> None:
    home = read_settings().home
    starting.start_django(home)
    loaded = load_now(home, now=_now(), progress=terminal_progress(as_json=as_json))
    if as_json:
        write_json(loaded)
    else:
        say_loaded(loaded)


@app.command("sample-staff", help=text("desk.command.sample_help"))
def sample_staff(as_json: AsJson = False) -> None:
    home = read_settings().home
    starting.start_django(home)
    from lamplighter.journeys.demo_contacts import rate_demo_contacts, take_demo_contacts
    from lamplighter.journeys.sample_staff import make_sample_staff

    people = make_sample_staff(home=home)
    take_demo_contacts(home=home, now=_now())
    rate_demo_contacts(home=home, now=_now())
    if as_json:
        write_json(people)
    else:
        say_people(people, home)


@app.command("openapi", help=text("api.openapi_help"))
def openapi() -> None:
    starting.start_django(read_settings().home)
    from lamplighter.doors.api.urls import api

    # Django's path of the API is known once the addresses of the pages are.
    import_module("lamplighter.doors.web.urls")
    write_json(api.get_openapi_schema())


@app.command("serve", help=text("desk.command.serve_help"))
def serve(
    without_worker: Annotated[
        bool, typer.Option("--without-worker", help=text("desk.command.without_worker_help"))
    ] = False,
) -> None:
    settings = read_settings()
    starting.start_django(settings.home)
    if starting.has_open_migrations():
        raise starting.DeskNotPrepared
    _serve(settings, has_worker=not without_worker)


@app.command("demo", help=text("desk.command.demo_help"))
def demo() -> None:
    """Prepare what is missing, then serve; a home that holds a company of its own is served as it is."""
    settings = read_settings()
    home = settings.home
    _require_free(settings.desk.port)
    progress = terminal_progress(as_json=False)
    if home.is_empty() or is_demo_begun(home):
        rules = read_rules(home.settings, on=_now().date())
        make_demo(home=home, engine=LocalEngine(), rules=rules, progress=progress)
    with _learning_beside(home) as learned:
        _fill_desk(home, progress, learned=learned)
        # A company of one's own plays no chats, and its customers should not wait either.
        learned()
    _serve(settings, has_worker=True)


def _fill_desk(home: Home, progress: Progress, *, learned: Callable[[], None]) -> None:
    starting.prepare_desk(home)
    from lamplighter.journeys.desk_loading import is_desk_fresh

    lake = Lake.open(home.lake)
    if not is_desk_fresh(lake):
        say_loaded(load_now(home, now=_now(), progress=progress))
    if is_demo(home):
        from lamplighter.journeys.demo_contacts import rate_demo_contacts, take_demo_contacts
        from lamplighter.journeys.sample_staff import make_sample_staff

        people = make_sample_staff(home=home)
        _play_inspections(home, progress)
        _play_service(progress)
        take_demo_contacts(home=home, now=dt.datetime.now(dt.UTC))
        with progress.step(text("desk.command.learning")):
            learned()
        _play_chats(home, progress)
        rate_demo_contacts(home=home, now=dt.datetime.now(dt.UTC))
        _score_tickets(home, progress)
        say_people(people, home)


app.command("backup", help=text("backup.command.backup_help"))(backup)
app.command("restore", help=text("backup.command.restore_help"))(restore)


@contextmanager
def _learning_beside(home: Home) -> Iterator[Callable[[], None]]:
    """Learn what customers ask in another process, as what is done meanwhile keeps one core busy; yields what waits."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as beside:
        yield beside.submit(_keep_classifier, home.models).result


def _keep_classifier(folder: Path) -> None:
    from lamplighter.business.service_desk.understanding.model import open_classifier

    open_classifier(folder)


def _learn_questions(home: Home, progress: Progress) -> None:
    # Otherwise the first customer who asks would wait for it.
    with progress.step(text("desk.command.learning")):
        _keep_classifier(home.models)


def _play_inspections(home: Home, progress: Progress) -> None:
    from lamplighter.journeys.demo_inspections import make_inspections
    from lamplighter.journeys.desk_loading import is_desk_fresh

    with progress.step(text("demo.step.inspections")):
        make_inspections(home=home, now=dt.datetime.now(dt.UTC))
    if not is_desk_fresh(Lake.open(home.lake)):
        # What the visits found reached the lake, and the pages of outcomes read it from there.
        say_loaded(load_now(home, now=_now(), progress=progress))


def _play_service(progress: Progress) -> None:
    from lamplighter.journeys.demo_service import make_service

    with progress.step(text("demo.step.service")):
        make_service(now=dt.datetime.now(dt.UTC))


def _play_chats(home: Home, progress: Progress) -> None:
    from lamplighter.journeys.demo_chats import make_chats
    from lamplighter.journeys.service_radar import watch_service

    with progress.step(text("demo.step.chats")):
        if make_chats(home=home, now=dt.datetime.now(dt.UTC)):
            # What a worker does every few minutes: the page is not empty until then.
            watch_service(now=dt.datetime.now(dt.UTC))


def _score_tickets(home: Home, progress: Progress) -> None:
    from lamplighter.journeys.demo_service import DAYS
    from lamplighter.journeys.ticket_contacts import take_ended_tickets

    with progress.step(text("demo.step.scores")):
        take_ended_tickets(home=home, now=dt.datetime.now(dt.UTC), looked_back=dt.timedelta(days=DAYS))


def say_people(people: list[SamplePerson], home: Home) -> None:
    """Show the sample staff with their pass phrases: they are made for this home and mean nothing elsewhere."""
    from lamplighter.journeys.sample_staff import sample_file

    typer.echo(text("desk.command.sample_made", count=len(people), file=sample_file(home)))
    table = Table(box=None)
    for name in ("name", "role", "unit", "phrase"):
        table.add_column(text(f"desk.command.sample_{name}"))
    for each in people:
        table.add_row(each.username, text(f"security.role.{each.role}"), each.unit_name, each.phrase)
    Console(highlight=False).print(table)
    typer.echo(text("desk.command.sample_factor"))


def _serve(settings: Settings, *, has_worker: bool) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    _require_free(settings.desk.port)
    starting.collect_static()
    typer.echo(text("desk.command.serving", address=settings.desk.address or f"http://{_HOST}:{settings.desk.port}"))
    # One process a desk: SQLite has one writer anyhow, and a company that needs more sets more up behind its proxy.
    with worker_beside() if has_worker else nullcontext():
        Granian(
            "lamplighter.doors.web.asgi:application",
            address=_HOST,
            port=settings.desk.port,
            interface=Interfaces.ASGINL,
            log_enabled=False,
            # Pages that watch a conversation hold a stream open; a stop does not wait for them to let go.
            workers_kill_timeout=_STOP_SECONDS,
        ).serve()


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex((_HOST, port)) == 0:
            raise PortTaken(port)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
