"""A proposed mapping for a file nobody has described, with its doubts."""

import gzip
import tomllib
from pathlib import Path

import pyarrow as pa
import pytest

from lamplighter.base.messages import LANGUAGES, text
from lamplighter.base.sources import FileMapping, parse_mapping
from lamplighter.business.metering.operations.inspecting import inspect_file
from lamplighter.business.metering.records import Reason
from lamplighter.business.metering.rules.inspecting import propose_mapping


def codes(proposal):
    return {doubt.code for doubt in proposal.doubts}


class TestProposal:
    def test_of_a_chinese_curve_export_names_its_slots(self):
        headings = [f"{m // 60}:{m % 60:02d}" for m in range(15, 24 * 60 + 1, 15)]
        row = {"户号": ["1"], "表号": ["2"], "日期": ["2025-01-02"], **{h: ["0.1"] for h in headings}}

        found = propose_mapping(pa.table(row))

        assert found.layout == "wide"
        assert found.columns == {"on_date": "日期", "meter_id": "表号"}
        assert found.slots == headings
        assert found.constants == {"channel": "energy_kwh"}
        assert {"stamps", "channel_assumed", "unused"} <= codes(found)

    def test_of_daily_registers_maps_the_dials(self):
        row = {"电能表编号": ["2"], "抄表日期": ["2025-01-02"], "总示数": ["1"], "峰": ["1"], "谷": ["1"]}

        found = propose_mapping(pa.table(row))

        assert found.subject == "registers"
        assert found.columns["total_kwh"] == "总示数"
        assert found.columns["valley_kwh"] == "谷"

    def test_turns_obis_codes_into_channels(self):
        row = {
            "meter": ["1"] * 2,
            "timestamp": ["2025-01-02 00:00"] * 2,
            "obis": ["1-0:1.29.0", "1-0:99.9.9"],
            "value": ["1"] * 2,
        }

        found = propose_mapping(pa.table(row))

        assert found.channels == {"1-0:1.29.0": "energy_kwh", "1-0:99.9.9": "?"}

    @pytest.mark.parametrize(
        ("days", "date_format", "doubtful"),
        [
            (["13/01/2025"], "%d/%m/%Y", False),
            (["01/13/2025"], "%m/%d/%Y", False),
            (["03/04/2025"], "%d/%m/%Y", True),
            (["2025-01-02"], "", False),
        ],
    )
    def test_says_when_day_and_month_may_be_swapped(self, days, date_format, doubtful):
        found = propose_mapping(pa.table({"meter": ["1"], "date": days, "total_kwh": ["5"]}))

        assert found.date_format == date_format
        assert ("day_month" in codes(found)) == doubtful

    def test_doubts_values_too_large_for_kwh(self):
        found = propose_mapping(pa.table({"meter": ["1"], "time": ["2025-01-02 00:00"], "kwh": ["850"]}))

        assert "unit_guess" in codes(found)

    def test_doubts_a_curve_that_never_falls(self):
        row = {"meter": ["1"], "date": ["2025-01-02"], **{f"p{i}": [str(i)] for i in range(1, 25)}}

        assert "cumulative" in codes(propose_mapping(pa.table(row), interval_minutes=60))

    def test_is_a_mapping_file_that_can_be_read(self):
        row = {'表"号': ["2"], "meter": ["1"], "date": ["13/01/2025"], **{f"p{i}": ["1"] for i in range(1, 25)}}

        words = propose_mapping(pa.table(row), encoding="gb18030").to_toml(match="*.csv", comments=["look"])

        mapping = parse_mapping(tomllib.loads(words), name="proposal")[0]
        assert mapping == FileMapping(
            match="*.csv",
            subject="interval",
            layout="wide",
            encoding="gb18030",
            date_format="%d/%m/%Y",
            columns={"on_date": "date", "meter_id": "meter"},
            constants={"channel": "energy_kwh"},
            slots=tuple(f"p{i}" for i in range(1, 25)),
        )

    def test_finds_the_encoding_of_a_file(self, tmp_path):
        path = tmp_path / "a.csv.gz"
        path.write_bytes(gzip.compress("表号,日期,总示数\n1,2025-01-02,5\n".encode("gb18030")))

        found = inspect_file(path, interval_minutes=15)

        assert (found.encoding, found.subject) == ("gb18030", "registers")


class TestReason:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_has_a_text_in_every_language(self, language):
        assert all(text(f"metering.reason.{reason}", in_language=language) for reason in Reason)

    def test_is_on_the_published_page(self):
        page = (Path(__file__).parents[3] / "docs/reference/quarantine-reasons.md").read_text(encoding="utf-8")
        words = {
            lang: [text(f"metering.reason.{reason}", in_language=lang) for reason in Reason] for lang in ("en", "zh")
        }

        rows = [f"| `{reason.value}` | {en} | {zh} |" for reason, en, zh in zip(Reason, *words.values(), strict=True)]

        assert [row for row in rows if row not in page] == []
