"""A conversation scored by the rubric."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

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
    weights = {code: item.weight for code, item in held_to.items.items()}
    total, is_vetoed = total_of(((each.item, each.points) for each in case.deductions), weights=weights)
    return Score(
        id=dialogue.id,
        total=total,
        is_vetoed=is_vetoed,
        deductions=tuple(sorted(case.deductions, key=lambda each: (each.turn is None, each.turn or 0, each.item))),
        unjudged=tuple(case.unjudged),
        promises=promises,
        rubric=held_to.version,
    )


def total_of(lost: Iterable[tuple[str, float]], *, weights: Mapping[str, float]) -> tuple[float, bool]:
    """Return what is left of a hundred points, and whether a veto took them all.

    Args:
        lost: code of each deduction such as ``listening.silence``, and its points.
        weights: the most that each item costs, by its code such as ``listening``.

    Example:
        Two silences of 5 and a hold of 3 cost the item its whole weight of 10, no more:

        >>> silences = [("listening.silence", 5.0), ("listening.silence", 5.0), ("listening.hold", 3.0)]
        >>> total_of(silences, weights={"listening": 10.0})
        (90.0, False)
        >>> total_of([("veto.insult", 100.0)], weights={"veto": 100.0})
        (0.0, True)
    """
    by_item: dict[str, float] = defaultdict(float)
    for code, points in lost:
        by_item[code.partition(".")[0]] += points
    if "veto" in by_item:
        return 0.0, True
    return max(0.0, 100.0 - sum(min(points, weights[item]) for item, points in by_item.items())), False
