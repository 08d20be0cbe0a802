"""``lamplighter inspection``: the same operations as the pages, from a terminal."""

import json

import pytest

from lamplighter.base.messages import speaking
from lamplighter.doors.cli.commands import run
from lamplighter.doors.cli.output import ExitCode

HOOKING = [
    "--method",
    "connected",
    "--category",
    "lighting",
    "--kw",
    "5",
    "--price",
    "0.52",
    "--found-on",
    "2025-03-01",
]
METER = ["--wiring", "four_wire", "--current", "3x1.5(6)", "--ct", "200/5"]
SHEET = {
    "kind": "work_sheet",
    "number": "GD-1",
    "company": "示例供电公司",
    "made_at": "2025-03-03T08:00:00+08:00",
    "supply": {"account_id": "1", "customer": "甲", "address": "乙"},
    "inspectors": [{"name": "李明", "certificate": "1"}, {"name": "王芳", "certificate": "2"}],
    "visit": "theft",
}


def answer(capsys, *words, code=ExitCode.OK):
    assert run(["inspection", *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")


@pytest.fixture
def written(tmp_path):
    def write(content):
        file = tmp_path / "case.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        return str(file)

    return write


class TestAmount:
    def test_shows_every_line_with_formula_clause_and_what_to_confirm(self, home, capsys):
        assert run(["inspection", "amount", "theft", *HOOKING]) == ExitCode.OK

        told = capsys.readouterr().out
        for words in ("5 kW × 1,080 h", "5,400 kWh × 0.52 yuan/kWh", "11,232.00 yuan", "Art. 105", "company default"):
            assert words in told

    def test_speaks_chinese(self, home, capsys):
        with speaking("zh"):
            run(["inspection", "amount", "theft", *HOOKING])

        told = capsys.readouterr().out
        assert "合计：11,232.00 元（向用户收取）" in told
        assert "5,400 kWh × 0.52 元/kWh" in told

    def test_gives_machines_figures_as_text(self, home, capsys):
        found = answer(capsys, "amount", "theft", *HOOKING)

        assert (found["total_yuan"], found["energy_kwh"]) == ("11232.00", "5400.00")
        assert [line["value"] for line in found["lines"]][-1] == "8424.00"
        assert {"name": "deduct_billed_energy", "value": "by_method"}.items() <= found["switches"][0].items()

    def test_puts_options_over_a_file(self, home, capsys, written):
        file = written({"found_on": "2025-03-01", "method": "meter", "category": "power", "price_yuan": 1})

        found = answer(capsys, "amount", "theft", "--file", file, *METER, "--billed-kwh", "30000")

        assert found["energy_kwh"] == "55536.00"

    def test_sets_a_switch_and_refuses_one_there_is_none_of(self, home, capsys):
        words = ["amount", "late-fee", "--arrears", "1000", "--due-on", "2025-03-01", "--paid-on", "2025-03-02"]
        words += ["--not-residential"]

        assert answer(capsys, *words)["total_yuan"] == "2.00"
        assert answer(capsys, *words, "--set", "late_days=from_due")["total_yuan"] == "4.00"
        failed = answer(capsys, *words, "--set", "late_days=never", code=ExitCode.FAILED)
        assert "from_due" in failed["error"]["message"]

    @pytest.mark.parametrize(
        ("words", "total"),
        [
            ("breach --kind BR-5 --kw 60 --found-on 2025-03-01", "30000.00"),
            (
                "metering-error --kind ratio --metered-kwh 30000 --price 0.5 --corrected-on 2025-03-01 "
                "--true-ratio 200/5 --billed-ratio 150/5",
                "5000.00",
            ),
        ],
    )
    def test_works_out_every_kind(self, home, capsys, words, total):
        assert answer(capsys, "amount", *words.split())["total_yuan"] == total

    def test_names_every_fact_that_is_missing(self, home, capsys):
        failed = answer(capsys, "amount", "breach", code=ExitCode.FAILED)

        assert failed["error"]["kind"] == "FactsInvalid"
        assert all(name in failed["error"]["message"] for name in ("kind", "found_on"))

    def test_refuses_what_is_no_number(self, home, capsys):
        failed = answer(capsys, "amount", "theft", *HOOKING, "--billed-kwh", "many", code=ExitCode.FAILED)

        assert "billed_kwh" in failed["error"]["message"]


class TestDeadline:
    def test_counts_working_days(self, home, capsys):
        found = answer(capsys, "deadline", "bill_dispute", "--start", "2025-09-30")

        assert found["last_on"] == "2025-10-14"

    def test_says_what_is_a_company_default(self, home, capsys):
        run(["inspection", "deadline", "office_visit", "--start", "2025-03-03"])

        assert "Company default, confirm." in capsys.readouterr().out

    def test_lists_all_without_a_name(self, home, capsys):
        assert {row["name"]: row["unit"] for row in answer(capsys, "deadline", "--start", "2024-05-31")}["restore"] == (
            "calendar_day"
        )

    def test_asks_for_a_time_where_hours_count(self, home, capsys):
        failed = answer(capsys, "deadline", "restore", "--start", "2025-03-03", code=ExitCode.FAILED)

        assert failed["error"]["kind"] == "InstantNeeded"
        found = answer(capsys, "deadline", "restore", "--start", "2025-03-03T09:30+08:00")
        assert found["due_at"] == "2025-03-04T09:30:00+08:00"

    def test_refuses_a_start_it_cannot_read(self, home, capsys):
        assert run(["inspection", "deadline", "restore", "--start", "Monday"]) == ExitCode.USAGE

    def test_is_provisional_in_a_year_whose_holidays_are_not_announced(self, home, capsys):
        # From Thursday 30 December 2027: 31, then 4 to 7 January, for Saturday the 1st is made up for on the 3rd.
        found = answer(capsys, "deadline", "bill_dispute", "--start", "2027-12-30")

        assert (found["last_on"], found["is_provisional"]) == ("2028-01-07", True)
        assert run(["inspection", "deadline", "bill_dispute", "--start", "2027-12-30"]) == ExitCode.OK
        assert "provisional" in capsys.readouterr().out

    def test_refuses_a_year_that_is_not_on_record(self, home, capsys):
        failed = answer(capsys, "deadline", "office_visit", "--start", "2051-03-03", code=ExitCode.FAILED)

        assert "2051" in failed["error"]["message"]


class TestStop:
    PLAN: dict[str, object] = {"ground": "emergency", "stop_at": "2025-03-12T10:00:00+08:00"}  # noqa: RUF012 - read only

    def test_says_which_guard_is_missing_and_why(self, home, capsys, written):
        file = written(self.PLAN)

        assert run(["inspection", "stop", "--case", file]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "1 guards fail or are unknown" in told
        assert "was not looked into" in " ".join(told.split())

    def test_says_when_supply_may_be_stopped(self, home, capsys, written):
        found = answer(capsys, "stop", "--case", written(self.PLAN | {"harms_others": False}))

        assert found["may_stop"] is True
        assert [guard["state"] for guard in found["guards"]] == ["holds"]

    def test_refuses_an_instant_without_its_zone(self, home, capsys, written):
        plan = self.PLAN | {"stop_at": "2025-03-12T10:00:00"}

        failed = answer(capsys, "stop", "--case", written(plan), code=ExitCode.FAILED)

        assert "stop_at" in failed["error"]["message"]


class TestNotice:
    def test_writes_a_pdf_whose_content_can_be_checked(self, home, capsys, written, tmp_path):
        file, pdf = written(SHEET), tmp_path / "papers" / "sheet.pdf"

        found = answer(capsys, "notice", "--case", file, "--pdf", str(pdf))

        assert pdf.read_bytes().startswith(b"%PDF-")
        assert [entry.name for entry in pdf.parent.iterdir()] == ["sheet.pdf"]
        answer(capsys, "notice", "--case", file, "--check", found["sha256"])

    def test_tells_when_the_content_is_another(self, home, capsys, written):
        sha256 = answer(capsys, "notice", "--case", written(SHEET))["sha256"]

        changed = written(SHEET | {"number": "GD-2"})

        failed = answer(capsys, "notice", "--case", changed, "--check", sha256, code=ExitCode.FAILED)
        assert failed["error"]["kind"] == "ContentDiffers"

    def test_refuses_a_language_it_does_not_print(self, home, capsys, written):
        words = ["notice", "--case", written(SHEET), "--languages", "fr"]

        assert "zh_en" in answer(capsys, *words, code=ExitCode.FAILED)["error"]["message"]


class TestLaw:
    def test_marks_what_is_a_company_default(self, home, capsys):
        run(["inspection", "law", "--on", "2025-03-01"])

        told = " ".join(capsys.readouterr().out.split())
        assert "company default" in told

    def test_gives_every_rule_with_source_and_grade(self, home, capsys):
        found = answer(capsys, "law", "--on", "2024-05-31")

        rule = next(rule for rule in found["rules"] if rule["rule_id"] == "theft.days_unknown")
        assert (rule["value"], rule["version"], rule["evidence"]) == ("180", "1996", "R")
        assert any(switch["name"] == "days_unknown" for switch in found["switches"])

    def test_reads_the_companys_own_rules_from_its_home(self, home, capsys):
        (home / "settings").mkdir(parents=True)
        (home / "settings" / "inspection.toml").write_text(
            '[[switch]]\nname = "late_days"\noptions = ["after_due", "from_due"]\ndefault = "from_due"\n'
            'valid_from = 2025-01-01\nzh = "天数"\nen = "days"\nsource = "board"\nevidence = "R"\n',
            encoding="utf-8",
        )
        words = "amount late-fee --arrears 1000 --due-on 2025-03-01 --paid-on 2025-03-02 --not-residential"

        found = answer(capsys, *words.split())

        assert found["total_yuan"] == "4.00"
        assert not any("late_days" in warning["words"] for warning in found["warnings"])
