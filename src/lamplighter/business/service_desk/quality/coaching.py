"""What a person still has to say in a conversation that goes on, by the rubric it will be scored by."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lamplighter.business.service_desk.quality.known import Known
from lamplighter.business.service_desk.quality.records import Dialogue, Turn, Who
from lamplighter.business.service_desk.quality.rubric import Rubric, packaged_rubric
from lamplighter.business.service_desk.quality.scoring import score_dialogue

MANDATORY: Final = (
    "opening.greeting",
    "opening.introduction",
    "identity.before_data",
    "empathy.soothing",
    "restate.confirmed",
    "closing.farewell",
)
"""Items a sentence mends; a sentence for each stands under ``chat.must``."""


def still_to_say(dialogue: Dialogue, *, is_proven: bool, known: Known, rubric: Rubric | None = None) -> tuple[str, ...]:
    """Return the mandatory items of the rubric that nothing was said for yet, in the order in which they are said.

    Args:
        dialogue: what the person and the customer said so far; what an assistant said before is not his.
        is_proven: whether identity was proven before the person came.
        known: what service knows now.
        rubric: what it is held to; the package's when absent.

    Example:
        >>> from datetime import date
        >>> from lamplighter.business.service_desk.quality.dialogue_file import read_dialogue
        >>> from lamplighter.business.service_desk.quality.known import known_on
        >>> said = '{"who": "agent", "text": "您好，这里是供电服务，工号 12。"}'
        >>> begun = read_dialogue('{"id": 1, "channel": "chat", "turns": [' + said + "]}")
        >>> still_to_say(begun, is_proven=True, known=known_on(date(2026, 3, 2)))
        ('closing.farewell',)
    """
    held_to = rubric or packaged_rubric()
    turns = dialogue.turns
    if not dialogue.of(Who.AGENT):
        # Nothing was said: everything is still to be said.
        turns = (*turns, Turn(len(turns) + 1, Who.AGENT, None, None, "", ""))
    # Times are of the person's own taking; an opening is not late because the assistant spoke before.
    score = score_dialogue(replace(dialogue, turns=turns, ended_by=""), known=known, rubric=held_to)
    missing = {deduction.item for deduction in score.deductions}
    asks = held_to.phrases["identity_request"]
    if not is_proven and not any(asks.search(turn.plain) for turn in dialogue.of(Who.AGENT)):
        missing.add("identity.before_data")
    return tuple(item for item in MANDATORY if item in missing)
