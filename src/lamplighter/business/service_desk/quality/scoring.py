"""A conversation scored by the rubric."""

from __future__ import annotations

from collections import defaultdict

from lamplighter.business.service_desk.quality.checks.facts import check_facts, check_record
from lamplighter.business.service_desk.quality.checks.finding import Case
from lamplighter.business.service_desk.quality.checks.identity import check_identity, check_leak
from lamplighter.business.service_desk.quality.checks.phrases import (
    check_closing,
    check_opening,
    check_restated,
    check_service_words,
    check_soothing,
)
from lamplighter.business.service_desk.quality.checks.timing import check_listening
from lamplighter.business.service_desk.quality.checks.words import (
    check_forbidden_words,
    check_hang_up,
    check_promises,
    check_vetoes,
)
from lamplighter.business.service_desk.quality.records import Dialogue, Score
from lamplighter.business.service_desk.quality.rubric import Rubric, packaged_rubric


def score_dialogue(dialogue: Dialogue, *, rubric: Rubric | None = None) -> Score:
    """Return the score of a conversation, with where it fell short and what cannot be judged.

    Args:
        dialogue: the conversation.
        rubric: what it is held to; the package's when absent.
    """
    held_to = rubric or packaged_rubric()
    case = Case(dialogue, held_to)
    for check in (
        check_opening,
        check_identity,
        check_listening,
        check_restated,
        check_soothing,
        check_service_words,
        check_forbidden_words,
        check_vetoes,
        check_hang_up,
        check_closing,
        check_leak,
        check_facts,
        check_record,
    ):
        check(case)
    promises = check_promises(case)
    # The words do not tell how fast or in what tone they were said.
    case.cannot_judge("pace", "acoustic")
    lost: dict[str, float] = defaultdict(float)
    for deduction in case.deductions:
        lost[deduction.item.partition(".")[0]] += deduction.points
    is_vetoed = "veto" in lost
    total = 100.0 - sum(min(points, held_to.items[group].weight) for group, points in lost.items())
    return Score(
        id=dialogue.id,
        total=0.0 if is_vetoed else max(0.0, total),
        is_vetoed=is_vetoed,
        deductions=tuple(sorted(case.deductions, key=lambda each: (each.turn is None, each.turn or 0, each.item))),
        unjudged=tuple(case.unjudged),
        promises=promises,
        rubric=held_to.version,
    )
