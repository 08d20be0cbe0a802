"""A worker beside the server: started with it, started again when it dies, gone when the server is gone."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

log = logging.getLogger(__name__)

COMMAND: Final = (
    sys.executable,
    "-c",
    "from lamplighter.doors.cli import main; main()",
    "jobs",
    "work",
    "--with-parent",
)
_AGAIN_SECONDS: Final = 5.0
_LAST_WORDS_SECONDS: Final = 10.0
"""How long a job may still run when the server stops; what is cut off is taken up at the next start."""


@contextmanager
def worker_beside() -> Iterator[None]:
    """Keep one worker running until the block ends."""
    is_over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(is_over,), name="keeper of the worker", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        is_over.set()
        keeper.join()


def _keep(is_over: threading.Event) -> None:
    while not is_over.is_set():
        with subprocess.Popen(COMMAND, stdin=subprocess.PIPE) as worker:
            while worker.poll() is None and not is_over.wait(0.5):
                pass
            if is_over.is_set():
                _stop(worker)
                return
            log.warning("jobs.worker_died", extra={"exit_code": worker.returncode})
        is_over.wait(_AGAIN_SECONDS)


def _stop(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    try:
        worker.wait(_LAST_WORDS_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
