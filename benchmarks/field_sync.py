"""What a telephone in the field loses or doubles when its page is killed, its line breaks, and messages come again.

    python -m benchmarks.field_sync [--trials 500] [--replays 10000] [--seed 1]

Two measurements: *page kills* in a real browser on a desk served by its own command (each trial makes a visit with one
to three photos without a network, is killed at one of four moments, comes back on a line that may break in the middle
of a photo, and hands it in), and *replays* of the protocol alone: messages of many records cut, repeated, in any order.
Afterwards every record, file and link of the chain is counted in the database, and every file hashed again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.doors.web.field_desk import START, Browser, Line, serve_field_desk

from benchmarks.measuring import publish

A_DAY = 50
"""Visits of a desk: many times what a crew makes in a day."""
NOTES = (
    "A trial of a page kill is killed while its sheet is begun, as it is sealed, in mid-sending on a line that breaks "
    "after a drawn number of bytes, or after the last byte before its answer; the page's process is ended "
    "(chrome://crash), the browser stands. Whole browsers are killed 25 times in the test suite.",
    "A replay is one message of the protocol: a file whole, its first half, its second half, a part from the middle "
    "that belongs elsewhere, the sheet, or a question. Each record then gets what it still lacks, once.",
    "Lost: a visit without its record, a record without one of its files, a file whose bytes have another SHA-256. "
    "Doubled: more records, files or links of the chain than visits, photos and sheets.",
    "The desk, the browser and the line are on one machine; the line is a relay that is cut. No telephone of flesh "
    "was used: how a maker's system throws away what pages keep is not measured.",
)


def kill_pages(trials: int, *, seed: int) -> dict[str, Any]:
    """Run trials in a browser and return what was lost or doubled: a desk and a browser for each `A_DAY` of them."""
    from playwright.sync_api import sync_playwright

    executable = next(path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path)
    started, found = time.monotonic(), []
    with sync_playwright() as playwright:
        for day, done in enumerate(range(0, trials, A_DAY)):
            found.append(_kill_a_day(playwright, executable, min(A_DAY, trials - done), seed=seed + day))
            print(f"{done + found[-1]['trials']} of {trials}: {found[-1]}", flush=True)
    added = {name: sum(each[name] for each in found) for name in found[0]}
    return {"what": "page kills", **added, "minutes": (time.monotonic() - started) / 60}


def _kill_a_day(playwright: Any, executable: str, trials: int, *, seed: int) -> dict[str, int]:
    from tests.doors.web.field_trial import KILLED, Telephone, counts_of, find_fault

    rng, sent, faults = random.Random(seed), {}, 0  # noqa: S311 RUF100
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        # One visit more than is made: a page that comes back after the last one is known by a visit that is still open.
        with serve_field_desk(home, visits=trials + 1) as desk:
            line = Line(desk.port)
            telephone = Telephone(Browser(playwright, executable, Path(folder, "profile")), line, desk)
            try:
                for trial in range(trials):
                    moment = KILLED[trial % len(KILLED)]
                    made = telephone.one_killed_visit(moment, rng, kill=telephone.crash)
                    sent |= made
                    if fault := find_fault(desk, made):
                        faults += 1
                        print(f"{moment}: {fault}", flush=True)
            finally:
                telephone.kill()
                line.close()
            last = find_fault(desk, sent)
            counts = counts_of(desk)
    return {
        "trials": trials,
        "artefacts": sum(sent.values()) + len(sent),
        "lost or doubled": faults + (1 if last else 0),
        "records": counts["records"],
        "files": counts["items"],
        "chain links": counts["links"],
    }


def replay(replays: int, *, seed: int, visits: int = 40) -> dict[str, Any]:
    """Replay messages in a process of its own and return what was lost or doubled."""
    with tempfile.TemporaryDirectory() as home:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LAMPLIGHTER_")}
        root = Path(__file__).resolve().parents[1]
        environment |= {"LAMPLIGHTER_HOME": home, "PYTHONPATH": os.pathsep.join((str(root), str(root / "src")))}
        subprocess.run([sys.executable, "-c", START, "web", "prepare"], env=environment, check=True)
        for arguments in (["tests.doors.web.field_desk", str(visits)], ["benchmarks.field_sync", "--inside"]):
            more = ["--replays", str(replays), "--seed", str(seed)] if "--inside" in arguments else []
            done = subprocess.run(
                [sys.executable, "-m", *arguments, *more], env=environment, check=True, stdout=subprocess.PIPE
            )
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def replay_inside(replays: int, *, seed: int) -> dict[str, Any]:
    """Send messages of one record a visit in any order, then what is lacking, and count."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "lamplighter.doors.web.settings"
    django.setup()
    from django.conf import settings
    from django.test import Client
    from tests.doors.web.field_company import Telephone

    from lamplighter.base.security.models import Staff
    from lamplighter.base.settings import read_settings
    from lamplighter.business.inspection.field.models import ChainLink, FieldItem, FieldRecord
    from lamplighter.business.inspection.field.verifying import verify_every_case

    settings.ALLOWED_HOSTS.append("testserver")
    rng, started = random.Random(seed), time.monotonic()  # noqa: S311 RUF100
    client = Client()
    zhang = Staff.objects.get(username="zhang")
    client.force_login(zhang, backend=settings.AUTHENTICATION_BACKENDS[0])
    second = str(Staff.objects.get(username="zhao").pk)
    visits = client.post("/field/day/").json()["visits"]
    telephones = [Telephone(client, each["visit_id"], second=second) for each in visits]
    for _ in range(replays):
        _one_message(rng.choice(telephones), rng)
    for telephone in telephones:
        for item, content in telephone.files.items():
            received = telephone.standing()["items"].get(str(item), ["coming", 0, ""])[1]
            telephone.part(item, start=received if received < len(content) else 0)
        telephone.send_sheet()
    photos = sum(len(telephone.files) for telephone in telephones)
    kept = FieldItem.objects.filter(state="kept").count()
    whole = FieldRecord.objects.filter(whole_at__isnull=False).count()
    links = ChainLink.objects.count()
    broken = sum(verdict.state.fault is not None for verdict in verify_every_case(home=read_settings().home))
    gone = abs(photos - kept) + abs(len(telephones) - whole) + abs(photos + len(telephones) - links) + broken
    return {
        "what": "replays",
        "trials": replays,
        "artefacts": photos + len(telephones),
        "lost or doubled": gone,
        "records": FieldRecord.objects.count(),
        "files": FieldItem.objects.count(),
        "chain links": links,
        "minutes": (time.monotonic() - started) / 60,
    }


def _one_message(telephone: Any, rng: random.Random) -> None:
    kind = rng.choice(("whole", "first", "rest", "middle", "sheet", "ask"))
    if kind == "sheet":
        telephone.send_sheet()
        return
    if kind == "ask":
        telephone.standing()
        return
    item = rng.choice(list(telephone.files))
    half = len(telephone.files[item]) // 2
    start, end = {"whole": (0, None), "first": (0, half), "rest": (half, None), "middle": (half + 7, half + 99)}[kind]
    telephone.part(item, start=start, end=end)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--replays", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        print(json.dumps(replay_inside(asked.replays, seed=asked.seed)))
        return
    rows = [replay(asked.replays, seed=asked.seed)]
    print(rows[0], flush=True)
    if asked.trials:
        rows.append(kill_pages(asked.trials, seed=asked.seed))
    publish("field_sync", rows=rows, notes=NOTES)


if __name__ == "__main__":
    main()
