"""When a night is due: on the company's own clock, and as the company's own file says."""

import datetime as dt
from pathlib import Path

import pytest

from lamplighter.journeys.nights.schedule import ScheduleInvalid, read_schedule

DAY = dt.date(2026, 11, 26)
SHANGHAI = "Asia/Shanghai"


def at(text: str) -> dt.datetime:
    """An instant on Shanghai's clock."""
    return dt.datetime.fromisoformat(f"{text}+08:00")


def own(folder: Path, **changed: str) -> Path:
    entry = {
        "rule_id": '"NIGHT-1"',
        "valid_from": "2026-02-01",
        "is_on": "true",
        "run_at": '"23:00"',
        "alarm_at": '"05:00"',
        "retry_minutes": "10",
        "most_attempts": "2",
        "import_folder": '"/srv/in"',
        "source": '"order 7"',
        "evidence": '"R"',
    } | changed
    lines = "\n".join(f"{name} = {value}" for name, value in entry.items())
    (folder / "nightly.toml").write_text(f"[[schedule]]\n{lines}\n", encoding="utf-8")
    return folder


class TestTheSchedule:
    def test_has_hours_of_the_package_that_the_company_has_to_confirm(self) -> None:
        schedule = read_schedule(on=DAY)

        assert (schedule.run_at, schedule.alarm_at, schedule.is_on) == (dt.time(2), dt.time(6), True)
        assert schedule.needs_confirmation

    def test_takes_the_companys_own_hours_from_their_day_on(self, tmp_path: Path) -> None:
        folder = own(tmp_path)

        before, after = (read_schedule(on=day, folder=folder) for day in (dt.date(2026, 1, 31), dt.date(2026, 2, 1)))

        assert (before.run_at, after.run_at, after.import_folder) == (dt.time(2), dt.time(23), "/srv/in")
        assert not after.needs_confirmation

    def test_refuses_a_field_nobody_asks_for(self, tmp_path: Path) -> None:
        with pytest.raises(ScheduleInvalid, match="run_on"):
            read_schedule(on=DAY, folder=own(tmp_path, run_on='"02:00"'))

    @pytest.mark.parametrize(
        ("now", "due"),
        [("2026-11-26T01:59", dt.date(2026, 11, 25)), ("2026-11-26T02:00", DAY), ("2026-11-26T23:59", DAY)],
    )
    def test_says_which_night_was_due_last(self, now: str, due: dt.date) -> None:
        assert read_schedule(on=DAY).newest_due(at(now), zone=SHANGHAI) == due

    def test_gives_a_night_before_midnight_until_the_next_morning(self, tmp_path: Path) -> None:
        schedule = read_schedule(on=DAY, folder=own(tmp_path))

        assert schedule.run_instant(DAY, zone=SHANGHAI) == at("2026-11-26T23:00")
        assert schedule.alarm_instant(DAY, zone=SHANGHAI) == at("2026-11-27T05:00")
