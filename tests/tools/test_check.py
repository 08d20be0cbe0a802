"""The check: every step runs whatever the one before came to, and one fault is enough to fail."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def check(monkeypatch):
    spec = importlib.util.spec_from_file_location("check", ROOT / "tools" / "check.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "check", module)  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def with_steps(check, monkeypatch, capfd):
    """Run the check with steps that end with the given codes; return its code and what it printed."""

    def run(codes: dict[str, int], *arguments: str) -> tuple[int, str]:
        steps = tuple(
            check.Step(name, (sys.executable, "-c", f"import sys; print('ran', *sys.argv[1:]); sys.exit({code})"))
            for name, code in codes.items()
        )
        monkeypatch.setattr(check, "steps", lambda: steps)
        monkeypatch.setattr(sys, "argv", ["check.py", *arguments])
        return check.main(), capfd.readouterr().out

    return run


class TestCheck:
    def test_runs_every_step_after_one_has_failed(self, with_steps):
        code, said = with_steps({"lint": 1, "types": 0, "tests": 5})

        assert code == 1
        assert said.count("ran") == 3
        assert [line.split()[:2] for line in said.splitlines()[-3:]] == [
            ["lint", "FAILED"],
            ["types", "passed"],
            ["tests", "FAILED"],
        ]

    def test_runs_steps_beside_each_other_and_shows_the_output_of_each_in_one_piece(
        self, check, monkeypatch, capfd, tmp_path
    ):
        meet = (
            "import pathlib, sys, time; own, other = sys.argv[1:]; print('begun', own, flush=True)\n"
            "pathlib.Path(own).touch(); until = time.monotonic() + 60\n"
            "while not pathlib.Path(other).exists(): assert time.monotonic() < until; time.sleep(0.01)\n"
            "print('met', other)"
        )
        one, two = str(tmp_path / "one"), str(tmp_path / "two")
        monkeypatch.setattr("os.cpu_count", lambda: 2)
        steps = [
            check.Step(Path(own).name, (sys.executable, "-c", meet, own, other))
            for own, other in ((one, two), (two, one))
        ]

        outcomes = list(check.run_beside(steps))

        assert [outcome.exit_code for outcome in outcomes] == [0, 0]
        said = capfd.readouterr().out
        assert f"── one\nbegun {one}\nmet {two}\n" in said
        assert f"── two\nbegun {two}\nmet {one}\n" in said

    def test_begins_what_takes_every_core_when_all_others_have_ended(self, check, monkeypatch, capfd, tmp_path):
        mark = tmp_path / "linted"
        code = "import pathlib, sys; sys.exit(not pathlib.Path(sys.argv[1]).exists())"
        steps = (
            check.Step("tests", (sys.executable, "-c", code, str(mark)), takes_every_core=True),
            check.Step(
                "lint", (sys.executable, "-c", "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()", str(mark))
            ),
        )
        monkeypatch.setattr("os.cpu_count", lambda: 1)
        monkeypatch.setattr(check, "steps", lambda: steps)
        monkeypatch.setattr(sys, "argv", ["check.py"])

        assert check.main() == 0
        assert [line.split()[0] for line in capfd.readouterr().out.splitlines()[-2:]] == ["tests", "lint"]

    def test_passes_when_every_step_does(self, with_steps):
        assert with_steps({"lint": 0, "tests": 0})[0] == 0

    def test_hands_the_words_after_a_single_step_to_its_tool(self, with_steps):
        code, said = with_steps({"lint": 1, "tests": 0}, "--only", "tests", "-k", "lake")

        assert code == 0
        assert "ran -k lake" in said

    def test_refuses_words_that_are_for_no_step(self, with_steps):
        with pytest.raises(SystemExit, match="2"):
            with_steps({"tests": 0}, "-k", "lake")

    def test_covers_format_lint_types_imports_and_tests(self, check):
        assert [step.name for step in check.steps()] == ["format", "lint", "types", "imports", "postgres", "tests"]

    def test_tells_a_step_what_the_environment_says_besides(self, check, monkeypatch, capfd):
        told = "import os; print(os.environ['LAMPLIGHTER_TEST_DATABASE'])"
        step = check.Step("postgres", (sys.executable, "-c", told), {"LAMPLIGHTER_TEST_DATABASE": "postgres"})

        assert check.run(step).exit_code == 0
        assert "\npostgres\n" in capfd.readouterr().out
