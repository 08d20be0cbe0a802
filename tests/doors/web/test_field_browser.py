"""*In the field* on a telephone: without a network, killed at any moment, on a line that breaks, in a real browser."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.doors.web.field_desk import Browser, FieldDesk, Line, serve_field_desk
from tests.doors.web.field_trial import KILLED, Telephone, counts_of, find_fault

KILLS = 25

pytestmark = pytest.mark.requires("browser")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FieldDesk]:
    home = tmp_path_factory.mktemp("field") / "home"
    home.mkdir()
    with serve_field_desk(home, visits=KILLS + 4) as served:
        yield served


@pytest.fixture(scope="module")
def telephone(
    desk: FieldDesk, browsers: Any, tmp_path_factory: pytest.TempPathFactory, need: Callable[[str], Any]
) -> Iterator[Any]:
    line = Line(desk.port)
    browser = Browser(browsers, need("browser"), tmp_path_factory.mktemp("telephone"))
    yield Telephone(browser, line, desk)
    browser.kill()
    line.close()


class TestATelephone:
    def test_works_a_visit_without_a_network_and_hands_it_in_later(self, telephone: Telephone, desk: FieldDesk) -> None:
        page = telephone.open()
        telephone.line.cut()
        visit = telephone.begin()
        telephone.fill_theft(visit)
        page.click("text=Finish and seal")
        page.wait_for_selector("#queue[data-waiting='1']")
        assert "1 waiting" in page.inner_text("#queue")
        assert "no network" in page.inner_text("#queue")

        # A new day: the browser is opened without a network, and everything is there.
        telephone.kill()
        page = telephone.open()
        page.wait_for_selector("#queue[data-waiting='1']")
        telephone.line.join()
        page.click("#send")

        page.wait_for_selector("#queue[data-waiting='0']")
        page.wait_for_selector(".receipts li")
        assert "the case moved" in page.inner_text(".receipts")
        assert find_fault(desk, {visit: 6}) is None
        assert telephone.faults == []

    def test_says_what_is_lacking_and_whether_the_balance_closes(self, telephone: Telephone) -> None:
        page = telephone.open()
        telephone.begin()
        telephone.fill_balance(pulses="5")
        assert "Does not close: counted 0.75 kW, by currents 4.60 kW (-55.8 % of the flow apart)" in page.inner_text(
            "main"
        )

        telephone.fill_balance(pulses="30")
        assert "Closes: 6.90 kW flow in, 4.50 kW are counted, 33.3 % go past the meter" in page.inner_text("main")
        assert page.is_disabled("text=Finish and seal")
        assert "the second inspector" in page.inner_text(".lacks")

    def test_takes_no_drawing_that_can_hold_a_program(self, telephone: Telephone) -> None:
        page = telephone.open()
        telephone.begin()
        page.set_input_files(
            "[data-step=meter_face][type=file]",
            {"name": "x.svg", "mimeType": "image/svg+xml", "buffer": b"<svg onload='alert(1)'/>"},
        )

        page.wait_for_selector("text=No JPEG or PNG picture: not taken.")
        assert page.locator(".thumb").count() == 0

    def test_whose_session_is_over_keeps_its_queue_and_asks_to_log_in(
        self, telephone: Telephone, desk: FieldDesk
    ) -> None:
        page = telephone.open()
        telephone.line.cut()
        visit = telephone.begin()
        telephone.fill_no_access(photos=1)
        page.click("text=Finish and seal")
        page.wait_for_selector("#queue[data-waiting='1']")

        telephone.log_out()
        telephone.line.join()
        page.click("#send")

        page.wait_for_selector("text=Log in again to send")
        assert "1 waiting" in page.inner_text("#queue")
        page.click("#queue >> text=Log in")
        page.fill("#id_login", "zhang")
        page.fill("#id_password", "quiet-lamps-over-water")
        page.press("#id_password", "Enter")
        page.wait_for_selector("#queue[data-waiting='0']")
        assert find_fault(desk, {visit: 1}) is None

    def test_fits_a_narrow_screen_and_complains_of_nothing(self, telephone: Telephone) -> None:
        page = telephone.open()
        telephone.begin()

        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth") is True
        assert telephone.faults == []


class TestKilled:
    def test_five_and_twenty_times_it_loses_and_doubles_nothing(self, telephone: Telephone, desk: FieldDesk) -> None:
        """At any of four moments: while a sheet is begun, as it is sealed, in mid-sending, after the last byte."""
        rng = random.Random(25)  # noqa: S311 RUF100  # which moment, not a secret
        before = counts_of(desk)
        sent: dict[str, int] = {}
        for trial in range(KILLS):
            sent |= telephone.one_killed_visit(KILLED[trial % len(KILLED)], rng)

        assert find_fault(desk, sent) is None
        after = counts_of(desk)
        assert {name: after[name] - before[name] for name in after} == {
            "records": KILLS,
            "items": sum(sent.values()),
            "links": sum(sent.values()) + KILLS,
        }
