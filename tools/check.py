"""Everything CI runs, all faults in one run: format, lint, types, import order, tests with doctests and docs.

``python tools/check.py`` runs every step and ends in a table; ``--only STEP`` runs one, and what follows a step's name
goes to its tool (``--only tests -k lake``). Exit code 0 when every step passed, otherwise 1.

Steps that keep one core busy run beside each other, and each says what it has to say when it has ended; the tests take
every core and come after them.
"""

import argparse
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = Path(sysconfig.get_path("scripts"))
CODE = ("src", "tests", "tools", "benchmarks")
TYPED = ("src", "tools")
ON_BOTH = tuple(
    f"tests/{room}" for room in ("base/desk", "base/jobs", "base/security", "doors/web", "journeys/desk_loading")
)
"""Where tests marked ``both_databases`` stand: looking through all others for them takes longer than they do."""


@dataclass(frozen=True)
class Step:
    """One check.

    Attributes:
        name: in the table.
        command: that carries it out.
        environment: what the environment says besides.
        takes_every_core: it shares its work among processes itself, so nothing else runs meanwhile.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    takes_every_core: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a step came to."""

    step: Step
    exit_code: int
    seconds: float

    @property
    def is_passed(self) -> bool:
        return self.exit_code == 0


def steps(root: Path = ROOT) -> tuple[Step, ...]:
    """Return the steps in the order in which they run: the tests last, so that their closing line stays in sight."""
    code = tuple(name for name in CODE if (root / name).is_dir())
    return (
        Step("format", (str(SCRIPTS / "ruff"), "format", "--check", *code)),
        Step("lint", (str(SCRIPTS / "ruff"), "check", *code)),
        Step("types", (str(SCRIPTS / "mypy"), *TYPED)),
        Step("imports", (str(SCRIPTS / "lint-imports"), "--no-logo")),
        Step(
            "postgres",
            (sys.executable, "-m", "pytest", "-q", "-m", "both_databases", *ON_BOTH),
            {"LAMPLIGHTER_TEST_DATABASE": "postgres"},
        ),
        # What shares a company or a cluster stays in one process: tests/conftest.py says which.
        Step(
            "tests",
            (sys.executable, "-m", "pytest", "-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"),
            takes_every_core=True,
        ),
    )


def run(step: Step, *, arguments: tuple[str, ...] = ()) -> Outcome:
    """Run one step, its output going straight to the terminal."""
    print(f"\n── {step.name}", flush=True)
    outcome, _ = _carry_out(step, arguments=arguments, output=None)
    return outcome


def run_beside(steps: Sequence[Step]) -> Iterator[Outcome]:
    """Run steps on a core each and yield them in the order in which they end, each with its output in one piece."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as cores:
        for ended in as_completed([cores.submit(_carry_out, step, output=subprocess.PIPE) for step in steps]):
            outcome, said = ended.result()
            print(f"\n── {outcome.step.name}\n{said}", end="", flush=True)
            yield outcome


def _carry_out(step: Step, *, arguments: tuple[str, ...] = (), output: int | None) -> tuple[Outcome, str]:
    started = time.monotonic()
    ended = subprocess.run(
        (*step.command, *arguments),
        cwd=ROOT,
        env={**os.environ, **step.environment},
        stdout=output,
        # What a tool complains of belongs where it complains of it, between the lines of its output.
        stderr=output and subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(step, ended.returncode, time.monotonic() - started), ended.stdout or ""


def summary(outcomes: list[Outcome]) -> str:
    """Return the closing table.

    Example:
        >>> print(summary([Outcome(Step("lint", ()), 0, 1.25), Outcome(Step("types", ()), 2, 30.0)]))
        lint      passed      1.2 s
        types     FAILED     30.0 s   exit code 2
    """
    return "\n".join(
        f"{outcome.step.name:<9} {'passed' if outcome.is_passed else 'FAILED'} {outcome.seconds:>8.1f} s"
        + ("" if outcome.is_passed else f"   exit code {outcome.exit_code}")
        for outcome in outcomes
    )


def main() -> int:
    every = steps()
    parser = argparse.ArgumentParser(description="Run every check of the project, or one.")
    parser.add_argument("--only", choices=[step.name for step in every], help="run this step alone")
    chosen, arguments = parser.parse_known_args()
    if arguments and not chosen.only:
        parser.error(f"{arguments[0]}: name the step it is for with --only STEP")
    wanted = [step for step in every if chosen.only in (None, step.name)]
    if chosen.only:
        outcomes = [run(step, arguments=tuple(arguments)) for step in wanted]
    else:
        beside = {outcome.step.name: outcome for outcome in run_beside([s for s in wanted if not s.takes_every_core])}
        alone = {step.name: run(step) for step in wanted if step.takes_every_core}
        outcomes = [(beside | alone)[step.name] for step in wanted]
        print(f"\n{summary(outcomes)}", flush=True)
    return 0 if all(outcome.is_passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
