"""The files of crews and of wishes: what they may say, and how a bad one is answered."""

from datetime import date

import pytest
import xlsxwriter

from lamplighter.business.inspection.planning.files import (
    PlanFileFaulty,
    PlanFileMissing,
    read_crews,
    read_wishes,
)
from lamplighter.business.inspection.planning.records import Danger, Level, Wish

HEAD = "crew,person,from,to,level,valid_to,lunch_from,lunch_to,lunch_minutes,station,barred\n"


def nowhere(_):
    return None


@pytest.fixture
def write(tmp_path):
    def written(content, name="crews.csv"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return written


class TestReadCrews:
    def test_joins_the_persons_of_a_crew(self, write):
        path = write(
            HEAD
            + "East,Li,08:30,17:30,2,2026-06-30,11:30,13:00,60,S1,C1;C2\n"
            + "East,Wang,9:00,17:00,3,2026-06-30,,,,,\n"
        )

        (east,) = read_crews(path, base_of={"S1": (120.0, 30.0)}.get)

        assert [each.person_id for each in east.persons] == ["Li", "Wang"]
        assert [each.shift for each in east.persons] == [(510.0, 1050.0), (540.0, 1020.0)]
        assert (east.persons[0].level, east.persons[0].valid_to) == (Level.SECOND, date(2026, 6, 30))
        assert east.persons[0].barred == {"C1", "C2"}
        assert (east.lunch, east.lunch_minutes, east.longitude, east.latitude) == ((690.0, 780.0), 60.0, 120.0, 30.0)

    def test_reads_a_workbook_with_chinese_headings(self, tmp_path):
        path = tmp_path / "crews.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for row, cells in enumerate(
                [["班组", "人员", "上班", "下班", "经度", "纬度"], ["东", "李", "08:30", "17:30", 120.5, 30.5]]
            ):
                sheet.write_row(row, 0, cells)

        (east,) = read_crews(path, base_of=nowhere)

        assert (east.crew_id, east.persons[0].shift, east.longitude) == ("东", (510.0, 1050.0), 120.5)

    def test_names_every_bad_row_and_takes_none(self, write):
        path = write(
            HEAD
            + "East,Li,17h,17:30,2,2026-06-30,,,,,\n"
            + "East,Wang,08:30,17:30,9,2026-06-30,,,,,\n"
            + ",Zhao,08:30,17:30,,,,,,,\n"
            + "West,Qian,17:30,08:30,,,,,,,\n"
            + "West,Sun,08:30,17:30,,30.6.2026,,,,,\n"
        )

        with pytest.raises(PlanFileFaulty) as caught:
            read_crews(path, base_of=nowhere)

        assert [fault.split(":")[0] for fault in caught.value.faults] == [f"row {n}" for n in (1, 2, 3, 4, 5)]
        assert "5 things" in str(caught.value)
        assert "from '17h' is no time of day" in str(caught.value)
        assert "Correct them and run again" in str(caught.value)

    def test_says_which_columns_are_missing_and_that_a_file_is_empty(self, write):
        with pytest.raises(PlanFileFaulty, match="column to is missing"):
            read_crews(write("crew,person,from\nEast,Li,08:30\n"), base_of=nowhere)
        with pytest.raises(PlanFileFaulty, match="there is no row"):
            read_crews(write(HEAD), base_of=nowhere)

    def test_says_that_there_is_no_file(self, tmp_path):
        with pytest.raises(PlanFileMissing):
            read_crews(tmp_path / "none.csv", base_of=nowhere)


class TestReadWishes:
    def test_reads_appointments_orders_and_dangers(self, write):
        path = write(
            "account_id,from,to,is_required,danger,needs\nC1,14:00,14:30,yes,,\nC2,,,,police,\nC3,,,no,,drone;rope\n"
        )

        assert read_wishes(path) == (
            Wish("C1", window=(840.0, 870.0), is_required=True),
            Wish("C2", danger=Danger.POLICE),
            Wish("C3", needs=frozenset({"drone", "rope"})),
        )

    def test_refuses_an_account_that_stands_there_twice_and_a_danger_nobody_knows(self, write):
        with pytest.raises(PlanFileFaulty, match="account C1 stands there more than once"):
            read_wishes(write("account_id\nC1\nC1\n"))
        with pytest.raises(PlanFileFaulty, match="'dog' is none of police, third_person"):
            read_wishes(write("account_id,danger\nC1,dog\n"))
