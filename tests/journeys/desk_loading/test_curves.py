"""A customer's curves on the desk: a year in hours, a day in slots, as known at, and who looked at them."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client

from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.audit.records import Act
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.metering.tables import INTERVAL
from lamplighter.business.trusted_energy.records import Quality
from lamplighter.business.trusted_energy.tables import TRUSTED_CURVE
from lamplighter.journeys.curve_reading import read_channels, read_curve_year, read_versions
from tests.journeys.brief.conftest import NIGHT, WORKED_AT, put, write_company
from tests.journeys.desk_loading.conftest import ACCOUNT

pytestmark = pytest.mark.django_db

METER = {"meter_id": "M01001", "bucket": 0, "multiplier": 20.0}
FIRST_KNOWN = dt.datetime(2025, 4, 1, 1)
CORRECTED = dt.datetime(2025, 4, 3, 1)


def receive(lake: Lake, *, known_at: dt.datetime, channel: str = "energy_kwh", values: list[float | None]) -> None:
    """Take in one channel of the meter's newest day."""
    rows = {
        "meter_id": ["M01001"],
        "on_date": pa.array([NIGHT], pa.date32()),
        "channel": [channel],
        "slot_count": pa.array([96], pa.int16()),
        "values": pa.array([values], pa.list_(pa.float32())),
    }
    with lake.transaction() as change:
        change.append(INTERVAL, pa.table(rows), known_at=known_at, bucket=0)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """The meter's newest day: 0.1 kWh a slot, the first slot missing; corrected two days later to 0.2 throughout."""
    monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path))
    made = write_company(tmp_path / "lake", days=6)
    receive(made, known_at=FIRST_KNOWN, values=[None, *[0.1] * 95])
    receive(made, known_at=FIRST_KNOWN, channel="voltage_a_v", values=[230.0] * 96)
    receive(made, known_at=FIRST_KNOWN, channel="current_a_a", values=[1.5] * 96)
    receive(made, known_at=CORRECTED, values=[0.2] * 96)
    return made


def year(lake: Lake, *, as_known_at: dt.datetime | None = None) -> Any:
    first_on = NIGHT - dt.timedelta(days=2)
    return read_curve_year(lake, meter=METER, first_on=first_on, last_on=NIGHT, as_known_at=as_known_at)


class TestCurveYear:
    def test_gives_the_mean_power_of_each_hour_after_the_multiplier(self, lake: Lake) -> None:
        found = year(lake)

        # Four slots of 0.2 kWh times 20 are 16 kWh in an hour.
        assert found.kw[2] == (16.0,) * 24
        assert found.kw[0] == (None,) * 24
        assert found.quality == (Quality.MISSING, Quality.MISSING, Quality.ACTUAL)

    def test_leaves_an_hour_open_of_which_a_slot_is_missing(self, lake: Lake) -> None:
        found = year(lake, as_known_at=FIRST_KNOWN)

        assert found.kw[2] == (None, *[8.0] * 23)
        assert found.quality[2] is Quality.MISSING

    def test_goes_by_what_the_night_made_of_it(self, lake: Lake) -> None:
        made = {"values": [0.1] * 96, "quality": [2, *[0] * 95], "reason": [1, *[0] * 95]}
        rows = [{"meter_id": "M01001", "on_date": NIGHT, "channel": "energy_kwh", **made}]
        put(lake, TRUSTED_CURVE, rows, days=[NIGHT])

        found = year(lake)

        assert (found.kw[2], found.quality[2]) == ((8.0,) * 24, Quality.ESTIMATED)


class TestVersions:
    def test_stand_newest_first_with_what_each_brought(self, lake: Lake) -> None:
        found = read_versions(lake, meter_id="M01001", bucket=0, on_date=NIGHT)

        # 95 slots of 0.1 came first, 96 of 0.2 later; a night worked in between.
        assert [(version.known_at, version.kind.value) for version in found] == [
            (CORRECTED, "received"),
            (WORKED_AT, "worked"),
            (FIRST_KNOWN, "received"),
        ]
        assert found[0].energy_kwh == pytest.approx(19.2)
        assert found[2].energy_kwh == pytest.approx(9.5)

    def test_of_voltage_and_current_are_read_with_the_day(self, lake: Lake) -> None:
        found = read_channels(lake, meter_id="M01001", bucket=0, on_date=NIGHT, as_known_at=None)

        assert {name: values[0] for name, values in found.items()} == {"voltage_a_v": 230.0, "current_a_a": 1.5}


