"""Items that only people judge: a score without them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from lamplighter.base.messages import text
from lamplighter.business.service_desk.quality.records import Score, Unjudged
from lamplighter.business.service_desk.quality.rubric import Item
from lamplighter.business.service_desk.quality.scoring import total_of

BY_PEOPLE = "by_people"


def leave_to_people(score: Score, *, by_people: Collection[str], items: Mapping[str, Item], release: int) -> Score:
    """Return a score in which nothing of some items was judged: they cost nothing, and the score says who judges them.

    Args:
        score: what the rubric found.
        by_people: codes of items that people judge, such as ``empathy``; those of other rubrics are of no matter.
        items: those of the rubric, by code.
        release: number of the release that says so; the version of the rubric carries it.

    Example:
        >>> from lamplighter.business.service_desk.quality.records import Deduction, Span
        >>> from lamplighter.business.service_desk.quality.rubric import packaged_rubric
        >>> lost = [Deduction(item, 1, 6.0, "", Span(0, 0, "")) for item in ("empathy.soothing", "restate.confirmed")]
        >>> found = Score("7", 88.0, False, tuple(lost), (), (), "2026.3")
        >>> left = leave_to_people(found, by_people=["empathy"], items=packaged_rubric().items, release=2)
        >>> left.total, [each.item for each in left.deductions], [each.item for each in left.unjudged], left.rubric
        (94.0, ['restate.confirmed'], ['empathy'], '2026.3+2')
    """
    theirs = [item for item in items if item in by_people]
    kept = tuple(each for each in score.deductions if each.item.partition(".")[0] not in theirs)
    total, is_vetoed = total_of(
        ((each.item, each.points) for each in kept), weights={code: item.weight for code, item in items.items()}
    )
    reason = text(f"service_desk.rubric.unjudged.{BY_PEOPLE}")
    return replace(
        score,
        total=total,
        is_vetoed=is_vetoed,
        deductions=kept,
        unjudged=(
            *(each for each in score.unjudged if each.item not in theirs),
            *(Unjudged(item, reason, BY_PEOPLE) for item in theirs),
        ),
        rubric=f"{score.rubric}+{release}",
    )
