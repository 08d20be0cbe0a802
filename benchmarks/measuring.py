"""How everything here is measured: CPU seconds of the whole process tree, peak memory, and the machine it ran on."""

from __future__ import annotations

import importlib.metadata
import json
import multiprocessing
import os
import platform
import resource
import statistics
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
_PACKAGES = ("numpy", "numba", "pyarrow", "duckdb", "pandas", "power-grid-model", "pyvrp")


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured run, in a process of its own.

    Attributes:
        cpu_seconds: user and system time of the process and its children.
        wall_seconds: from start to end.
        peak_gb: greatest resident memory of the whole process tree at one instant, sampled every 20 ms, 10^9 bytes.
        result: what the function returned.
    """

    cpu_seconds: float
    wall_seconds: float
    peak_gb: float
    result: Any


def measure(function: Callable[..., Any], *args: Any, warm_up: bool = True, runs: int = 1) -> Measured:
    """Run a function in a fresh process and return the run of median CPU time.

    Args:
        function: importable; its result must survive pickling.
        args: passed on.
        warm_up: run it once before, in the same process, so that compiled code is loaded; not counted.
        runs: counted runs.

    Raises:
        RuntimeError: the function raised; with its traceback.
    """
    found = [_in_process(function, args, warm_up=warm_up) for _ in range(runs)]
    return sorted(found, key=lambda run: run.cpu_seconds)[len(found) // 2]


def _in_process(function: Callable[..., Any], args: Sequence[Any], *, warm_up: bool) -> Measured:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_child, args=(there, function, args, warm_up))
    process.start()
    there.close()
    try:
        outcome = here.recv()
    except EOFError:
        raise RuntimeError(f"{function.__name__} died with exit code {process.exitcode}") from None
    process.join()
    if isinstance(outcome, str):
        raise RuntimeError(outcome)
    return Measured(**outcome)


def _child(pipe: Any, function: Callable[..., Any], args: Sequence[Any], warm_up: bool) -> None:
    try:
        if warm_up:
            function(*args)
        peak = _PeakMemory()
        cpu, wall = _cpu_seconds(), time.perf_counter()
        with peak:
            result = function(*args)
        outcome: Any = {
            "cpu_seconds": _cpu_seconds() - cpu,
            "wall_seconds": time.perf_counter() - wall,
            "peak_gb": peak.gb,
            "result": result,
        }
    except Exception:
        outcome = traceback.format_exc()
        pipe.send(outcome)
        raise
    pipe.send(outcome)


def _cpu_seconds() -> float:
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in found)


class _PeakMemory:
    """Samples the resident memory of this process and all below it."""

    def __init__(self) -> None:
        self.gb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> _PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.02):
            self.gb = max(self.gb, _tree_resident_bytes(os.getpid()) / 1e9)


def _tree_resident_bytes(root: int) -> int:
    parents: dict[int, int] = {}
    pages: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()
                pages[int(entry)] = int(fields[21])
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we were looking
            parents[int(entry)] = int(fields[1])
    inside = {root}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in inside} - inside
        inside |= more
        grown = bool(more)
    return sum(pages.get(pid, 0) for pid in inside) * resource.getpagesize()


def machine() -> dict[str, Any]:
    """Return the machine and the versions a figure was measured with."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def publish(name: str, *, rows: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> Path:
    """Write ``results/NAME.json`` and ``results/NAME.md`` and return the latter.

    Args:
        name: name of the measurement.
        rows: one mapping a line of the table, the same keys in each.
        notes: sentences: how it was measured, what fell short and why.
    """
    RESULTS.mkdir(parents=True, exist_ok=True)
    here = machine()
    (RESULTS / f"{name}.json").write_text(
        json.dumps({"machine": here, "rows": list(rows), "notes": list(notes)}, indent=1, ensure_ascii=False) + "\n"
    )
    head = list(rows[0])
    table = [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(_show(row.get(key, "")) for key in head) + " |" for row in rows),
    ]
    versions = ", ".join(f"{package} {version}" for package, version in here["packages"].items())
    text = [
        f"# {name.replace('_', ' ').capitalize()}",
        "",
        *table,
        "",
        *(f"- {note}" for note in notes),
        "",
        f"Measured on {here['processor']}, {here['cores']} cores, {here['memory_gb']} GB, {here['system']}, "
        f"Python {here['python']}, {versions}.",
        "",
    ]
    path = RESULTS / f"{name}.md"
    path.write_text("\n".join(text))
    print("\n".join(text))
    return path


def _show(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return least, median and greatest of some figures."""
    return {"least": min(values), "median": statistics.median(values), "greatest": max(values)}


def as_row(measured: Measured) -> dict[str, float]:
    """Return the figures of a run without its result."""
    return {key: value for key, value in asdict(measured).items() if key != "result"}
