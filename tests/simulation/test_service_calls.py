"""Simulated conversations: the same for the same seed, sound where no fault was made, and faults the scoring finds."""

import datetime as dt
import json
from collections import Counter
from typing import Any

import pytest

from lamplighter.business.service_desk.quality.dialogue_file import read_dialogue
from lamplighter.business.service_desk.quality.known import known_on
from lamplighter.business.service_desk.quality.scoring import score_dialogue
from lamplighter.simulation import service_calls
from lamplighter.simulation.service_calls import simulate_calls

START = dt.date(2025, 1, 1)
CHINA = dt.timezone(dt.timedelta(hours=8))


def made(agents: list[str], *, days: int = 60, seed: int = 1) -> list[dict[str, Any]]:
    return list(simulate_calls(agents=agents, start_on=START, days=days, a_day=2.0, zone=CHINA, seed=seed))


def items(talks: list[dict[str, Any]]) -> Counter[str]:
    known = known_on(dt.date(2026, 3, 2))
    scores = [score_dialogue(read_dialogue(json.dumps(talk)), known=known) for talk in talks]
    return Counter(lost.item for score in scores for lost in score.deductions)


class TestSimulatedCalls:
    def test_are_the_same_for_the_same_seed_and_others_for_another(self) -> None:
        assert made(["li"]) == made(["li"])
        assert made(["li"]) != made(["li"], seed=2)

    def test_of_an_agent_do_not_depend_on_who_else_there_is(self) -> None:
        assert made(["li"]) == [talk for talk in made(["li", "wang"]) if talk["agent"] == "li"]

    def test_lie_in_the_days_asked_for_and_have_numbers_of_their_own(self) -> None:
        talks = made(["li", "wang"])

        assert len({talk["id"] for talk in talks}) == len(talks)
        days = {dt.datetime.fromisoformat(talk["at"]).date() for talk in talks}
        assert START <= min(days) <= max(days) < START + dt.timedelta(days=60)

    def test_lose_nothing_without_a_fault(self, monkeypatch: pytest.MonkeyPatch) -> None:
        book = {**service_calls._book(), "fault": []}
        monkeypatch.setattr(service_calls, "_book", lambda: book)

        assert items(made(["li"])) == Counter()

    @pytest.mark.parametrize(
        ("fault", "item"),
        [
            ("no_greeting", "opening.greeting"),
            ("no_farewell", "closing.farewell"),
            ("not_restated", "restate.confirmed"),
            ("silence", "listening.silence"),
            ("taboo", "polite.forbidden_words"),
            ("absolute", "promise.absolute"),
            ("wrong_amount", "business.wrong_fact"),
            ("no_identity", "identity.before_data"),
            ("refused", "veto.refused_complaint"),
        ],
    )
    def test_lose_what_their_fault_costs(self, fault: str, item: str, monkeypatch: pytest.MonkeyPatch) -> None:
        book = service_calls._book()
        planted = [{**each, "share": 100.0} for each in book["fault"] if each["name"] == fault]
        monkeypatch.setattr(service_calls, "_book", lambda: {**book, "fault": planted})

        assert items(made(["li"]))[item] > 0
