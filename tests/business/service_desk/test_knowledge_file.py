"""Knowledge as a file: untouched it comes back as no difference, changed as a proposal, and a bad one as nothing."""

import datetime as dt
import tomllib

import pytest

from lamplighter.base.security.actor import Actor, Level, Right, RightMissing
from lamplighter.business.service_desk.knowledge.changes import ChangeKind
from lamplighter.business.service_desk.knowledge.exchange import (
    LARGEST_BYTES,
    KnowledgeFileFaulty,
    find_differences,
    read_file,
    write_file,
)
from lamplighter.business.service_desk.knowledge.graph import edges_of, packaged_edges
from lamplighter.business.service_desk.knowledge.models import KnowledgeChange
from lamplighter.business.service_desk.knowledge.operations import ReasonMissing, propose_file

TODAY = dt.date(2026, 3, 2)
NOW = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
BOSS = Actor(1, "Gao", "P", Level.PROVINCE, frozenset(), frozenset({Right.SUPERVISE_TICKETS, Right.SEE_TICKETS}))
EDGE = """
[[edge]]
id = "meter_doubt.night"
business = "meter_doubt"
relation = "time_limit"
zh = "夜间{limit}内回复。"
en = "At night the answer comes within {limit}."
clause = "公司通知第二条"
source = "company order 7"
grade = "P"
figures = ["limit = 24 小时"]
valid_from = 2026-04-01
"""
HEAD = 'format = "lamplighter-knowledge"\nversion = 1\n'


def packaged() -> str:
    return write_file(packaged_edges(), on_date=TODAY)


def faults(written: str) -> list[tuple[int, str]]:
    with pytest.raises(KnowledgeFileFaulty) as refused:
        read_file(written.encode())
    return [(each.line, each.words) for each in refused.value.faults]


class TestTheFile:
    def test_holds_what_is_known_on_the_day_and_is_toml(self) -> None:
        rows = tomllib.loads(packaged())["edge"]

        held = [edge.id for edge in packaged_edges() if edge in edges_of(edge.business, on_date=TODAY)]
        assert [row["id"] for row in rows] == sorted(held)

    def test_comes_back_as_no_difference(self) -> None:
        assert find_differences(read_file(packaged().encode()), edges=packaged_edges(), on_date=TODAY) == ()

    def test_tells_what_was_changed_field_by_field(self) -> None:
        (old,) = edges_of("meter_doubt", on_date=TODAY)
        changed = packaged().replace(f'source = "{old.source}"', 'source = "order 9"', 1)
        position = packaged().index(f'id = "{old.id}"')
        changed = packaged()[:position] + packaged()[position:].replace(f'"{old.source}"', '"order 9"', 1)

        (found,) = find_differences(read_file(changed.encode()), edges=packaged_edges(), on_date=TODAY)

        assert (found.change.kind, found.change.edge.id) == (ChangeKind.CHANGED, old.id)
        assert found.fields == (("source", old.source, "order 9"),)

    def test_adds_an_edge_from_the_day_it_names_and_never_from_a_day_gone_by(self) -> None:
        early = EDGE.replace("2026-04-01", "2020-01-01").replace(".night", ".early")

        found = find_differences(read_file((HEAD + EDGE + early).encode()), edges=packaged_edges(), on_date=TODAY)

        assert [(each.change.kind, each.change.holds_from) for each in found] == [
            (ChangeKind.NEW, dt.date(2026, 4, 1)),
            (ChangeKind.NEW, TODAY),
        ]

    def test_ends_an_edge_only_where_it_says_so(self) -> None:
        one = packaged().split("[[edge]]")[1]
        alone, retired = HEAD + "[[edge]]" + one, HEAD + "[[edge]]" + one + "\nretired = true\n"

        assert find_differences(read_file(alone.encode()), edges=packaged_edges(), on_date=TODAY) == ()
        (found,) = find_differences(read_file(retired.encode()), edges=packaged_edges(), on_date=TODAY)
        assert found.change.kind is ChangeKind.RETIRED


