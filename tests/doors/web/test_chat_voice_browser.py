"""The microphone of the web chat in a real browser, which is given a machine's voice instead of one."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.doors.web.chat_desk import serve_chat_desk

from lamplighter.business.service_desk.voice.sound import read_wav, seconds_of

pytestmark = pytest.mark.requires("browser", "espeak")
SOON = 120_000
"""Milliseconds, for a machine that does much else; nothing waits so long for an answer that comes."""


class Engine(BaseHTTPRequestHandler):
    """A company's own recogniser; it keeps how long each file was, and hears the same in all."""

    lasted: list[float] = []  # noqa: RUF012  # the server makes a new handler for each request

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.lasted.append(seconds_of(read_wav(content, name="sent")))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"text": "违约金怎么算", "confidence": 0.9}).encode())

    def log_message(self, *given: Any) -> None: ...


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A desk whose company has a recogniser of its own on this machine."""
    home = tmp_path_factory.mktemp("desk")
    (home / "settings").mkdir()
    with HTTPServer(("127.0.0.1", 0), Engine) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        engine = f'[hearing]\nengine = "http://127.0.0.1:{server.server_address[1]}/hear"\n'
        (home / "settings" / "voice.toml").write_text(engine)
        with serve_chat_desk(home) as desk:
            yield desk.address
        server.shutdown()
        thread.join()


@pytest.fixture
def open_chat(browsers: Any, need: Callable[[str], Any], address: str, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open the chat with a microphone that says something, allowed or not: ``open_chat(is_allowed=False)``."""
    said = tmp_path / "said.wav"
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "140", "-w", str(said), "Why is my bill so high?"], check=True)
    browser = browsers.chromium.launch(
        executable_path=need("browser"),
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={said}",
        ],
    )

    def open_page(*, is_allowed: bool, width: int = 1280) -> Any:
        permissions = ["microphone"] if is_allowed else []
        page = browser.new_context(viewport={"width": width, "height": 844}, permissions=permissions).new_page()
        page.goto(f"{address}/chat/")
        return page

    yield open_page
    browser.close()


def test_what_was_spoken_is_shown_changed_and_sent(open_chat: Callable[..., Any]) -> None:
    page = open_chat(is_allowed=True)
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)

    page.click("#microphone")
    page.wait_for_selector("#microphone[aria-pressed=true]")
    page.wait_for_timeout(4000)
    page.click("#microphone")
    page.wait_for_selector("#heard >> text=请核对", timeout=SOON)

    assert "违约金怎么算" in page.input_value("#words")
    assert Engine.lasted[0] > 0.5
    page.fill("#words", page.input_value("#words") + "？")
    page.click("#say .btn-primary")
    page.wait_for_selector(".turn.agent details", timeout=SOON)
    assert faults == []


def test_a_microphone_that_is_refused_is_said_so(open_chat: Callable[..., Any]) -> None:
    page = open_chat(is_allowed=False, width=390)

    page.click("#microphone")

    page.wait_for_selector("#heard >> text=麦克风", timeout=SOON)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