@pytest.fixture
def number(log_in: Callable[..., Client]) -> int:
    return int(CustomerEntry.objects.get(account_id=ACCOUNT).pk)


class TestCurvePages:
    def test_show_a_day_as_it_was_known_at_an_instant(self, number: int, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S2")
        of_day = f"/customers/{number}/curve/?day={NIGHT}"

        newest = client.get(of_day)
        earlier = client.get(f"{of_day}&known={FIRST_KNOWN.isoformat()}")

        assert newest.context["meter_day"].received_kwh == pytest.approx(19.2)
        assert earlier.context["meter_day"].received_kwh == pytest.approx(9.5)
        assert "What was known at an earlier instant is shown" in earlier.content.decode()
        assert [version["at"] for version in newest.context["versions"]] == [
            "2025-04-03 09:00:00",
            "2025-04-01 10:00:00",
            "2025-04-01 09:00:00",
        ]

    @pytest.mark.parametrize("known", ["yesterday", "2025-13-45", ""])
    def test_take_what_is_no_instant_for_the_newest(
        self, known: str, number: int, log_in: Callable[..., Client]
    ) -> None:
        page = log_in(Role.INSPECTOR, unit="S2").get(f"/customers/{number}/curve/?known={known}")

        assert page.context["curve_known"] == ""

    def test_give_a_year_compact_and_masked(self, number: int, log_in: Callable[..., Client]) -> None:
        answer = log_in(Role.INSPECTOR, unit="S2").get(f"/customers/{number}/heat/?meter=M01001")

        found = answer.json()
        # It begins with the first day of which something is known. 0.2 × 4 × 20 of the archive's multiplier 1 is 0.8.
        assert (found["first"], found["quality"]) == (NIGHT.isoformat(), "0")
        assert len(found["tens"]) == 1
        assert len(answer.content) < 60_000
        assert ACCOUNT not in answer.content.decode()
        assert answer.headers["Cache-Control"] == "private, no-store"

    def test_know_no_meter_of_another_customer(self, number: int, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S2")

        assert client.get(f"/customers/{number}/heat/?meter=M04001").status_code == 404

    def test_are_kept_from_a_role_without_curves(self, number: int, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.MARKETING_ANALYST, unit="S2")

        assert client.get(f"/customers/{number}/heat/?meter=M01001").status_code == 403
        assert client.get(f"/customers/{number}/").context.get("peers") is None

    def test_note_who_looked_once_a_day(self, number: int, log_in: Callable[..., Client]) -> None:
        one, other = log_in(Role.INSPECTOR, unit="S2"), log_in(Role.SERVICE_AGENT, unit="S2")

        for path in (f"/customers/{number}/", f"/customers/{number}/curve/", f"/customers/{number}/heat/?meter=M01001"):
            one.get(path)
        other.get(f"/customers/{number}/curve/")

        entries = Entry.objects.filter(act=Act.CURVES_SEEN, subject=str(number))
        assert sorted(entries.values_list("staff_name", flat=True)) == ["inspector-S2", "service_agent-S2"]
        assert all(ACCOUNT not in entry.after for entry in entries)

    def test_note_nothing_for_whom_no_curve_is_shown(self, number: int, log_in: Callable[..., Client]) -> None:
        log_in(Role.MARKETING_ANALYST, unit="S2").get(f"/customers/{number}/")

        assert not Entry.objects.filter(act=Act.CURVES_SEEN).exists()

    def test_say_what_is_not_connected(self, number: int, log_in: Callable[..., Client]) -> None:
        html = log_in(Role.INSPECTOR, unit="S2").get(f"/customers/{number}/").content.decode()

        assert "Billing is not connected" in html
        assert "The ticket system is not connected" in html
        assert "records of visits are not connected" in html
