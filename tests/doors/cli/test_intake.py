"""``lamplighter company``, ``metering``, ``network`` and ``customers``, as a person and as a machine use them."""

import json

import pytest

from lamplighter.doors.cli.commands import run
from lamplighter.doors.cli.output import ExitCode

FILES = {
    "company.toml": 'name = "Demo"\ntimezone = "Asia/Shanghai"\ninterval_minutes = 60\n',
    "units.csv": "unit_id,parent_id,level,name\nP,,province,North\nS,P,station,Lakeside\n",
    "areas.csv": "area_id,station_id,name\nA1,S,Mill\n",
    "customers.csv": "account_id,name,class,telephone\n0012345678,王小明,residential,13812345678\n",
    "meters.csv": "meter_id,account_id,area_id,role\nM1,0012345678,A1,customer\n",
    "interval.csv": (
        "meter_id,started_at,channel,value\nM1,2025-01-02T00:00:00,energy_kwh,1.5\nM9,2025-01-02T00:00:00,energy_kwh,2\n"
    ),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LAMPLIGHTER_LANG", "en")
    place = tmp_path / "company"
    place.mkdir()
    for name, content in FILES.items():
        (place / name).write_text(content, encoding="utf-8")
    return place


@pytest.fixture
def answer(capsys):
    def ask(*words, code=ExitCode.OK):
        capsys.readouterr()
        assert run([*words, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return ask


class TestCompanyImport:
    def test_ends_with_3_and_the_reasons_when_rows_were_set_aside(self, folder, answer):
        found = answer("company", "import", str(folder), code=ExitCode.QUARANTINED)

        assert found["count"]["quarantined"] == 1
        assert found["reasons"] == [{"subject": "interval", "reason": "unknown_meter", "count": 1}]

    def test_ends_with_1_when_a_file_could_not_be_read(self, folder, answer):
        (folder / "registers.csv").write_bytes(b"")

        found = answer("company", "import", str(folder), code=ExitCode.FAILED)

        assert [file["path"] for file in found["files"] if file["refusal"]] == ["registers.csv"]

    def test_tells_a_person_the_count(self, folder, capsys):
        run(["company", "import", str(folder)])

        assert "7 read = 6 new + 0 new versions + 0 repeats + 1 set aside" in capsys.readouterr().out


class TestMetering:
    @pytest.fixture(autouse=True)
    def imported(self, folder):
        run(["company", "import", str(folder), "--json"])

    def test_lists_files_with_their_counts(self, answer):
        counts = {row["path"]: row["read_count"] for row in answer("metering", "files")}

        assert counts["interval.csv"] == 2

    def test_lists_what_was_set_aside_without_the_row_itself(self, answer):
        rows = answer("metering", "quarantine", "--reason", "unknown_meter")

        assert [(row["path"], row["row_number"], row["reason"]) for row in rows] == [
            ("interval.csv", 2, "unknown_meter")
        ]
        assert "row_json" not in rows[0]

    def test_filters_what_was_set_aside(self, answer):
        assert answer("metering", "quarantine", "--subject", "registers") == []

    def test_releases_nothing_while_the_cause_holds(self, answer):
        found = answer("metering", "release", code=ExitCode.QUARANTINED)

        assert (found["released_count"], found["kept_count"]) == (0, 1)

    def test_releases_what_was_mended(self, folder, answer):
        (folder / "meters-2.csv").write_text("meter_id,area_id,role\nM9,A1,customer\n")
        answer("company", "import", str(folder))

        assert answer("metering", "release")["released_count"] == 1
        assert answer("metering", "curve", "M9", "2025-01-02")["values"][:2] == [2.0, None]

    def test_shows_a_curve_as_known_at_an_instant(self, answer):
        assert answer("metering", "curve", "M1", "2025-01-02")["values"][0] == 1.5
        assert answer("metering", "curve", "M1", "2025-01-02", "--as-known-at", "2020-01-01")["values"] == []

    def test_says_in_one_sentence_that_a_meter_is_unknown(self, capsys):
        assert run(["metering", "curve", "M7", "2025-01-02"]) == ExitCode.FAILED
        assert "M7 is not registered" in capsys.readouterr().err.replace("\n", " ")

    def test_writes_a_proposed_mapping(self, tmp_path, answer):
        (tmp_path / "x.csv").write_text("表号,日期,总示数\nM1,2025-01-02,5\n", encoding="gb18030")

        found = answer("metering", "inspect", str(tmp_path / "x.csv"), "--out", str(tmp_path / "m.toml"))

        assert 'encoding = "gb18030"' in (tmp_path / "m.toml").read_text(encoding="utf-8")
        assert any("gb18030" in doubt for doubt in found["doubts"])


class TestArchives:
    @pytest.fixture(autouse=True)
    def imported(self, folder):
        run(["company", "import", str(folder), "--json"])

    def test_lists_areas_of_a_unit_with_their_meters(self, answer):
        rows = answer("network", "areas", "--unit", "P")

        assert [(row["area_id"], row["meter_count"]) for row in rows] == [("A1", 1)]
        assert answer("network", "areas", "--unit", "NOBODY") == []

    def test_shows_an_area(self, answer, capsys):
        assert answer("network", "area", "A1")["meters"][0]["meter_id"] == "M1"
        assert run(["network", "area", "A7"]) == ExitCode.FAILED
        assert "A7" in capsys.readouterr().err

    def test_masks_personal_data(self, answer, capsys):
        row = answer("customers", "show", "0012345678")
        run(["customers", "list"])
        shown = capsys.readouterr().out

        assert (row["name"], row["telephone"], row["account_id"]) == ("王**", "138****5678", "******5678")
        assert "王小明" not in shown
        assert "13812345678" not in shown
        assert "0012345678" not in shown
