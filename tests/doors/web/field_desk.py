"""A desk that is served, a crew with many visits today, a telephone's browser that is killed, and a line that is cut.

``python -m tests.doors.web.field_desk VISITS`` fills the home that the environment names; the rest is for tests and
benchmarks: `serve_field_desk`, `Line`, `Browser`.
"""

import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

START = "import sys; from lamplighter.doors.cli import main; sys.argv[0] = 'lamplighter'; main()"
DEADLINE_SECONDS = 90
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class FieldDesk:
    """A desk with its crew: port, home, and the session of the inspector."""

    port: int
    home: Path
    session: str
    database: Path


def photo(seed: int = 1, *, size: tuple[int, int] = (64, 48), exif: dict[int, str] | None = None) -> bytes:
    """A JPEG that differs with its seed, noise so that it has some bytes."""
    rng = random.Random(seed)  # noqa: S311 RUF100  # pictures, not secrets
    picture = Image.frombytes("RGB", size, rng.randbytes(size[0] * size[1] * 3))
    written = Image.Exif()
    for tag, value in (exif or {}).items():
        written[tag] = value
    content = io.BytesIO()
    picture.save(content, format="JPEG", quality=90, exif=written)
    return content.getvalue()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fill(visits: int) -> dict[str, Any]:
    """Make the company, its crew and so many visits of today, each with its case; return a session of the inspector."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "lamplighter.doors.web.settings"
    django.setup()
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from tests.doors.web.field_company import make_crew_with_visits

    zhang = make_crew_with_visits(visits)
    session = SessionStore()
    session[SESSION_KEY] = str(zhang.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = zhang.get_session_auth_hash()
    session.create()
    return {"session": session.session_key, "database": str(settings.DATABASES["default"]["NAME"])}


@contextmanager
def serve_field_desk(home: Path, *, visits: int) -> Iterator[FieldDesk]:
    """Serve a desk by its own command."""
    port = free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LAMPLIGHTER_", "DJANGO_"))
    }
    environment |= {
        "LAMPLIGHTER_HOME": str(home),
        "LAMPLIGHTER_PORT": str(port),
        "LAMPLIGHTER_LANG": "en",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))),
    }
    subprocess.run([sys.executable, "-c", START, "web", "prepare"], env=environment, check=True, capture_output=True)
    filled = subprocess.run(
        [sys.executable, "-m", "tests.doors.web.field_desk", str(visits)],
        env=environment,
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    said = json.loads(filled.stdout.splitlines()[-1])
    log = home / "serve.log"
    with log.open("w") as told:
        served = subprocess.Popen(
            [sys.executable, "-c", START, "web", "serve"], env=environment, stdout=told, stderr=subprocess.STDOUT
        )
    try:
        wait_until_it_answers(port, served, log)
        yield FieldDesk(port, home, said["session"], Path(said["database"]))
    finally:
        served.terminate()
        served.wait(timeout=30)


def wait_until_it_answers(
    port: int, served: "subprocess.Popen[bytes]", log: Path, *, seconds: float = DEADLINE_SECONDS
) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=5):
                return
        except OSError:
            assert served.poll() is None, log.read_text()
            time.sleep(0.2)
    raise AssertionError(f"The desk did not answer: {log.read_text()}")


class Line:
    """The line between telephone and desk: it can be cut, and it can break after so many bytes."""

    def __init__(self, port: int) -> None:
        self.to, self.is_cut, self.left = port, False, -1
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        self.is_cut = True
        self._drop()

    def join(self, *, breaks_after: int = -1) -> None:
        """Let it carry again, for so many bytes towards the desk; -1 = for good."""
        self.left, self.is_cut = breaks_after, False

    def close(self) -> None:
        self.cut()
        self._listening.close()

    def _drop(self) -> None:
        with self._guard:
            ends, self._open = self._open, set()
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self.is_cut:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.to), timeout=10)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._guard:
                self._open |= {near, far}
            threading.Thread(target=self._carry, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, is_outward: bool) -> None:
        with suppress(OSError):
            while content := source.recv(16_384):
                if self.is_cut:
                    break
                if is_outward and self.left >= 0:
                    content = content[: self.left]
                    self.left -= len(content)
                    sink.sendall(content)
                    if self.left == 0:
                        self.cut()
                        break
                    continue
                sink.sendall(content)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Browser:
    """Chromium with a profile that stays, as a telephone's does; killed without a word."""

    def __init__(self, playwright: Any, executable: str, profile: Path) -> None:
        self.playwright, self.executable, self.profile = playwright, executable, profile
        self.process: subprocess.Popen[bytes] | None = None
        self.browser: Any = None

    def open(self, *, address: str, session: str, language: str = "en", height: int = 844) -> Any:
        """Start it and return its page, logged in where a session is given."""
        port_file = self.profile / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        for left in self.profile.glob("Singleton*"):
            left.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [
                self.executable,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--remote-debugging-port=0",
                f"--user-data-dir={self.profile}",
                f"--window-size=390,{height}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (port_file.exists() and port_file.read_text().count("\n") >= 1):
            assert self.process.poll() is None, "Chromium ended"
            assert time.monotonic() < deadline, "Chromium did not start"
            time.sleep(0.05)
        port = port_file.read_text().splitlines()[0]
        self.browser = self.playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        context = self.browser.contexts[0]
        cookies = [{"name": "lamplighter_language", "value": language, "url": address}]
        if session:
            cookies.append({"name": "lamplighter_session", "value": session, "url": address})
        context.add_cookies(cookies)
        page = context.pages[0] if context.pages else context.new_page()
        page.set_viewport_size({"width": 390, "height": height})
        return page

    def kill(self) -> None:
        """End it and its children as a telephone's system does: at once."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        with suppress(Exception):
            self.browser.close()


if __name__ == "__main__":
    print(json.dumps(fill(int(sys.argv[1]))))  # noqa: T201  # what the caller reads
