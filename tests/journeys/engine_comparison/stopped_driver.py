"""A night on Spark whose process is killed as soon as it has published its first bucket. Not a test by itself."""

import datetime as dt
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lamplighter.base.engine import SparkEngine
from lamplighter.base.lake import Lake
from lamplighter.journeys.nightly_run import read_rules, run_nightly


class Killing:
    """A progress that ends the process without a word at the first step forward."""

    @contextmanager
    def step(self, title: str, /, *, total: int | None = None, unit: str = "") -> Iterator[Callable[[int], None]]:
        yield lambda done: os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    lake, settings, now = Lake.open(Path(sys.argv[1])), Path(sys.argv[2]), dt.datetime.fromisoformat(sys.argv[3])
    # Where the cluster is, is said by spark-defaults.conf.
    with SparkEngine() as engine:
        rules = read_rules(settings, on=now.date())
        run_nightly(lake=lake, engine=engine, rules=rules, now=now, progress=Killing())
