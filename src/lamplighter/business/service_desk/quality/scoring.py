"""A conversation scored by the rubric."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from lamplighter.business.service_desk.quality.checks.facts import check_facts, check_record
from lamplighter.business.service_desk.quality.checks.finding import Case, Findings
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
from lamplighter.business.service_desk.quality.known import Known
from lamplighter.business.service_desk.quality.records import Dialogue, Promise, Score
from lamplighter.business.service_desk.quality.rubric import Item, Rubric, packaged_rubric


def score_dialogue(dialogue: Dialogue, *, known: Known, rubric: Rubric | None = None) -> Score:
    """Return the score of a conversation, with where it fell short and what cannot be judged.

    Args:
        dialogue: the conversation.
        known: what service knew when it was held.
        rubric: what it is held to; the package's when absent.
    """
    held_to = rubric or packaged_rubric()
    case = Case(dialogue, held_to, known=known)
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
    return score_of(case, rubric=held_to.version, items=held_to.items, promises=promises)


def score_of(
    found: Findings[Any], *, rubric: str, items: Mapping[str, Item], promises: tuple[Promise, ...] = ()
) -> Score:
    """Return what the findings of a contact come to.

    Args:
        found: what was found of it.
        rubric: version it was held to; ``items`` its items.
        promises: what was promised in it.
    """
    weights = {code: item.weight for code, item in items.items()}
    total, is_vetoed = total_of(((each.item, each.points) for each in found.deductions), weights=weights)
    return Score(
        id=found.dialogue.id,
        total=total,
        is_vetoed=is_vetoed,
        deductions=tuple(sorted(found.deductions, key=lambda each: (each.turn is None, each.turn or 0, each.item))),
        unjudged=tuple(found.unjudged),
        promises=promises,
        rubric=rubric,
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
