"""A real desk and a real kill: a worker dies after the channel took the message and before it wrote so down."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.doors.cli.test_jobs import ask_database, run, wait_for, workers

__all__ = ["workers"]

WITH_A_MESSAGE = """
import sys, time
from django.utils import timezone
from lamplighter.base.settings import read_settings
from lamplighter.doors.web import starting
home = read_settings().home
starting.start_django(home)
from lamplighter.base.outbox.adapters.files import FileAdapter
from lamplighter.base.outbox.addresses import add_address_book
from lamplighter.base.outbox.operations import queue_message
from lamplighter.base.outbox.records import Channel, Recipient, Subject
from lamplighter.base.security.actor import UnitPath

add_address_book("test", lambda ref, channel: "13800000000", lambda ref: "**")
if sys.argv[1] == "queue":
    queue_message(
        key="k", channel=Channel.SMS, recipient=Recipient("test", "1"), subject=Subject("inspection.case", "1"),
        subject_words="AJ-1", path=UnitPath("P", "C", "N", "S1"), template="deadline_reminder",
        fields={"case": "AJ-1", "task": "t", "due": "d", "provisional": ""}, language="en", by=None,
        now=timezone.now(), home=home,
    )
else:
    send = FileAdapter.send

    def take_and_wait(self, outgoing):
        handed = send(self, outgoing)
        with (home.path / "taken").open("a") as taken:
            taken.write(outgoing.key + "\\n")
        while not (home.path / "go").exists():
            time.sleep(0.05)
        return handed

    FileAdapter.send = take_and_wait
    from lamplighter.doors.cli import main
    main()
"""


class TestAWorkerKilledInMidSend:
    def test_leaves_one_message_at_the_channel_and_the_next_worker_says_so(
        self, home: Path, desk: Path, workers: list[subprocess.Popen[bytes]]
    ) -> None:
        (home / "settings").mkdir(exist_ok=True)
        (home / "settings" / "outbox.toml").write_text("[sending]\nlost_after_seconds = 1\n")
        queued = run(sys.executable, "-c", WITH_A_MESSAGE, "queue")
        assert queued.returncode == 0, queued.stderr
        first = subprocess.Popen((sys.executable, "-c", WITH_A_MESSAGE, "jobs", "work"))
        workers.append(first)
        wait_for((home / "taken").exists)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert ask_database(desk, "SELECT state, attempt FROM outbox_message") == [("sending", 1)]

        (home / "go").touch()
        workers.append(subprocess.Popen((sys.executable, "-c", WITH_A_MESSAGE, "jobs", "work")))
        wait_for(lambda: ask_database(desk, "SELECT state FROM outbox_message") == [("sent",)])

        assert (home / "taken").read_text().split() == ["k#0", "k#0"]
        (message,) = (home / "outbox" / "sms").iterdir()
        assert json.loads(message.read_text())["key"] == "k#0"
        kinds = ask_database(desk, "SELECT kind FROM outbox_messageevent ORDER BY id")
        assert [kind for (kind,) in kinds] == ["queued", "sending", "lost", "sending", "sent"]
