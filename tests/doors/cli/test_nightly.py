"""What ``lamplighter nightly`` says of a night."""

import datetime as dt

import pytest

from lamplighter.doors.cli.nightly import say_night
from lamplighter.journeys.nightly_run import NightReport

DAY = dt.date(2025, 3, 31)


def report(*, areas: int, computable: int) -> NightReport:
    return NightReport(
        first_on=DAY,
        last_on=DAY,
        newest_on=DAY,
        bucket_days=1,
        meter_days=120,
        reading_count=11_520,
        suspicion_count=7,
        area_count=areas,
        computable_count=computable,
    )


class TestSayNight:
    def test_counts_areas_whose_loss_can_be_trusted(self, capsys: pytest.CaptureFixture[str]) -> None:
        say_night(report(areas=60, computable=59))

        assert "59 of 60 transformer areas" in capsys.readouterr().out

    def test_sends_a_company_of_bills_to_its_months(self, capsys: pytest.CaptureFixture[str]) -> None:
        say_night(report(areas=60, computable=0))

        told = capsys.readouterr().out
        assert "0 of 60" not in told
        assert "line_loss show --month 2025-03" in told
