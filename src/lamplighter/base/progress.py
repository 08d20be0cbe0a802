"""How far a long piece of work has come: the work tells, a door shows it (or nobody does)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Advance = Callable[[int], None]


class Progress(Protocol):
    """Whoever is told about the work.

    A piece of work takes ``progress: Progress = SILENT`` and opens a step around each of its loops::

        with progress.step(text("nightly_run.step.loss"), total=len(areas), unit=text("house.unit.areas")) as advance:
            for area in areas:
                ...
                advance(1)
    """

    def step(self, title: str, /, *, total: int | None = None, unit: str = "") -> AbstractContextManager[Advance]:
        """Open a step of ``total`` units (unknown when None) and return what is called with each number done."""
        ...


class Silence:
    """Tells nobody.

    Example:
        >>> with SILENT.step("reading", total=2) as advance:
        ...     advance(2)
    """

    @contextmanager
    def step(self, title: str, /, *, total: int | None = None, unit: str = "") -> Iterator[Advance]:
        yield lambda done: None


SILENT = Silence()
