"""The clock of every Python process that has this folder on its path: it stands at what a file says, and runs on.

Written anew, the file sets the clocks of the processes that run already, so that three days pass in a test.
"""

import datetime as dt
import os
import threading
import time
from pathlib import Path

import time_machine

FILE = Path(os.environ["DESK_CLOCK"])


clock = time_machine.travel(dt.datetime.fromisoformat(FILE.read_text().strip()), tick=True).start()


def keep_setting() -> None:
    known = FILE.read_text().strip()
    while True:
        time.sleep(0.1)
        said = FILE.read_text().strip()
        if said != known:
            known = said
            clock.move_to(dt.datetime.fromisoformat(said))


def watch() -> None:
    threading.Thread(target=keep_setting, daemon=True).start()


watch()
# A server that forks leaves the thread behind.
os.register_at_fork(after_in_child=watch)
