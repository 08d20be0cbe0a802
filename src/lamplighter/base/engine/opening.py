"""Opening the engine that a setting or an option names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from lamplighter.base.engine.local import LocalEngine
from lamplighter.base.engine.port import Engine
from lamplighter.base.engine.spark import SparkEngine
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

LOCAL, SPARK = "local", "spark"
_MASTER = re.compile(r"spark://.+|k8s://.+|yarn|local\[.+\]")


class EngineUnknown(LamplighterError):
    """A name that is no engine's."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(text("engine.unknown", name=name))


class ProcessesOnSpark(LamplighterError):
    """The number of this machine's workers was given for a cluster."""

    def __init__(self) -> None:
        super().__init__(text("engine.processes_on_spark"))


@contextmanager
def open_engine(name: str, *, processes: int | None = None) -> Iterator[Engine]:
    """Hold the engine called ``name``, and give it back at the end.

    Args:
        name: ``local``; ``spark`` for the cluster this process was submitted to; or the address of a master.
        processes: workers of the local engine.

    Raises:
        EngineUnknown: the name is none of these.
        ProcessesOnSpark: ``processes`` was given for a cluster.
        PysparkMissing: the package pyspark is absent.
        JavaMissing: there is no Java that Spark runs on.

    Example:
        >>> with open_engine("local", processes=1) as engine:
        ...     list(engine.map(abs, [-1]))
        [1]
    """
    if name == LOCAL:
        yield LocalEngine(processes=processes)
        return
    if name != SPARK and not _MASTER.fullmatch(name):
        raise EngineUnknown(name)
    if processes is not None:
        raise ProcessesOnSpark
    with SparkEngine(master=None if name == SPARK else name) as engine:
        yield engine
