"""Words as numbers, days and instants."""

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.business.metering.records import Reason
from lamplighter.business.metering.rules.grid import SlotGrid
from lamplighter.business.metering.rules.words import read_day, read_instants, read_month, read_number, read_numbers

EPOCH = dt.date(1970, 1, 1)


class TestReadDay:
    @given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)))
    def test_reads_every_form_that_names_the_year_first(self, day):
        forms = [day.isoformat(), f"{day:%Y/%m/%d}", f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日"]

        assert {read_day(form) for form in forms} == {(day - EPOCH).days}

    @pytest.mark.parametrize("word", ["02/01/2025", "2.1.2025", "25-01-02", "20250102T12:30", "0"])
    def test_does_not_guess(self, word):
        assert read_day(word) is Reason.BAD_DATE


class TestReadMonth:
    @pytest.mark.parametrize("word", ["2025-02", "202502", "2025/2", "2025年2月", "2025-02-17"])
    def test_gives_the_first_day(self, word):
        assert read_month(word) == (dt.date(2025, 2, 1) - EPOCH).days


class TestReadNumber:
    @given(st.floats(allow_nan=False, allow_infinity=False, width=32))
    def test_reads_what_python_writes(self, number):
        assert read_number(repr(number)) == number

    @pytest.mark.parametrize("word", ["1,234.5", "1_000", "12kWh", "--", "一"])
    def test_refuses_what_is_no_number(self, word):
        assert read_number(word) is Reason.NOT_A_NUMBER

    def test_says_which_rows_are_at_fault(self):
        values, faults = read_numbers(pa.chunked_array([["1", None, " 2.5 ", "x", "inf"]]))

        assert (values[0], values[2]) == (1, 2.5)
        assert faults == {3: Reason.NOT_A_NUMBER, 4: Reason.NOT_FINITE}


class TestReadInstants:
    @pytest.mark.parametrize(
        "word",
        [
            "2025-01-02T00:15:00",
            "2025-01-02 00:15",
            "2025/1/2 0:15",
            "2025-01-01T16:15:00Z",
            "2025-01-02T00:15:00+08:00",
        ],
    )
    def test_reads_the_common_forms(self, word):
        found = read_instants(pa.chunked_array([[word]])).to_utc(SlotGrid("Asia/Shanghai", 15))

        assert found.tolist() == [int(dt.datetime(2025, 1, 1, 16, 15, tzinfo=dt.UTC).timestamp() * 1e6)]

    def test_reads_24_00_as_the_next_midnight(self):
        found = read_instants(pa.chunked_array([["2025/1/1 24:00"]])).to_utc(SlotGrid("UTC", 15))

        assert found.tolist() == [int(dt.datetime(2025, 1, 2, tzinfo=dt.UTC).timestamp() * 1e6)]
