"""Who judges an item: proposed from double ratings, released with a reason, followed from then on, taken back."""

import datetime as dt
from collections.abc import Callable

import pytest

from lamplighter.base.security.actor import Actor, Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Unit
from lamplighter.business.service_desk.contacts.agreement import agreement_of
from lamplighter.business.service_desk.contacts.figures import ItemAgreement
from lamplighter.business.service_desk.contacts.models import Contact, JudgingRelease
from lamplighter.business.service_desk.contacts.releases import (
    ReleaseRefused,
    go_back,
    list_releases,
    may_release,
    propose,
    release,
    release_at,
)
from tests.business.service_desk.contacts.conftest import NOW, RUDE

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
BOTH, NONE, ONE, OTHER = (True, True), (False, False), (True, False), (False, True)
GOOD = agreement_of([BOTH] * 10 + [NONE] * 10)
"""Kappa 1."""
POOR = agreement_of([BOTH] * 5 + [NONE] * 5 + [ONE] * 5 + [OTHER] * 5)
"""They agree on half, as chance would: kappa 0."""


@pytest.fixture
def head(make_actor: Callable[..., Actor]) -> Actor:
    """Whoever inspects contacts for the whole company."""
    Unit.objects.filter(pk__in=("N", "S1", "S2")).update(parent_id="P")
    return make_actor("head", Role.SERVICE_SUPERVISOR, "P")


class TestAProposal:
    @pytest.mark.parametrize(
        ("persons", "rubric", "proposed", "why"),
        [
            (POOR, GOOD, True, "persons"),
            (GOOD, POOR, True, "rubric"),
            (GOOD, GOOD, False, "enough"),
            (agreement_of([ONE] * 19), GOOD, False, "too_few"),
            (agreement_of([NONE] * 20), GOOD, False, "no_kappa"),
            (GOOD, agreement_of([ONE] * 19), False, "enough"),
        ],
    )
    def test_leaves_to_people_what_persons_or_the_rubric_agree_on_too_little(self, persons, rubric, proposed, why):
        (found,) = propose([ItemAgreement("empathy", persons, rubric)], by_people=(), bound=0.6)

        assert (found.proposed, found.why) == (proposed, why)

    def test_keeps_what_is_released_where_too_few_were_rated(self):
        (found,) = propose(
            [ItemAgreement("empathy", agreement_of([ONE] * 19), GOOD)], by_people=("empathy",), bound=0.6
        )

        assert (found.is_by_people, found.proposed) == (True, True)

    def test_gives_an_item_back_to_the_rubric_once_agreement_is_there(self):
        (found,) = propose([ItemAgreement("empathy", GOOD, GOOD)], by_people=("empathy",), bound=0.6)

        assert (found.is_by_people, found.proposed) == (True, False)


class TestARelease:
    def test_is_followed_by_scores_from_then_on_and_leaves_earlier_ones(
        self, head: Actor, agent: Actor, take: Callable[..., Contact]
    ) -> None:
        # 7 points for the taboo, 5 for the farewell that is missing.
        before = take(agent, "c-1", RUDE)
        release(actor=head, by_people=["polite"], figures=(), reason="两人看法不一", now=NOW - HOUR)

        after = take(agent, "c-2", RUDE)

        before.refresh_from_db()
        assert (before.total, after.total) == (88.0, 95.0)
        assert [row.item for row in after.deductions.all()] == ["closing.farewell"]
        assert {"item": "polite", "why": "by_people"} in after.unjudged
        assert after.rubric == f"{before.rubric}+{JudgingRelease.objects.get().pk}"

    def test_is_taken_back_by_another_and_both_stay_on_record(
        self, head: Actor, agent: Actor, take: Callable[..., Contact]
    ) -> None:
        first = release(actor=head, by_people=["polite"], figures=(), reason="两人看法不一", now=NOW - 3 * HOUR)
        release(actor=head, by_people=["polite", "empathy"], figures=(), reason="同上", now=NOW - 2 * HOUR)

        third = go_back(actor=head, number=first, reason="安抚已统一口径", now=NOW - HOUR)

        newest, *_ = list_releases(actor=head)
        assert (newest.number, newest.by_people, newest.restores) == (third, ("polite",), first)
        at = [release_at(NOW - hours * HOUR) for hours in (4, 3, 2, 1)]
        assert [each.by_people if each else None for each in at] == [
            None,
            ("polite",),
            ("empathy", "polite"),
            ("polite",),
        ]
        assert take(agent, "c-1", RUDE).total == 95.0
        assert [entry.act for entry in Entry.objects.filter(kind="contacts.release")] == ["created"] * 3

    def test_goes_back_to_the_time_before_the_first(
        self, head: Actor, agent: Actor, take: Callable[..., Contact]
    ) -> None:
        release(actor=head, by_people=["polite"], figures=(), reason="两人看法不一", now=NOW - 2 * HOUR)

        go_back(actor=head, number=None, reason="重新抽样后一致", now=NOW - HOUR)

        assert take(agent, "c-1", RUDE).total == 88.0

    def test_keeps_what_it_was_decided_on(self, head: Actor) -> None:
        figures = [ItemAgreement("empathy", POOR, GOOD)]

        release(actor=head, by_people=["empathy"], figures=figures, reason="一致性低", now=NOW)

        row = JudgingRelease.objects.get()
        assert row.figures == {"empathy": {"persons": [0.0, 20], "rubric": [1.0, 20]}}
        assert (row.bound, row.practice, row.by_name) == (0.6, "2026.2", "head")

    @pytest.mark.parametrize(
        ("items", "reason", "why"),
        [(["polite"], " ", "no_reason"), (["kindness"], "x", "unknown"), ([], "x", "nothing")],
    )
    def test_wants_a_reason_known_items_and_something_new(
        self, head: Actor, items: list[str], reason: str, why: str
    ) -> None:
        with pytest.raises(ReleaseRefused) as refused:
            release(actor=head, by_people=items, figures=(), reason=reason, now=NOW)

        assert refused.value.why == why

    def test_is_the_whole_companys(self, head: Actor, supervisor: Actor) -> None:
        with pytest.raises(ReleaseRefused) as refused:
            release(actor=supervisor, by_people=["polite"], figures=(), reason="x", now=NOW)

        assert refused.value.why == "not_whole"
        assert (may_release(head), may_release(supervisor)) == (True, False)
