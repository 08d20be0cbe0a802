"""Lists: sorted, filtered, searched and paged on the server, by what stands in the address."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.doors.web.conftest import NOON, units_of

from lamplighter.base.security.actor import Role
from lamplighter.base.security.models import Unit
from lamplighter.business.inspection.models import Case
from lamplighter.business.line_loss.models import AreaNight
from lamplighter.business.network import desk_queries

pytestmark = pytest.mark.both_databases


@pytest.fixture
def many_areas(company: None) -> None:
    """60 areas of station S1: number k supplies k kWh, those of even number are of class qualified."""
    AreaNight.objects.all().delete()
    AreaNight.objects.bulk_create(
        AreaNight(
            province_id="P",
            city_id="C",
            county_id="N",
            station_id="S1",
            area_id=f"B{number:02d}",
            name=f"台区{number:02d}",
            on_date="2025-03-31",
            rank=61 - number,
            supplied_kwh=float(number),
            # What is not known must not come first, whichever way one sorts.
            loss_rate=None if number == 60 else number / 1000,
            coverage=1.0,
            is_computable=number != 60,
            loss_class="qualified" if number % 2 == 0 else "high",
        )
        for number in range(1, 61)
    )


@pytest.fixture
def client(many_areas: None, log_in: Callable[..., Client]) -> Client:
    return log_in(Role.LINE_LOSS_ANALYST, unit="S1")


def shown(client: Client, query: str = "") -> list[str]:
    return [row.area_id for row in client.get(f"/areas/{query}").context["part"].rows]


class TestAList:
    def test_comes_in_its_own_order_and_in_pages_of_25(self, client: Client) -> None:
        assert shown(client)[:2] == ["B60", "B59"]
        assert len(shown(client)) == 25
        assert shown(client, "?page=3") == [f"B{number:02d}" for number in range(10, 0, -1)]

    def test_is_sorted_by_a_column_either_way_with_the_unknown_last(self, client: Client) -> None:
        assert shown(client, "?sort=loss_rate")[0] == "B01"
        assert shown(client, "?sort=-loss_rate")[0] == "B59"
        assert shown(client, "?sort=-loss_rate&page=3")[-1] == "B60"

    def test_is_filtered_and_searched(self, client: Client) -> None:
        assert client.get("/areas/?class=qualified").context["part"].count == 30
        assert shown(client, "?q=B07") == ["B07"]
        assert shown(client, "?computable=no") == ["B60"]

    def test_keeps_filter_and_sort_from_page_to_page(self, client: Client) -> None:
        context = client.get("/areas/?class=qualified&sort=-supplied").context

        assert context["next_url"] == "/areas/?class=qualified&sort=-supplied&page=2"

    @pytest.mark.parametrize(
        "query", ["?page=99", "?page=-1", "?page=x", "?sort=password", "?class=nonsense", "?page=²"]
    )
    def test_makes_the_best_of_an_address_that_means_nothing(self, query: str, client: Client) -> None:
        assert client.get(f"/areas/{query}").status_code == 200

    def test_says_so_when_nothing_matches_and_when_there_is_nothing(
        self, client: Client, log_in: Callable[..., Client]
    ) -> None:
        assert "No row matches" in client.get("/areas/?q=nowhere").content.decode()
        assert "no area whose loss" in log_in(Role.INSPECTOR, unit="S2").get("/areas/").content.decode()

    def test_asks_the_database_no_more_the_more_rows_there_are(
        self, client: Client, django_assert_max_num_queries: Callable[..., object]
    ) -> None:
        with django_assert_max_num_queries(9):  # type: ignore[attr-defined]
            client.get("/areas/")


@pytest.fixture
def two_cases(company: None) -> list[Case]:
    """AJ-2026-000041 in area A1 (台区1) of S1 and AJ-2026-000042 in area A2 (台区2) of S2."""
    return [
        Case.objects.create(
            pk=number,
            case_no=f"AJ-2026-{number:06d}",
            account_id=f"7{number}",
            meter_id=f"88{number}",
            area_id=area,
            area_name=f"台区{area[1]}",
            process="inspection",
            process_version=1,
            instance="{}",
            state="ON_SITE",
            status="running",
            opened_at=NOON,
            **units_of(station),
        )
        for number, area, station in ((41, "A1", "S1"), (42, "A2", "S2"))
    ]


class TestCasesSearched:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("区1", [41]),
            ("A2", [42]),
            ("台区", [41, 42]),
            ("aj-2026-000041", [41]),
            ("AJ-2026", [41, 42]),
            ("000042", [42]),
            ("42", [42]),
            ("8841", [41]),
            ("884", []),
            ("9" * 40, []),
            ("AJ-2025", []),
        ],
    )
    def test_are_found_by_area_number_and_meter(
        self, words: str, found: list[int], two_cases: list[Case], log_in: Callable[..., Client]
    ) -> None:
        rows = log_in(Role.INSPECTION_LEADER, unit="N").get(f"/cases/?q={words}").context["part"].rows

        assert sorted(row.number for row in rows) == found

    def test_are_found_by_a_name_that_very_many_areas_have(
        self, two_cases: list[Case], log_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(desk_queries, "MOST_AREAS", 1)

        rows = log_in(Role.INSPECTION_LEADER, unit="N").get("/cases/?q=台区").context["part"].rows

        assert sorted(row.number for row in rows) == [41, 42]

    def test_of_another_unit_are_not_found(self, two_cases: list[Case], log_in: Callable[..., Client]) -> None:
        part = log_in(Role.INSPECTION_LEADER, unit="S1").get("/cases/?q=AJ-2026-000042").context["part"]

        assert (list(part.rows), part.count) == ([], 0)


def offered(client: Client, address: str) -> list[tuple[str, str]]:
    """Return value and words of the choices of a unit that a page offers, "all" left out."""
    page = client.get(address).content.decode()
    choice = re.search(r'<select[^>]*name="station">(.*?)</select>', page, re.DOTALL)
    return re.findall(r'<option value="(\w+)"[^>]*>([^<]+)<', choice[1]) if choice else []


class TestTheChoiceOfAUnit:
    def test_offers_what_lies_right_below_ones_own_unit_and_no_more(
        self, company: None, log_in: Callable[..., Client]
    ) -> None:
        units = [value for value, _ in offered(log_in(Role.LINE_LOSS_ANALYST, unit="P"), "/areas/")]

        assert units == sorted(set(Unit.objects.filter(parent_id="P").values_list("unit_id", flat=True)))
        assert "S1" not in units

    def test_goes_down_a_level_at_each_choice_and_back_up(self, company: None, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.LINE_LOSS_ANALYST, unit="C")

        assert [value for value, _ in offered(client, "/areas/?station=N")] == ["N", "S1", "S2"]
        assert [value for value, _ in offered(client, "/areas/?station=S1")] == ["N", "S1", "S2"]
        assert next(words[0] for _, words in offered(client, "/areas/?station=S1")) == "‹"

    def test_narrows_the_list_to_a_unit_of_any_level(self, company: None, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.LINE_LOSS_ANALYST, unit="C")

        assert set(shown(client, "?station=S1")) < set(shown(client, "?station=N")) == set(shown(client))

    def test_tells_nothing_of_another_unit(self, company: None, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.LINE_LOSS_ANALYST, unit="S2")

        assert "S1" not in {value for value, _ in offered(client, "/areas/?station=S1")}
        assert shown(client, "?station=S1") == []