class TestAFaultyFile:
    def test_names_how_many_faults_and_their_lines_and_what_next(self) -> None:
        bad = (
            HEAD
            + EDGE
            + EDGE.replace(".night", ".b").replace('grade = "P"', 'grade = "sure"').replace("24 小时", "24 xx")
        )

        with pytest.raises(KnowledgeFileFaulty, match="2 faults") as refused:
            read_file(bad.encode())

        # Two lines of head, an empty one, the first edge with eleven and an empty one: the second begins in line 16.
        assert {each.line for each in refused.value.faults} == {bad.split("\n").index("[[edge]]", 5) + 1}
        assert "bring the whole file again" in str(refused.value)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("zh", "夜间{limit}内<script>alert(1)</script>"),
            ("en", "<img src=x> within {limit}"),
            ("zh", "=HYPERLINK(1){limit}夜"),
            ("en", "@SUM(1) {limit}"),
            ("clause", "a\\u202eb"),
            ("source", ""),
            ("source", "x" * 301),
            ("zh", "夜间{limit:>99999999}内"),
            ("en", "within {limit.__class__}"),
            ("en", "within {limit} {"),
            ("en", "within a day"),
            ("business", "nobody_knows"),
        ],
    )
    def test_is_one_that_hides_something_in_its_words(self, field: str, value: str) -> None:
        lines = [f'{field} = "{value}"' if line.startswith(f"{field} = ") else line for line in EDGE.split("\n")]

        assert [line for line, _ in faults(HEAD + "\n".join(lines))] == [4]

    @pytest.mark.parametrize(
        "written",
        [
            "not toml at all",
            'format = "other"\nversion = 1\n' + EDGE,
            HEAD.replace("1", "2") + EDGE,
            HEAD + "edge = 7",
            HEAD + "edge = " + "[" * 5_000 + "]" * 5_000,
            HEAD + "edge = [" + "1," * 2_001 + "]",
            "#" * (LARGEST_BYTES + 1),
        ],
    )
    def test_is_one_of_another_form_too_large_or_nested_too_deeply(self, written: str) -> None:
        assert [line for line, _ in faults(written)] == [0]

    def test_is_one_that_names_an_edge_twice_or_a_field_nobody_knows(self) -> None:
        assert len(faults(HEAD + EDGE + EDGE)) == 1
        assert "shout" in faults(HEAD + EDGE + 'shout = "x"')[0][1]


@pytest.mark.django_db
class TestProposing:
    def test_makes_a_proposal_of_each_difference_and_changes_nothing(self) -> None:
        done = propose_file(actor=BOSS, content=(packaged() + EDGE).encode(), reason="夜班", now=NOW)

        row = KnowledgeChange.objects.get()
        assert (done.read, len(done.differences), done.waiting) == (packaged().count("[[edge]]") + 1, 1, ())
        assert (row.edge, row.reason, row.decision) == ("meter_doubt.night", "夜班", "")

    def test_proposes_nothing_twice(self) -> None:
        content = (HEAD + EDGE).encode()
        propose_file(actor=BOSS, content=content, reason="夜班", now=NOW)

        done = propose_file(actor=BOSS, content=content, reason="夜班", now=NOW)

        assert (done.differences, done.waiting) == ((), ("meter_doubt.night",))
        assert KnowledgeChange.objects.count() == 1

    def test_proposes_nothing_of_a_file_with_a_fault(self) -> None:
        bad = HEAD + EDGE + EDGE.replace(".night", ".b").replace('"P"', '"sure"')

        with pytest.raises(KnowledgeFileFaulty):
            propose_file(actor=BOSS, content=bad.encode(), reason="夜班", now=NOW)
        assert not KnowledgeChange.objects.exists()

    def test_takes_a_reason_and_the_right_to_watch_service(self) -> None:
        with pytest.raises(ReasonMissing):
            propose_file(actor=BOSS, content=(HEAD + EDGE).encode(), reason=" ", now=NOW)
        clerk = Actor(2, "Sun", "P", Level.PROVINCE, frozenset(), frozenset({Right.SEE_TICKETS}))
        with pytest.raises(RightMissing):
            propose_file(actor=clerk, content=(HEAD + EDGE).encode(), reason="夜班", now=NOW)
