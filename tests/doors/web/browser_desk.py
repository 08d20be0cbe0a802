"""The demo's desk, served once for all tests that open it in a browser, and the people who log in there."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lamplighter.base.engine import LocalEngine
from lamplighter.base.settings import Home
from lamplighter.journeys.demo_desk import make_demo
from lamplighter.journeys.nightly_run import read_rules
from lamplighter.journeys.sample_staff import read_sample_staff
from lamplighter.simulation import SimulationSettings

MORNING = "2026-03-02T09:00:00+08:00"
"""When the desk's clock begins: a Monday in a year whose working days are announced."""
START = "import sys; from lamplighter.doors.cli import main; sys.argv[0] = 'lamplighter'; main()"
DEADLINE_SECONDS = 300


@dataclass(frozen=True)
class Desk:
    """A desk that is being served."""

    address: str
    home: Home
    clock: Path

    def set_clock(self, at: str) -> None:
        """Set the clock of the desk and of its worker: ``2026-03-05T10:30:00+08:00``."""
        written = self.clock.with_suffix(".new")
        written.write_text(at)
        written.replace(self.clock)
        # Its processes look ten times a second.
        time.sleep(0.5)

    def phrase(self, username: str) -> str:
        return next(each.phrase for each in read_sample_staff(self.home) if each.username == username)

    def log_in(self, page: Any, username: str) -> Any:
        """Log somebody in by the log-in page, and wait until he is led on."""
        page.goto(f"{self.address}/")
        page.fill("#id_login", username)
        page.fill("#id_password", self.phrase(username))
        page.press("#id_password", "Enter")
        page.wait_for_url(lambda url: "/accounts/login/" not in url)
        return page


@pytest.fixture(scope="session")
def demo_desk(small_settings: SimulationSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """`lamplighter web demo` on a small demo whose night was worked before."""
    home = Home(tmp_path_factory.mktemp("desk") / "home")
    rules = read_rules(home.settings, on=small_settings.start_on)
    make_demo(home=home, engine=LocalEngine(processes=1), rules=rules, simulation=small_settings)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LAMPLIGHTER_", "DJANGO_"))
    }
    environment |= {"LAMPLIGHTER_HOME": str(home.path), "LAMPLIGHTER_PORT": str(port), "LAMPLIGHTER_LANG": "en"}
    clock = home.path / "clock"
    clock.write_text(MORNING)
    environment |= {"DESK_CLOCK": str(clock), "PYTHONPATH": str(Path(__file__).with_name("set_clock"))}
    log = home.path / "serve.log"
    with log.open("w") as said:
        served = subprocess.Popen(
            [sys.executable, "-c", START, "web", "demo"], env=environment, stdout=said, stderr=subprocess.STDOUT
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_it_answers(address, served, log)
        yield Desk(address, home, clock)
    finally:
        served.terminate()
        served.wait(timeout=30)


def wait_until_it_answers(address: str, served: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/accounts/login/", timeout=5):
                return
        except OSError:
            assert served.poll() is None, log.read_text()
            time.sleep(0.2)
    raise AssertionError(f"The desk did not answer: {log.read_text()}")


@pytest.fixture
def faults() -> list[str]:
    """What the browser complained of: a script that failed, something the page's policy stopped."""
    return []


@pytest.fixture
def open_desk(
    demo_desk: Desk, browser_page_factory: Callable[..., Any], faults: list[str]
) -> Iterator[Callable[..., Any]]:
    """Log somebody in: ``open_desk("inspector", language="en", width=1440)``."""
    opened = []

    def open_it(username: str, *, language: str = "en", width: int = 1440) -> Any:
        page = browser_page_factory(width=width, height=900)
        opened.append(page)
        page.context.add_cookies([{"name": "lamplighter_language", "value": language, "url": demo_desk.address}])
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return demo_desk.log_in(page, username)

    yield open_it
    for page in opened:
        page.context.close()


def is_narrow_enough(page: Any) -> bool:
    """Nothing sticks out to the side."""
    found: bool = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return found
