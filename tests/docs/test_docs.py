"""The pages say what is so: their commands run, their links lead somewhere, their decisions name a check that exists.

In a page,

* a fence ```` ```console ```` is run: each line ``$ lamplighter ...`` (or ``$ ./run ...``) is a command, and the lines
  under it are what it must say, in order. A line ``...`` stands for any lines, ``…`` inside a line for any text. A
  command must end with 0 unless the fence says otherwise (```` ```console exit=1 ````);
* a fence ```` ```console requires=simbench ```` (or ``real-data``) is run where the machine has that part. The folder
  ``~/open-data`` stands for the real data;
* a fence with ``file=NAME`` is written to that file first, so that a page can bring its own data;
* any other fence is left alone.

A page runs in an empty folder with an empty home, in Chinese when its name ends in ``.zh.md``, otherwise in English.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)(?:#[^)\s]*)?\)")
START = "import sys; from lamplighter.doors.cli import main; sys.argv[0] = 'lamplighter'; main()"


@dataclass(frozen=True)
class Call:
    """One command of a page and what it must come to."""

    words: tuple[str, ...]
    expected: tuple[str, ...]
    exit_code: int
    requires: str = ""


@dataclass(frozen=True)
class File:
    """One file that a page brings."""

    name: str
    content: str


def steps(page: str) -> Iterator[Call | File]:
    """Read a page's files and commands, in their order."""
    for fence in FENCE.finditer(page):
        kind, *options = fence["info"].split() or [""]
        named = dict(option.split("=", 1) for option in options if "=" in option)
        if "file" in named:
            yield File(named["file"], fence["body"])
        elif kind == "console":
            for part in re.split(r"^\$ ", fence["body"], flags=re.MULTILINE)[1:]:
                command, *expected = part.rstrip("\n").split("\n")
                program, *words = shlex.split(command)
                assert program in ("lamplighter", "./run"), f"a page runs only lamplighter, not {program}"
                yield Call(tuple(words), tuple(expected), int(named.get("exit", 0)), named.get("requires", ""))


def same_line(expected: str, said: str) -> bool:
    pattern = ".*".join(re.escape(" ".join(part.split())) for part in expected.split("…"))
    return re.fullmatch(pattern, " ".join(said.split())) is not None


def says(expected: tuple[str, ...], said: tuple[str, ...]) -> bool:
    """Tell whether the lines said are those expected, ``...`` standing for any number of lines."""
    if not expected:
        return not said
    if expected[0].strip() == "...":
        return any(says(expected[1:], said[start:]) for start in range(len(said) + 1))
    return bool(said) and same_line(expected[0], said[0]) and says(expected[1:], said[1:])


