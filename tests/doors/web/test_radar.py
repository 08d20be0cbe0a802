"""The page of the radar: what it shows, whose it is, and the records behind its numbers."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.doors.web.conftest import units_of

from lamplighter.base.security.actor import Role, UnitPath
from lamplighter.business.service_desk.radar.operations import keep_heard
from lamplighter.business.service_desk.radar.records import Cited, HeardMatter, Home, Source, Trouble
from lamplighter.business.service_desk.radar.settings import radar_rules

pytestmark = pytest.mark.usefixtures("company")

NOW = dt.datetime.now(dt.UTC)
AN_HOUR = dt.timedelta(hours=1)


def matter(
    number: int, *, ago: float, account: str = "", station: str = "S1", topic: str = "outage_now", edge: str = ""
) -> HeardMatter:
    return HeardMatter(
        source=Source.CHAT,
        number=number,
        at=NOW - ago * AN_HOUR,
        account_id=account or f"no-{number}",
        area_id={"S1": "A1", "S2": "A2"}[station],
        topic=topic,
        is_complaint=False,
        ticket=None,
        path=UnitPath(**units_of(station)),
        cited=(Cited(edge, Trouble.AGAIN),) if edge else (),
    )


@pytest.fixture
def heard() -> None:
    """Of S1 four without supply, one of whom came this week already, and six weeks of one question each; one of S2."""
    matters = [matter(n, ago=0.2 * n, account=f"00000{n}") for n in range(1, 5)]
    matters += [matter(10, ago=50, account="000001", topic="invoice")]
    matters += [matter(20 + week, ago=24 * 7 * week, topic="pay_how") for week in range(1, 7)]
    matters += [matter(40, ago=1, station="S2", account="900009")]
    homes = {
        area: Home(area, f"台区{area}", f"{station}站", UnitPath(**units_of(station)))
        for area, station in (("A1", "S1"), ("A2", "S2"))
    }
    keep_heard(matters, homes=homes, rules=radar_rules(on=NOW.date()))


class TestTheRadar:
    @pytest.mark.parametrize("role", [Role.SERVICE_SUPERVISOR, Role.MANAGER])
    def test_shows_area_topic_caller_and_place_with_the_records_behind_each(
        self, role: Role, log_in: Callable[..., Client], heard: None
    ) -> None:
        client = log_in(role, unit="S1")

        answer = client.get("/radar/")

        page = answer.content.decode()
        assert answer.status_code == 200
        assert [(each["tested"].key, each["tested"].count) for each in answer.context["looks"]] == [("A1", 4)]
        links = set(re.findall(r'href="(/radar/heard/[^"]+)"', page))
        counts = {client.get(link.replace("&amp;", "&")).context["part"].count for link in links}
        assert 0 not in counts
        look = answer.context["looks"][0]["url"]
        assert client.get(look).context["part"].count == 4

    def test_shows_no_account_and_nothing_of_a_sibling_unit(self, log_in: Callable[..., Client], heard: None) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S2")

        pages = "".join(client.get(path).content.decode() for path in ("/radar/", "/radar/heard/"))

        assert "台区A1" not in pages
        assert "900009" not in pages
        assert client.get("/radar/heard/").context["part"].count == 1
        assert client.get("/radar/?unit=S1").context["unit"] is None

    def test_says_who_came_again_and_opens_only_what_that_customer_brought(
        self, log_in: Callable[..., Client], heard: None
    ) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S1")

        (caller,) = client.get("/radar/").context["callers"]

        assert (caller["times"], caller["open_before"]) == (2, 0)
        assert client.get(caller["url"]).context["part"].count == 2

    def test_can_be_asked_for_an_earlier_moment(self, log_in: Callable[..., Client], heard: None) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S1")

        answer = client.get("/radar/", {"at": (NOW - 10 * AN_HOUR).isoformat()})

        assert answer.context["looks"] == []

    def test_says_so_where_nothing_was_heard(self, log_in: Callable[..., Client]) -> None:
        page = log_in(Role.SERVICE_SUPERVISOR, unit="S1").get("/radar/").content.decode()

        assert "Nothing was heard yet" in page

    def test_is_closed_to_agents(self, log_in: Callable[..., Client]) -> None:
        assert log_in(Role.SERVICE_AGENT, unit="S1").get("/radar/").status_code == 403
