"""Progress on a terminal: rate and time left for anything over a second; silent elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from lamplighter.base.messages import text
from lamplighter.base.progress import SILENT, Advance, Progress

SHOWN_AFTER_SECONDS = 1.0


class RateAndTimeLeft(ProgressColumn):
    """``1,250 areas/s, 0:42 left``; empty until both are known."""

    def render(self, task: Task) -> Text:
        rate = task.finished_speed or task.speed
        if not rate:
            return Text("")
        said = text("cli.progress.rate", rate=rate, unit=task.fields["unit"])
        if task.time_remaining is not None and not task.finished:
            minutes, seconds = divmod(int(task.time_remaining), 60)
            said += text("cli.progress.left", minutes=minutes, seconds=seconds)
        return Text(said, style="progress.remaining")


class TerminalProgress:
    """Shows each step that lasts over a second as a bar on standard error.

    Args:
        console: where the bars go.
        clock: seconds that only grow.
    """

    def __init__(self, *, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock

    @contextmanager
    def step(self, title: str, /, *, total: int | None = None, unit: str = "") -> Iterator[Advance]:
        bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            RateAndTimeLeft(),
            console=self._console,
        )
        task = bars.add_task(title, total=total, unit=unit)
        opened_at = self._clock()
        is_shown = False

        def advance(done: int) -> None:
            nonlocal is_shown
            bars.advance(task, done)
            # A bar that is there for a moment only makes the eye jump.
            if not is_shown and self._clock() - opened_at >= SHOWN_AFTER_SECONDS:
                bars.start()
                is_shown = True

        try:
            yield advance
        finally:
            if is_shown:
                bars.stop()


def terminal_progress(*, as_json: bool = False, console: Console | None = None) -> Progress:
    """Return what a command hands to its operation: bars on a terminal, silence in a pipe or for ``--json``.

    Example:
        >>> terminal_progress(as_json=True) is SILENT
        True
    """
    console = console or Console(stderr=True)
    return TerminalProgress(console=console) if console.is_terminal and not as_json else SILENT
