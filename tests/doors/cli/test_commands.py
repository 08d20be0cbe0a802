"""The command line: help in both languages, one sentence for an expected failure, exit codes that mean something."""

import json
import os
import subprocess
import sys

import pytest

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import catalogue
from lamplighter.doors.cli import commands
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.commands import GROUPS, load, run
from lamplighter.doors.cli.output import AsJson, ExitCode


class MeterMissing(LamplighterError):
    pass


@pytest.fixture
def ending(monkeypatch, tmp_path):
    """Run a made-up command that ends by raising what is given."""

    def end(failure: BaseException | None, *arguments: str) -> int:
        app = App("lake")

        @app.command("end")
        def end_so(as_json: AsJson = False) -> None:
            if failure is not None:
                raise failure

        monkeypatch.setattr(commands, "GROUPS", {"lake": "made.up"})
        monkeypatch.setattr(commands, "import_module", lambda name: type("Module", (), {"app": app}))
        return run(["lake", "end", *arguments])

    return end


def lamplighter(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from lamplighter.doors.cli import main; main()", *arguments],
        env=os.environ | {"COLUMNS": "100"} | environ,
        capture_output=True,
        text=True,
        check=False,
    )


class TestMain:
    def test_says_in_one_sentence_that_it_does_not_speak_a_language(self):
        ended = lamplighter("version", LAMPLIGHTER_LANG="fr")

        assert ended.returncode == ExitCode.FAILED
        assert "Set it to zh or en." in ended.stderr
        assert "请设为 zh 或 en" in ended.stderr
        assert "Traceback" not in ended.stderr

    def test_leaves_with_the_exit_code_of_the_command(self):
        assert lamplighter("version").returncode == ExitCode.OK
        assert lamplighter("no-such-command").returncode == ExitCode.USAGE


class TestHelp:
    def test_speaks_chinese_throughout_where_asked(self):
        said = lamplighter("doctor", "--help", LAMPLIGHTER_LANG="zh").stdout

        assert "用法：" in said
        assert "选项" in said
        assert "显示版本、路径、语言与所装部件。" in said
        assert "显示本帮助并退出。" in said
        assert "Show this" not in said

    def test_breaks_long_chinese_text_instead_of_cutting_it_off(self):
        code = """
import sys
from lamplighter.doors.cli import words
words.install()
import typer
from lamplighter.doors.cli.app import App
app = App("lake")
@app.command("compact")
def compact(parts: int = typer.Option(4, help="合并" * 60 + "完")): ...
app(["compact", "--help"])
"""
        ended = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"COLUMNS": "80", "LAMPLIGHTER_LANG": "zh"},
            capture_output=True,
            text=True,
            check=True,
        )

        assert ended.stdout.count("合并") >= 58  # a fold may fall inside a pair
        assert "完" in ended.stdout
        assert "…" not in ended.stdout

    def test_speaks_english_where_asked(self):
        said = lamplighter("--help", LAMPLIGHTER_LANG="en").stdout

        assert "Usage: lamplighter" in said
        assert "Show versions, paths, language and installed parts." in said

    def test_comes_with_usage_when_the_command_is_unknown(self):
        ended = lamplighter("doctr")

        assert ended.returncode == ExitCode.USAGE
        assert "doctor" in ended.stderr

    def test_has_a_text_and_a_module_for_every_group(self):
        for group in GROUPS:
            assert f"cli.group.{group}" in catalogue("zh")
            assert load(group).name == group

    def test_does_not_wait_for_the_modules_of_the_commands(self):
        code = (
            "import sys; from lamplighter.doors.cli.commands import run; run(['--help']); print('numba' in sys.modules)"
        )

        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

        assert ended.stdout.endswith("False\n")


class TestLoad:
    def test_takes_a_function_for_a_command_without_verbs(self, monkeypatch, capsys):
        def app(top: int = 10) -> None:
            print(f"first {top}")  # noqa: T201  # stands for a command that writes

        monkeypatch.setattr(commands, "GROUPS", {"demo": "made.up"})
        monkeypatch.setattr(commands, "import_module", lambda name: type("Module", (), {"app": staticmethod(app)}))

        assert run(["demo", "--top", "3"]) == ExitCode.OK
        assert capsys.readouterr().out == "first 3\n"


class TestRun:
    def test_ends_with_zero_when_all_is_done(self, ending):
        assert ending(None) == ExitCode.OK

    def test_says_an_expected_failure_in_one_sentence(self, ending, capsys):
        code = ending(MeterMissing("2 meters have no area (first: M1)."))

        assert code == ExitCode.FAILED
        assert capsys.readouterr().err.strip() == "2 meters have no area (first: M1)."

    def test_says_an_expected_failure_to_a_machine_in_its_own_form(self, ending, capsys):
        code = ending(MeterMissing("2 meters have no area (first: M1)."), "--json")

        assert code == ExitCode.FAILED
        assert json.loads(capsys.readouterr().out) == {
            "error": {"kind": "MeterMissing", "message": "2 meters have no area (first: M1)."}
        }

    def test_tells_a_stopped_run_from_a_failed_one(self, ending, capsys):
        code = ending(KeyboardInterrupt())

        assert code == ExitCode.INTERRUPTED
        assert "run the same command again" in capsys.readouterr().err

    def test_shows_the_stack_of_a_defect_and_ends_with_a_code_of_its_own(self, ending, capsys, caplog):
        code = ending(ZeroDivisionError("no area"))

        assert code == ExitCode.DEFECT
        assert "a defect of Lamplighter" in capsys.readouterr().err
        assert caplog.records[0].exc_info[0] is ZeroDivisionError

    def test_does_not_start_with_a_mistyped_setting(self, monkeypatch, capsys):
        monkeypatch.setenv("LAMPLIGHTER_HOEM", "/srv/east")

        assert run(["version"]) == ExitCode.FAILED
        assert "Did you mean LAMPLIGHTER_HOME" in capsys.readouterr().err


class TestDoctor:
    def test_tells_where_everything_lies(self, home, capsys):
        assert run(["doctor", "--json"]) == ExitCode.OK

        told = json.loads(capsys.readouterr().out)

        assert told["home"]["path"] == str(home)
        assert told["home"]["is_empty"] is True
        assert told["language"] == "en"
        assert told["packages"]["pyarrow"]

    def test_makes_nothing_in_a_home_that_is_not_there(self, home):
        run(["doctor"])

        assert not home.exists()


class TestVersion:
    def test_is_that_of_the_package(self, capsys):
        run(["version"])

        assert capsys.readouterr().out == "Lamplighter 0.1.0\n"
