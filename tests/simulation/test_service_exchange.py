"""The simulated exchange: legs in order, one call at a time for an agent, and in step with what agents hand in."""

import datetime as dt
from typing import Any

from lamplighter.simulation.service_calls import simulate_calls
from lamplighter.simulation.service_exchange import Post, simulate_legs

CHINA = dt.timezone(dt.timedelta(hours=8))
WHEN: dict[str, Any] = {"start_on": dt.date(2025, 1, 1), "days": 60, "a_day": 1.5, "zone": CHINA, "seed": 1}
POSTS = [Post("U40", "station"), Post("U1", "95598")]


def legs() -> list[dict[str, Any]]:
    return list(simulate_legs(posts=POSTS, **WHEN))


class TestLegs:
    def test_never_end_before_they_begin_and_have_numbers_of_their_own(self) -> None:
        made = legs()

        assert len({each["call_id"] for each in made}) == len(made)
        assert all(each["offered_at"] <= each.get("answered_at", each["ended_at"]) <= each["ended_at"] for each in made)

    def test_hold_every_call_an_agent_handed_in_to_the_second(self) -> None:
        answered = {(each["agent"], each["answered_at"]) for each in legs() if "agent" in each}

        handed_in = {
            (
                str(1001 + ["li", "wang"].index(each["agent"])),
                dt.datetime.fromisoformat(each["at"]).replace(tzinfo=None),
            )
            for each in simulate_calls(agents=["li", "wang"], **WHEN)
            if each["channel"] == "call"
        }
        assert len(handed_in) > 50
        assert handed_in <= answered

    def test_beside_those_come_one_at_a_time_for_an_agent(self) -> None:
        handed_in = {each["at"] for each in simulate_calls(agents=["1001", "1002"], **WHEN)}
        spans = [
            (each["answered_at"], each["ended_at"], each["answered_at"].replace(tzinfo=CHINA).isoformat() in handed_in)
            for each in legs()
            if each.get("agent") == "1001"
        ]
        more = [span for span in spans if not span[2]]

        assert len(more) > 100
        for begun, ended, _ in more:
            assert not [other for other in spans if other[0] != begun and other[0] < ended and begun < other[1]]

    def test_are_lost_at_times_some_of_them_at_once(self) -> None:
        lost = [each["ended_at"] - each["offered_at"] for each in legs() if "agent" not in each]

        # 0.45 a day of two posts for 60 days, one in four of them within ten seconds (1 - exp(-10 / 35) = 0.25).
        assert 30 < len(lost) < 80
        assert any(gone < dt.timedelta(seconds=10) for gone in lost)
