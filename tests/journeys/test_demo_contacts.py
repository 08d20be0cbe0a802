"""The demo's conversations: of the sample agents, scored once, in a demo's home only."""

import datetime as dt
from pathlib import Path

import pytest

from lamplighter.base.security.models import Staff
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.contacts.figures import list_to_rate
from lamplighter.business.service_desk.contacts.models import Contact, Rating, SampledContact
from lamplighter.journeys.demo_contacts import rate_demo_contacts, take_demo_contacts
from lamplighter.journeys.sample_staff import make_sample_staff
from lamplighter.simulation import SimulationSettings
from tests.journeys.test_sample_staff import demo_home, units  # noqa: F401

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2025, 4, 1, tzinfo=dt.UTC)
SHORT = SimulationSettings(days=7)


class TestDemoContacts:
    def test_are_those_of_each_sample_agent_and_come_once(self, demo_home: Home, units: None) -> None:  # noqa: F811
        make_sample_staff(home=demo_home)

        first = take_demo_contacts(home=demo_home, now=NOW, simulation=SHORT)
        second = take_demo_contacts(home=demo_home, now=NOW, simulation=SHORT)

        assert (first, second) == (Contact.objects.count(), 0)
        assert first > 20
        assert set(Contact.objects.values_list("agent_name", "station_id")) == {
            ("service_agent", "S1"),
            ("service_agent_b", "S1"),
            ("service_agent_c", "S2"),
            ("service_agent_d", "S2"),
            ("service_agent_hotline", "P"),
        }

    def test_are_rated_blind_by_two_persons_and_a_few_by_one_alone(self, demo_home: Home, units: None) -> None:  # noqa: F811
        make_sample_staff(home=demo_home)
        take_demo_contacts(home=demo_home, now=NOW, simulation=SHORT)

        first = rate_demo_contacts(home=demo_home, now=NOW, simulation=SHORT)

        drawn = SampledContact.objects.count()
        assert first == Rating.objects.count() == 2 * drawn - 4
        assert rate_demo_contacts(home=demo_home, now=NOW, simulation=SHORT) == 0
        boss = Staff.objects.get(username="service_supervisor").as_actor()
        assert len(list_to_rate(actor=boss)) == 4
        both = [
            each.ratings.values_list("verdicts", flat=True) for each in Contact.objects.filter(sampled__isnull=False)
        ]
        assert any(pair[0] != pair[1] for pair in both if len(pair) == 2)

    def test_are_none_in_a_companys_own_home(self, tmp_path: Path) -> None:
        assert take_demo_contacts(home=Home(tmp_path), now=NOW, simulation=SHORT) == 0
