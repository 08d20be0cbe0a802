"""Changes of what service knows: approved by another, checked, and in the answers from their day on."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from lamplighter.base.messages import speaking
from lamplighter.base.security.actor import Actor, Level, Role, rights_of
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Unit
from lamplighter.business.service_desk.answers.conversation import Conversation
from lamplighter.business.service_desk.figures import unsupported_figures
from lamplighter.business.service_desk.knowledge.changes import (
    Change,
    ChangeKind,
    FiguresUnreadable,
    check_change,
    read_figures,
)
from lamplighter.business.service_desk.knowledge.graph import Edge, check_edges, packaged_edges
from lamplighter.business.service_desk.knowledge.operations import (
    ChangeInconsistent,
    ChangeUnknown,
    NotOfWholeCompany,
    OwnChange,
    ReasonMissing,
    decide_change,
    propose_change,
)
from lamplighter.business.service_desk.knowledge.queries import list_changes, read_edges

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 3, 9, 4, tzinfo=dt.UTC)
TODAY = dt.date(2026, 3, 9)
A_DAY = dt.timedelta(days=1)
QUESTION = "家里新装电表要多久"
Talk = Callable[..., Conversation]


def person(number: int, unit: str = "P", role: Role = Role.MANAGER) -> Actor:
    level = Level.PROVINCE if unit == "P" else Level.STATION
    return Actor(number, f"p{number}", unit, level, frozenset({role}), rights_of([role]))


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    with speaking("zh"):
        yield


@pytest.fixture(autouse=True)
def company() -> None:
    for unit, level, parent in (("P", "province", ""), ("S1", "station", "P")):
        Unit.objects.create(
            unit_id=unit, name=unit, level=level, parent_id=parent,
            province_id="P", city_id="P", county_id="P", station_id=unit,
        )  # fmt: skip


def known(edge_id: str = "new_lv.limit") -> Edge:
    return next(edge for edge in packaged_edges() if edge.id == edge_id)


def shorter(home: str = "3", *, holds_from: dt.date = TODAY, **more: str) -> Change:
    """Homes are connected within three working days instead of five, by an order of the company's own."""
    clause = "公司办电提速通知（2026）第二条"
    figures = read_figures(f"home = {home} 工作日\nother = 15 工作日", clause=clause, grade="P")
    edge = replace(known(), values=figures, clause=clause, source="company order 2026-7", grade="P", **more)
    return Change(ChangeKind.CHANGED, edge, holds_from)


def propose(change: Change, by: Actor | None = None) -> int:
    return propose_change(actor=by or person(1, "S1", Role.SERVICE_SUPERVISOR), change=change, reason="提速", now=NOON)[
        0
    ]


def approve(number: int, *, by: Actor | None = None, now: dt.datetime = NOON) -> None:
    decide_change(actor=by or person(2), number=number, is_approved=True, reason="已核对通知", now=now)


class TestAnApprovedChange:
    def test_is_in_the_answer_and_its_citation_from_today_on_and_not_of_yesterday(self, talk: Talk) -> None:
        approve(propose(shorter()))

        today = talk(knowledge=read_edges()).reply(QUESTION, now=NOON)
        yesterday = talk(knowledge=read_edges()).reply(QUESTION, now=NOON - A_DAY)

        assert "3个工作日" in today.text
        assert "5个工作日" not in today.text.replace("15个工作日", "")
        assert today.clauses == ("公司办电提速通知（2026）第二条",)
        assert {figure.source for figure in today.figures} == {"公司办电提速通知（2026）第二条"}
        assert "5个工作日" in yesterday.text.replace("15个工作日", "")
        assert yesterday.clauses == ("供电服务承诺（办电）",)

    def test_says_no_figure_the_checker_does_not_know(self, talk: Talk) -> None:
        approve(propose(shorter()))

        answer = talk(knowledge=read_edges()).reply(QUESTION, now=NOON)

        assert answer.hand_over is None
        assert unsupported_figures(answer.text, allowed=answer.figures) == ()
        assert answer.edges == ("new_lv.limit",)

    def test_holds_no_day_before_it_was_approved(self, talk: Talk) -> None:
        approve(propose(shorter(holds_from=TODAY - 30 * A_DAY)), now=NOON + A_DAY)

        assert "3个工作日" not in talk(knowledge=read_edges()).reply(QUESTION, now=NOON).text
        assert "3个工作日" in talk(knowledge=read_edges()).reply(QUESTION, now=NOON + A_DAY).text

    def test_of_a_later_day_waits_for_it(self, talk: Talk) -> None:
        approve(propose(shorter(holds_from=TODAY + 10 * A_DAY)))

        assert "3个工作日" not in talk(knowledge=read_edges()).reply(QUESTION, now=NOON).text
        assert "3个工作日" in talk(knowledge=read_edges()).reply(QUESTION, now=NOON + 10 * A_DAY).text

    def test_can_be_changed_again(self) -> None:
        approve(propose(shorter("3")))
        approve(propose(shorter("2")), now=NOON + A_DAY)

        days = [
            (str(edge.values[0].value), edge.valid_from, edge.valid_to)
            for edge in read_edges()
            if edge.id == "new_lv.limit"
        ]
        assert days == [
            ("5", dt.date(2022, 1, 1), TODAY), ("3", TODAY, TODAY + A_DAY), ("2", TODAY + A_DAY, None)
        ]  # fmt: skip
        assert check_edges(read_edges(), on_date=TODAY) == ()

    def test_is_on_the_trail(self) -> None:
        approve(propose(shorter()))

        assert list(Entry.objects.filter(kind="knowledge_change").order_by("pk").values_list("act", flat=True)) == [
            "created", "changed"
        ]  # fmt: skip


