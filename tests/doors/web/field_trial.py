"""What a person does with the telephone in the browser, where he is killed at it, and what must be on the desk then."""

import hashlib
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playwright.sync_api import Error
from tests.doors.web.field_desk import Browser, FieldDesk, Line, photo

KILLED = ("while it is begun", "as it is sealed", "in mid-sending", "after the last byte")
PHOTO_SIZE = (320, 240)
"""Noise of some 100 kB, so that a line can break in the middle of it."""
PATIENCE_SECONDS = 60


class Telephone:
    """A browser on a line to a desk, and the visits that are still to be made."""

    def __init__(self, browser: Browser, line: Line, desk: FieldDesk) -> None:
        self.browser, self.line, self.desk = browser, line, desk
        self.page: Any = None
        self.session = desk.session
        self.faults: list[str] = []
        self.taken = 0

    def open(self) -> Any:
        """Open the page in a browser that runs, or start one; its kept copy rules from the second time on."""
        if self.page is None:
            self._page(self.browser.open(address=self.line.address, session=self.session))
        self.page.goto(f"{self.line.address}/field/")
        self.page.wait_for_selector("body[data-ready=yes]")
        if not self.line.is_cut:
            self.page.wait_for_selector("body[data-kept=yes]")
        self.page.wait_for_selector("[data-visit]")
        return self.page

    def _heard(self, said: Any) -> None:
        # A line that is cut is told to the console by the browser itself.
        if said.type == "error" and "Failed to load resource" not in said.text:
            self.faults.append(said.text)

    def kill(self) -> None:
        self.browser.kill()
        self.page = None

    def crash(self) -> None:
        """Kill the page alone: its process is gone, the browser stands."""
        context = self.page.context
        # The browser's own address for it; the page is gone before it could answer.
        with suppress(Error):
            self.page.goto("chrome://crash", timeout=2000, wait_until="commit")
        self._page(context.new_page())

    def _page(self, page: Any) -> None:
        old, self.page = self.page, page
        if old is not None:
            with suppress(Error):
                old.close()
        page.set_viewport_size({"width": 390, "height": 844})
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._heard)

    def log_out(self) -> None:
        self.page.context.clear_cookies(name="lamplighter_session")

    def begin(self) -> str:
        """Begin the first visit nobody began, or go on with the one that is begun; return its id."""
        found = self.page.locator("[data-visit]").first
        visit = str(found.get_attribute("data-visit"))
        found.click()
        self.page.wait_for_selector("[name=second]")
        return visit

    def take(self, step: str) -> None:
        self.taken += 1
        before = self.page.locator(".thumb").count()
        content = photo(self.taken, size=PHOTO_SIZE)
        self.page.set_input_files(
            f"[data-step='{step}'][type=file]", {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": content}
        )
        self.page.locator(".thumb").nth(before).wait_for()

    def fill_balance(self, *, pulses: str) -> None:
        fields = {"power_factor": "1", "multiplier": "40", "pulses": pulses, "seconds": "600", "pulses_per_kwh": "1600"}
        for phase, shown in enumerate(("0.25", "0.25", "0")):
            for name, value in (("voltage_v", "230"), ("in_a", "10"), ("through_a", shown)):
                self.page.locator(f"[name={name}]").nth(phase).fill(value)
        for name, value in fields.items():
            self.page.fill(f"[name={name}]", value)

    def fill_theft(self, visit: str) -> None:
        """A shorted current transformer: five photos, a balance that closes, a signature."""
        page = self.page
        page.select_option("[name=second]", label="赵敏")
        page.check("[name=certificate]")
        page.fill("[name=position_missing]", "in a cellar")
        for step in ("whole_site", "box_with_seal", "meter_face", "clamp_photo", "ct_plate"):
            self.take(step)
        page.fill("[data-step=register]:not([type=file])", "1234.5")
        self.fill_balance(pulses="30")
        page.click("[data-name=outcome][data-value=THEFT]")
        page.select_option("[name=found_by]", "ct_short")
        page.fill("[name=note]", "two of three windings shorted")
        page.click("[data-name=consent][data-value=signed]")
        page.fill("[name=signer]", "王某")
        box = page.locator("canvas.pad").bounding_box()
        page.locator("canvas.pad").scroll_into_view_if_needed()
        box = page.locator("canvas.pad").bounding_box()
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        for step in range(1, 8):
            page.mouse.move(box["x"] + 20 + 25 * step, box["y"] + 20 + 8 * (step % 3))
        page.mouse.up()
        page.click("[data-keep-signature]")
        page.wait_for_selector("text=Signature kept")
        page.wait_for_selector("text=Finish and seal >> visible=true")

    def fill_no_access(self, *, photos: int) -> None:
        page = self.page
        page.select_option("[name=second]", label="赵敏")
        page.fill("[name=position_missing]", "in a cellar")
        for _ in range(photos):
            self.take("")
        page.click("[data-name=outcome][data-value=NO_ACCESS]")
        page.wait_for_selector("button.big:enabled >> text=Finish and seal")

    def one_killed_visit(
        self, moment: str, rng: random.Random, *, kill: Callable[[], None] | None = None
    ) -> dict[str, int]:
        """Make a visit without a network, be killed at a moment of it, come back and hand it in; photos by visit.

        Args:
            moment: one of `KILLED`.
            rng: draws how many photos, and when and where it breaks.
            kill: how it is killed; the whole browser without.
        """
        end = kill or self.kill
        self.open()
        self.line.cut()
        photos = rng.randint(1, 3)
        visit = self.begin()
        if moment == KILLED[0]:
            self.take("")
            end()
            self.open()
            assert self.begin() == visit
            self.page.locator(".thumb").first.wait_for()
            self.fill_no_access(photos=photos - 1)
        else:
            self.fill_no_access(photos=photos)
        self.page.click("text=Finish and seal")
        if moment == KILLED[1]:
            time.sleep(rng.random() * 0.05)
            end()
            self.open_anew(visit)
        else:
            self.page.wait_for_selector("#queue[data-waiting='1']")
        if moment == KILLED[2]:
            self.line.join(breaks_after=rng.randint(500, 100_000 * photos))
            self.page.click("#send")
            time.sleep(rng.random() * 0.4)
            end()
        self.line.join()
        if moment == KILLED[3]:
            self.page.click("#send")
            time.sleep(rng.random() * 0.6)
            end()
        self.open_and_send()
        return {visit: photos}

    def open_anew(self, visit: str) -> None:
        """Come back after a kill as the sheet was sealed: it is sealed, or it is as it was and is sealed again."""
        self.open()
        if self.page.get_attribute("#queue", "data-waiting") != "1":
            assert self.begin() == visit
            self.page.click("text=Finish and seal")
            self.page.wait_for_selector("#queue[data-waiting='1']")

    def open_and_send(self) -> None:
        self.open()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.page.get_attribute("#queue", "data-waiting") != "0":
            assert time.monotonic() < deadline, self.page.inner_text("#queue")
            self.page.evaluate("document.getElementById('send')?.click()")
            self.page.wait_for_timeout(100)


def _ask(desk: FieldDesk, sql: str, *values: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{desk.database}?mode=ro", uri=True) as found:
        return found.execute(sql, values).fetchall()


def counts_of(desk: FieldDesk) -> dict[str, int]:
    tables = {"records": "field_fieldrecord", "items": "field_fielditem", "links": "field_chainlink"}
    return {name: int(_ask(desk, f"SELECT count(*) FROM {table}")[0][0]) for name, table in tables.items()}  # noqa: S608 RUF100


def find_fault(desk: FieldDesk, photos_by_visit: dict[str, int]) -> str | None:
    """Return what was lost, doubled or altered of some visits; None where each is there once with all its files."""
    for visit, photos in photos_by_visit.items():
        key = visit.replace("-", "")
        records = _ask(desk, "SELECT record_id, whole_at FROM field_fieldrecord WHERE visit_id = ?", key)
        if len(records) != 1 or records[0][1] is None:
            return f"{visit}: {len(records)} records, whole: {[bool(each[1]) for each in records]}"
        record = records[0][0]
        items = _ask(desk, "SELECT sha256, state FROM field_fielditem WHERE record_id = ?", record)
        links = _ask(desk, "SELECT what FROM field_chainlink WHERE record_id = ?", record)
        if len(items) != photos or {state for _, state in items} - {"kept"}:
            return f"{visit}: {len(items)} files of {photos}: {items}"
        if sorted(what for (what,) in links) != ["item"] * photos + ["sheet"]:
            return f"{visit}: links {links}"
        case = _ask(desk, "SELECT case_id FROM field_fieldvisit WHERE visit_id = ?", key)[0][0]
        for sha256, _ in items:
            content = (desk.home / "desk" / "cases" / str(case) / sha256).read_bytes()
            if hashlib.sha256(content).hexdigest() != sha256:
                return f"{visit}: {sha256} is another file"
    return None
