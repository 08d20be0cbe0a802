"""How long ``./run demo`` takes from a fresh clone with a clean home, set-up and job apart.

    python -m benchmarks.demo_time

The clone is of the committed state; packages come from whichever index pip uses, through an empty cache.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import publish

ROOT = Path(__file__).parents[1]


def timed(command: list[str], *, folder: Path, home: Path) -> tuple[float, float]:
    """Return wall and CPU seconds of a command run in a clean home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LAMPLIGHTER_", "UV_CACHE"))}
    environment = {**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "UV_CACHE_DIR": str(home / "uv")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and publish."""
    place = Path(tempfile.mkdtemp())
    try:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place / "clone")], check=True)
        home = place / "home"
        home.mkdir()
        rows = []
        for name, command in (
            ("set-up", ["./run", "simulation", "--help"]),
            ("demo, first time", ["./run", "demo"]),
            ("demo, again", ["./run", "demo"]),
        ):
            wall, cpu = timed(command, folder=place / "clone", home=home)
            rows.append({"step": name, "wall s": wall, "CPU s": cpu})
        size = sum(path.stat().st_size for path in (place / "clone" / ".demo-home").rglob("*") if path.is_file())
    finally:
        shutil.rmtree(place)
    total = rows[0]["wall s"] + rows[1]["wall s"]
    publish(
        "demo_time",
        rows=rows,
        notes=[
            "60 areas, 90 days; simulation, import, night and brief. Kernels are compiled in the first run and cached.",
            f"Set-up and first demo together: {total:.0f} s; the demo's home takes {size / 1e9:.2f} GB. "
            "To reach: 5 minutes.",
        ],
    )


if __name__ == "__main__":
    main()
