"""Make the desk ready: its key, its tables, its static files; and set Django up for whoever needs it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

import django
from django.conf import settings

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.settings import Home, read_settings

if TYPE_CHECKING:
    from lamplighter.base.security.audit.sealing import Seals

SETTINGS: Final = "lamplighter.doors.web.settings"


class DeskNotPrepared(LamplighterError):
    """The desk has no key or its tables are not those of this version."""

    def __init__(self) -> None:
        super().__init__(text("desk.start.not_prepared"))


def is_desk_there(home: Home) -> bool:
    """Say whether a desk was ever prepared in this home."""
    return _key_file(home).exists()


def start_django(home: Home) -> None:
    """Set Django up for this process.

    Raises:
        DeskNotPrepared: the desk was never prepared.
    """
    if not is_desk_there(home):
        raise DeskNotPrepared
    if not settings.configured:
        # Whatever the environment says of another Django: the desk runs on its own settings.
        os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    django.setup()


def prepare_desk(home: Home) -> None:
    """Make what the desk needs and bring its tables to this version; a second time changes nothing."""
    home.desk.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(_key_file(home), secrets.token_urlsafe(64))
    start_django(home)
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def collect_static() -> None:
    """Gather styles and scripts under names that change with their content, so that browsers may keep them."""
    from django.core.management import call_command

    call_command("collectstatic", verbosity=0, interactive=False)


def forget_sessions() -> None:
    """Log everybody out: a session that somebody ended after a backup must not come back with it."""
    from django.contrib.sessions.models import Session

    Session.objects.all().delete()


def has_open_migrations() -> bool:
    """Say whether the tables are those of an earlier version."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def seals_of_home() -> Seals:
    """Return where the heads of this home's audit trail are kept."""
    from lamplighter.base.security.audit.sealing import Seals

    settings = read_settings()
    return Seals(settings.home.audit, settings.desk.audit_folder)


def write_private(path: Path, content: str) -> None:
    """Write a file that nobody but its owner can read; one that is there stays as it is."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)


def _key_file(home: Home) -> Path:
    return home.desk / "secret.key"