def follow(page: str, *, folder: Path, language: str, need: Callable[[str], Any] | None = None) -> list[str]:
    """Do what a page says and return what did not come out as it says; ``need`` skips where a part is missing."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LAMPLIGHTER_")}
    environ |= {"LAMPLIGHTER_HOME": str(folder / "home"), "LAMPLIGHTER_LANG": language, "COLUMNS": "120"}
    work = folder / "work"
    work.mkdir()
    faults = []
    for step in steps(page):
        if isinstance(step, File):
            (work / step.name).parent.mkdir(parents=True, exist_ok=True)
            (work / step.name).write_text(step.content, encoding="utf-8")
            continue
        found = str(need(step.requires)) if need and step.requires else ""
        words = [word.replace("~/open-data", found) if step.requires == "real-data" else word for word in step.words]
        ended = subprocess.run(
            [sys.executable, "-c", START, *words],
            cwd=work,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        said = tuple(line for line in (ended.stdout + ended.stderr).splitlines() if line.strip())
        wanted = tuple(line for line in step.expected if line.strip())
        name = f"$ lamplighter {shlex.join(step.words)}"
        if ended.returncode != step.exit_code:
            faults.append(f"{name}\nended with {ended.returncode}, not {step.exit_code}:\n" + "\n".join(said))
        # A command shown without output may say what it likes.
        elif wanted and not says(wanted, said):
            faults.append(f"{name}\nthe page says:\n" + "\n".join(wanted) + "\nit said:\n" + "\n".join(said))
    return faults


class TestPages:
    @pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
    def test_come_out_as_they_say(self, path, tmp_path, need):
        language = "zh" if path.name.endswith(".zh.md") else "en"

        faults = follow(path.read_text(encoding="utf-8"), folder=tmp_path, language=language, need=need)

        assert not faults, "\n\n".join(faults)

    @pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
    def test_link_to_what_exists(self, path):
        targets = [link["target"] for link in LINK.finditer(FENCE.sub("", path.read_text(encoding="utf-8")))]

        broken = [
            target
            for target in targets
            if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists()
        ]

        assert broken == []

    def test_include_a_tutorial_that_runs_commands(self):
        tutorial = (ROOT / "docs" / "tutorials" / "first-night.md").read_text(encoding="utf-8")

        assert [step for step in steps(tutorial) if isinstance(step, Call)]


class TestFollow:
    def test_reports_a_line_that_was_not_said(self, tmp_path):
        page = "```console\n$ lamplighter version\nLamplighter 9.9.9\n```\n"

        faults = follow(page, folder=tmp_path, language="en")

        assert len(faults) == 1
        assert "Lamplighter 9.9.9" in faults[0]

    def test_reports_an_exit_code_that_is_not_the_shown_one(self, tmp_path):
        page = "```console\n$ lamplighter no-such-command\n```\n"

        faults = follow(page, folder=tmp_path, language="en")

        assert "ended with 2, not 0" in faults[0]

    def test_accepts_the_exit_code_a_fence_declares_and_the_gaps_a_page_leaves(self, tmp_path):
        page = "```console exit=2\n$ ./run no-such-command\n...\n│ No such command…\n...\n```\n"

        assert follow(page, folder=tmp_path, language="en") == []

    def test_asks_for_the_part_a_fence_requires_and_puts_the_real_data_in_its_place(self, tmp_path):
        said = "...\n│ No such command '/srv/data/file.csv'.…\n...\n"
        page = f"```console requires=real-data exit=2\n$ lamplighter ~/open-data/file.csv\n{said}```\n"
        asked = []

        faults = follow(page, folder=tmp_path, language="en", need=lambda name: asked.append(name) or "/srv/data")

        assert asked == ["real-data"]
        assert faults == []

    def test_writes_the_files_a_page_brings(self, tmp_path):
        follow('```toml file=company/company.toml\nname = "东"\n```\n', folder=tmp_path, language="en")

        assert (tmp_path / "work" / "company" / "company.toml").read_text(encoding="utf-8") == 'name = "东"\n'


class TestSays:
    @pytest.mark.parametrize(
        ("expected", "is_said"),
        [
            (("a", "b"), True),
            (("a",), False),
            (("a", "..."), True),
            (("...", "b"), True),
            (("b", "..."), False),
            (("…", "b"), True),
            (("a", "b", "c"), False),
        ],
    )
    def test_allows_gaps_only_where_the_page_shows_them(self, expected, is_said):
        assert says(expected, ("a", "b")) is is_said


class TestDecisions:
    @pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=lambda path: path.stem)
    def test_name_context_decision_consequences_alternatives_and_the_check(self, path):
        content = path.read_text(encoding="utf-8")

        for heading in ("Context", "Decision", "Consequences", "Alternatives", "Check"):
            assert f"\n## {heading}\n" in content, heading

    @pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=lambda path: path.stem)
    def test_name_a_check_that_exists(self, path):
        check = path.read_text(encoding="utf-8").split("\n## Check\n")[1]

        named = re.findall(r"`((?:tests|tools|benchmarks)/[^`:]+)", check)

        assert named
        assert [name for name in named if not (ROOT / name).exists()] == []


class TestDependencies:
    def test_each_have_their_line_with_licence_and_reason(self):
        import tomllib

        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        asked = [
            *project["project"]["dependencies"],
            *(name for extra in project["project"]["optional-dependencies"].values() for name in extra),
            *project["dependency-groups"]["dev"],
        ]
        page = (ROOT / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8")

        names = {re.split(r"[<>=\[ ;]", requirement)[0] for requirement in asked}

        assert {name for name in names if f"| {name} |" not in page} == set()