class TestAChangeNobodyApproved:
    def test_changes_nothing(self, talk: Talk) -> None:
        propose(shorter())
        refused = propose(shorter("1"))
        decide_change(actor=person(2), number=refused, is_approved=False, reason="没有依据", now=NOON)

        assert read_edges() == packaged_edges()
        assert "3个工作日" not in talk(knowledge=read_edges()).reply(QUESTION, now=NOON).text
        waiting, decided = list_changes(actor=person(2))
        assert ([each.decision for each in waiting], [each.decision for each in decided]) == ([""], ["refused"])


class TestADecision:
    def test_is_not_the_proposers(self) -> None:
        number = propose(shorter(), by=person(2))

        with pytest.raises(OwnChange):
            approve(number, by=person(2))

    def test_is_not_of_a_unit_below_the_top(self) -> None:
        with pytest.raises(NotOfWholeCompany):
            approve(propose(shorter()), by=person(3, "S1", Role.SERVICE_SUPERVISOR))

    def test_is_made_once_and_with_a_reason(self) -> None:
        number = propose(shorter())
        with pytest.raises(ReasonMissing):
            decide_change(actor=person(2), number=number, is_approved=True, reason=" ", now=NOON)
        approve(number)

        with pytest.raises(ChangeUnknown):
            approve(number)

    def test_does_not_approve_what_contradicts_itself(self) -> None:
        number = propose(replace(shorter(), kind=ChangeKind.NEW))

        with pytest.raises(ChangeInconsistent) as refused:
            approve(number)

        assert [(each.kind, each.edges) for each in refused.value.faults] == [("contradiction", ("new_lv.limit",))]
        assert read_edges() == packaged_edges()


class TestTheChecks:
    @pytest.mark.parametrize(
        ("change", "kind"),
        [
            (replace(shorter(), kind=ChangeKind.NEW), "contradiction"),
            (Change(ChangeKind.NEW, replace(known(), id="x", business="no_such"), TODAY), "orphan"),
            (Change(ChangeKind.NEW, replace(known(), id="x", source=""), TODAY), "unsourced"),
            (Change(ChangeKind.CHANGED, replace(known(), zh="居民{home}。"), TODAY), "values_differ"),
            (Change(ChangeKind.CHANGED, replace(known(), valid_to=TODAY), TODAY), "never_valid"),
            (Change(ChangeKind.RETIRED, known(), TODAY), "expired"),
            (Change(ChangeKind.RETIRED, replace(known(), id="no_such"), TODAY), "missing"),
        ],
    )
    def test_say_what_a_change_would_make_wrong(self, change: Change, kind: str) -> None:
        assert kind in [fault.kind for fault in check_change(packaged_edges(), change)]

    def test_find_nothing_wrong_with_a_shorter_limit(self) -> None:
        assert check_change(packaged_edges(), shorter()) == ()

    def test_find_what_was_told_after_its_end(self) -> None:
        approve(propose(Change(ChangeKind.RETIRED, known("invoice.how"), TODAY)))

        faults = check_edges(
            read_edges(), on_date=TODAY + A_DAY, cited={"invoice.how": TODAY + A_DAY, "tou.apply": TODAY}
        )

        assert ("cited_expired", ("invoice.how",)) in [(each.kind, each.edges) for each in faults]
        assert ("cited_expired", ("tou.apply",)) not in [(each.kind, each.edges) for each in faults]


class TestFigures:
    @pytest.mark.parametrize("line", ["24 小时", "limit = 24 bushel", "limit = many 小时", "Limit = 3 天"])
    def test_that_cannot_be_read_are_named(self, line: str) -> None:
        with pytest.raises(FiguresUnreadable) as refused:
            read_figures(line, clause="c", grade="P")

        assert refused.value.line == line
