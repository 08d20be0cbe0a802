"""What a fresh checkout stands on: locks that any mirror can serve, and a script that says what it lacks."""

import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("app.lock", "dev.lock", "demo.lock", "spark.lock", "asr.lock", "embed.lock", "bootstrap.lock")
PIN = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^ ;\\]+)(?P<rest>[^\n]*\\\n(?:    --hash=[^\n]+\n?)+)?", re.MULTILINE
)


def pins(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pin in PIN.finditer((ROOT / lock).read_text(encoding="utf-8")):
        found.setdefault(pin["name"], set()).add(pin["version"])
    return found


def asked(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=\[ ;]", requirement)[0] for requirement in requirements}


class TestLocks:
    @pytest.mark.parametrize("lock", LOCKS)
    def test_name_no_registry(self, lock):
        content = (ROOT / lock).read_text(encoding="utf-8")

        assert not re.search(r"https?://|index-url|find-links|file:", content)

    @pytest.mark.parametrize("lock", LOCKS)
    def test_carry_a_hash_for_every_pin(self, lock):
        unhashed = [pin["name"] for pin in PIN.finditer((ROOT / lock).read_text(encoding="utf-8")) if not pin["rest"]]

        assert unhashed == []
        assert pins(lock)

    def test_hold_everything_that_is_asked_for(self):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

        app, dev = asked(project["project"]["dependencies"]), asked(project["dependency-groups"]["dev"])

        spark = asked(project["project"]["optional-dependencies"]["spark"])

        assert spark - pins("spark.lock").keys() == set(), "run tools/lock"
        asr = asked(project["project"]["optional-dependencies"]["asr"])
        assert asr - pins("asr.lock").keys() == set(), "run tools/lock"
        embed = asked(project["project"]["optional-dependencies"]["embed"])
        assert embed - pins("embed.lock").keys() == set(), "run tools/lock"
        assert app - pins("app.lock").keys() == set(), "run tools/lock"
        assert (app | dev) - pins("dev.lock").keys() == set(), "run tools/lock"

    def test_hold_what_each_extra_that_is_asked_for_brings(self):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        pinned, lacking = pins("app.lock").keys(), []
        for asked_for in map(Requirement, project["project"]["dependencies"]):
            brings = [Requirement(each) for each in metadata.requires(asked_for.name) or []] if asked_for.extras else []
            for extra in asked_for.extras:
                # uv passes over an extra that the package does not have, and its parts are then missing at the user's.
                of_extra = [each for each in brings if each.marker and each.marker.evaluate({"extra": extra})]
                of_extra = [each for each in of_extra if not each.marker.evaluate({"extra": ""})]
                missing = {each.name.lower() for each in of_extra} - pinned
                if missing or not of_extra:
                    lacking.append((asked_for.name, extra, sorted(missing)))

        assert lacking == []

    def test_agree_with_each_other(self):
        app, dev = pins("app.lock"), pins("dev.lock")

        assert {name: dev.get(name) for name in app} == app

    @pytest.mark.parametrize("lock", ["asr.lock", "embed.lock"])
    def test_of_extras_pin_nothing_otherwise_than_the_one_they_are_installed_beside(self, lock):
        dev, extra = pins("dev.lock"), pins(lock)

        assert {name: extra[name] for name in extra.keys() & dev.keys()} == {
            name: dev[name] for name in extra.keys() & dev.keys()
        }


class TestRunScript:
    @pytest.mark.parametrize(
        ("locale", "sentence"),
        [
            ("C.UTF-8", "Lamplighter needs Python 3.11"),
            ("zh_CN.UTF-8", "掌灯需要 Python 3.11"),
        ],
    )
    def test_says_what_to_install_where_there_is_no_python(self, tmp_path, locale, sentence):
        tools = tmp_path / "bin"
        tools.mkdir()
        for tool in ("bash", "dirname", "cat", "cksum", "tr"):
            (tools / tool).symlink_to(shutil.which(tool))
        for file in ("run", *LOCKS, "pyproject.toml"):
            shutil.copy(ROOT / file, tmp_path / file)

        ended = subprocess.run(
            [str(tools / "bash"), str(tmp_path / "run"), "version"],
            env={"PATH": str(tools), "LANG": locale},
            capture_output=True,
            text=True,
            check=False,
        )

        assert ended.returncode == 1
        assert sentence in ended.stderr
        assert "apt-get install python3.11" in ended.stderr
