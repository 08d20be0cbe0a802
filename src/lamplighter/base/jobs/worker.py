"""The worker: works jobs as they come, and does its chores between them."""

from __future__ import annotations

import datetime as dt
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable
from typing import Final

from django.utils import timezone
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS
from django_tasks_db.management.commands.db_worker import Worker

from lamplighter.base.jobs.operations import remove_old_tasks, take_up_lost
from lamplighter.base.jobs.registry import Chore, chores

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
_OWN_CHORES: Final = (
    Chore("take_up_lost", dt.timedelta(seconds=10), lambda now: take_up_lost(now=now)),
    Chore("remove_old_tasks", dt.timedelta(hours=6), lambda now: remove_old_tasks(now=now)),
)


def work_jobs(*, is_wanted: Callable[[], bool] = lambda: True, until_idle: bool = False) -> None:
    """Work jobs until told to stop; the one that runs is finished first.

    Args:
        is_wanted: asked between jobs; False = stop.
        until_idle: stop when nothing waits.
    """
    worker = Worker(
        queue_names=["*"],
        excluded_queue_names=[],
        interval=0.0,
        # Comes back when nothing waits, so that the chores get their turn.
        batch=True,
        backend_name=DEFAULT_TASK_BACKEND_ALIAS,
        startup_delay=False,
        max_tasks=None,
        worker_id=f"{socket.gethostname()[:32]}-{os.getpid()}-{secrets.token_hex(4)}",
    )
    worker.configure_signals()
    done_at: dict[str, dt.datetime] = {}
    while worker.running and is_wanted():
        _do_chores(done_at)
        worker.run()
        if until_idle:
            return
        if worker.running:
            time.sleep(LOOK_SECONDS)


def _do_chores(done_at: dict[str, dt.datetime]) -> None:
    now = timezone.now()
    for chore in (*_OWN_CHORES, *chores()):
        last = done_at.get(chore.name)
        if last is not None and now - last < chore.every:
            continue
        done_at[chore.name] = now
        try:
            chore.work(now)
        except Exception:
            # A chore that fails is tried again at its next turn; jobs must not wait for it.
            log.exception("jobs.chore_failed", extra={"chore": chore.name})
