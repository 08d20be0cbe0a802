"""Sample staff: of every role, in a demo's home only, with pass phrases that no other home knows."""

from pathlib import Path

import pytest

from lamplighter.base.security.actor import Role
from lamplighter.base.security.models import Staff, Unit
from lamplighter.base.settings import Home
from lamplighter.journeys.sample_staff import SampleRefused, UnitsMissing, make_sample_staff, sample_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo_home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.desk.mkdir(parents=True)
    (home.path / "simulation").mkdir()
    (home.path / "simulation" / "settings.json").write_text("{}")
    return home


@pytest.fixture
def units() -> None:
    for unit, level, parent in (
        ("P", "province", ""),
        ("N", "county", "P"),
        ("S1", "station", "N"),
        ("S2", "station", "N"),
    ):
        county = "N" if level != "province" else "P"
        station = unit if level == "station" else county
        Unit.objects.create(
            unit_id=unit,
            name=unit,
            level=level,
            parent_id=parent,
            province_id="P",
            city_id="P",
            county_id=county,
            station_id=station,
        )


class TestSampleStaff:
    def test_is_refused_in_a_companys_own_home(self, tmp_path: Path, units: None) -> None:
        with pytest.raises(SampleRefused, match="not the home of a demo"):
            make_sample_staff(home=Home(tmp_path))

        assert not Staff.objects.exists()

    def test_asks_for_units_first(self, demo_home: Home) -> None:
        with pytest.raises(UnitsMissing, match="web load"):
            make_sample_staff(home=demo_home)

    def test_has_every_role_and_three_inspectors_of_one_station_and_one_next_door(
        self, demo_home: Home, units: None
    ) -> None:
        people = make_sample_staff(home=demo_home)

        assert {each.role for each in people} == set(Role)
        assert [each.unit_name for each in people if each.role is Role.INSPECTOR] == ["S1", "S2", "S1", "S1"]
        assert [each.unit_name for each in people if each.role is Role.SERVICE_AGENT] == ["S1", "S1", "S2", "S2", "P"]
        leader = Staff.objects.get(username="inspection_leader").as_actor()
        assert (leader.unit_id, leader.level, leader.roles) == ("N", "county", {Role.INSPECTION_LEADER})

    def test_keeps_its_phrases_in_a_file_of_the_owner_and_has_them_still_the_second_time(
        self, demo_home: Home, units: None
    ) -> None:
        first = make_sample_staff(home=demo_home)
        second = make_sample_staff(home=demo_home)

        assert first == second
        assert sample_file(demo_home).stat().st_mode & 0o077 == 0
        assert all(Staff.objects.get(username=each.username).check_password(each.phrase) for each in first)
        assert len({each.phrase for each in first}) == len(first)
