"""A process is changed: a file brought and held against what runs, proposed with a reason, released by another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Max

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right, RightMissing
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.reach import is_over_all
from lamplighter.business.workflow.company_days import AROUND
from lamplighter.business.workflow.contract import decision_doubts, process_doubts
from lamplighter.business.workflow.definitions.decision_file import NAMESPACES, read_decision
from lamplighter.business.workflow.definitions.faults import DefinitionRefused, Fault, FaultList
from lamplighter.business.workflow.definitions.library import packaged_library
from lamplighter.business.workflow.definitions.markup import read_markup
from lamplighter.business.workflow.definitions.process_file import read_process
from lamplighter.business.workflow.definitions.versioning import write_decision_version, write_version
from lamplighter.business.workflow.records import Decision, Definition
from lamplighter.business.workflow.rehearsing import rehearse
from lamplighter.business.workflow.versions.library import DECISION, LIBRARY, PROCESS
from lamplighter.business.workflow.versions.models import Beginning, Change, VersionFile

FIRST_OWN: Final = 1001
"""Numbers below are those of versions that come with Lamplighter: the two never meet."""
TRAIL_KIND: Final = "workflow.version"
LONGEST_REASON: Final = 2_000


class ChangeRefused(LamplighterError):
    """A change may not be proposed or released as asked; ``why`` is its sentence, ``processes.refused.<why>``."""

    def __init__(self, why: str, **fields: object) -> None:
        self.why = why
        super().__init__(text(f"processes.refused.{why}", in_language=None, **fields))


@dataclass(frozen=True, slots=True)
class Drafted:
    """A version as it would be kept.

    Attributes:
        content: its file, with its number written into it.
        before: what it would take the place of.
    """

    content: bytes
    after: Definition | Decision
    before: Definition | Decision

    @property
    def kind(self) -> str:
        """Process or decision."""
        return PROCESS if isinstance(self.after, Definition) else DECISION


def draft_change(content: bytes, *, file: str) -> tuple[Drafted, ...]:
    """Read a changed file and return the versions it would make: its own, and of a table those of who asks it.

    Args:
        content: the file.
        file: its name, for what is said about it.

    Raises:
        DefinitionRefused: with everything that is wrong with it, all at once.
        ChangeRefused: it is the very file that runs.
    """
    if is_decision_file(content):
        return _draft_table(content, file)
    return (_draft_process(content, file, LIBRARY.decisions()),)


def is_decision_file(content: bytes) -> bool:
    """Say whether a file is one of decision tables; what cannot be read at all is not."""
    root = read_markup(content, FaultList())
    return root is not None and any(root.tag == f"{namespace}definitions" for namespace in NAMESPACES)


def propose_change(*, actor: Actor, content: bytes, file: str, reason: str, persons: int, now: dt.datetime) -> Change:
    """Bring a changed file, have it checked and tried out, and ask for it to be released.

    Args:
        actor: who asks.
        content: the file; ``file`` its name.
        reason: why.
        persons: how many people a release takes (``process_release_persons`` of the policy).
        now: the instant, with its zone.

    Returns:
        The change; released at once where one person is enough and the whole company is his.

    Raises:
        RightMissing: the actor may not change processes.
        DefinitionRefused: with everything that is wrong with the file.
        ChangeRefused: no reason, nothing changed, or another change of the same waits.
        NoRuleMatches, RulesConflict: trying it out came to a case for which a table has no row, or two.
    """
    actor.require(Right.CHANGE_PROCESSES)
    if not reason.strip():
        raise ChangeRefused("reason_missing")
    drafted = draft_change(content, file=file)
    rehearsals = {
        each.after.name: asdict(rehearse(each.after, calendar=AROUND.calendar, now=now))
        for each in drafted
        if isinstance(each.after, Definition)
    }
    try:
        with transaction.atomic():
            change = Change.objects.create(
                name=drafted[0].after.name,
                based_on={each.before.name: each.before.version for each in drafted},
                file_name=file[:200],
                reason=reason.strip()[:LONGEST_REASON],
                rehearsals=rehearsals,
                proposed_by_id=actor.staff_id,
                proposed_by=actor.name,
                proposed_at=now,
            )
            for each in drafted:
                VersionFile.objects.create(
                    change=change,
                    kind=each.kind,
                    name=each.after.name,
                    version=each.after.version,
                    digest=each.after.digest,
                    content=each.content,
                )
            record(
                act=Act.CREATED,
                by=actor,
                now=now,
                kind=TRAIL_KIND,
                subject=change.pk,
                after={f"{each.kind} {each.after.name}": each.after.version for each in drafted}
                | {"sha256": drafted[0].after.digest},
                note=change.reason,
            )
            if persons < 2 and is_over_all(actor):
                _release(change, actor=actor, answer="", now=now)
    except IntegrityError as error:
        raise ChangeRefused("waits_already") from error
    return change


def decide_change(
    *, actor: Actor, number: int, is_approved: bool, answer: str, persons: int, now: dt.datetime
) -> Change:
    """Release a change that waits, or refuse it; whoever proposed it may only take it back.

    Args:
        actor: who decides; the whole company must be his, or the change his own to take back.
        number: of the change.
        is_approved: he releases it.
        answer: what he says; needed either way.
        persons: how many people a release takes.
        now: the instant, with its zone.

    Raises:
        RightMissing: he may not change processes, or not everywhere.
        ChangeRefused: somebody decided already, he proposed it himself, says not why, or the process moved on.
    """
    actor.require(Right.CHANGE_PROCESSES)
    with transaction.atomic():
        change = Change.objects.select_for_update().filter(pk=number, state="waiting").first()
        if change is None:
            raise ChangeRefused("decided_already")
        is_own = change.proposed_by_id == actor.staff_id
        if not is_over_all(actor) and (is_approved or not is_own):
            raise RightMissing(Right.CHANGE_PROCESSES)
        if not answer.strip():
            raise ChangeRefused("answer_missing")
        if not is_approved:
            change.state, change.decided_by, change.decided_at = "refused", actor.name, now
            change.answer = answer.strip()[:LONGEST_REASON]
            change.save()
            change.files.update(is_waiting=False)
            said = {"state": "refused", "change": change.pk}
            record(act=Act.CHANGED, by=actor, now=now, kind=TRAIL_KIND, subject=change.pk, after=said, note=answer)
            return change
        if is_own and persons > 1:
            raise ChangeRefused("second_person_missing", persons=persons)
        _release(change, actor=actor, answer=answer, now=now)
    return change


def choose_version(*, actor: Actor, name: str, version: int, reason: str, now: dt.datetime) -> None:
    """Let new instances begin with a version that was released before: the way back, which needs no second person.

    Args:
        actor: who decides; the whole company must be his.
        name: of the process.
        version: packaged, or of the company and released.
        reason: why.
        now: the instant, with its zone.

    Raises:
        RightMissing: he may not change processes, or not everywhere.
        ChangeRefused: no reason, no such version, or new instances begin with it anyhow.
    """
    actor.require(Right.CHANGE_PROCESSES)
    if not is_over_all(actor):
        raise RightMissing(Right.CHANGE_PROCESSES)
    if not reason.strip():
        raise ChangeRefused("reason_missing")
    own = VersionFile.objects.filter(kind=PROCESS, name=name, version=version, is_released=True)
    if version not in packaged_library().versions(name) and not own.exists():
        raise ChangeRefused("version_unknown", name=name, version=version)
    before = LIBRARY.latest(name).version
    if before == version:
        raise ChangeRefused("runs_already", version=version)
    with transaction.atomic():
        _begin(name, version, before, actor=actor, reason=reason.strip()[:LONGEST_REASON], change=None, now=now)


def _release(change: Change, *, actor: Actor, answer: str, now: dt.datetime) -> None:
    files = list(change.files.all())
    begun = {each.name: LIBRARY.latest(each.name).version for each in files if each.kind == PROCESS}
    tables = {each.name: each.version for each in LIBRARY.decisions()}
    for each in files:
        # Released meanwhile or gone back: what was held against each other is not what would be replaced.
        runs = begun[each.name] if each.kind == PROCESS else tables[each.name]
        if runs != change.based_on[each.name]:
            raise ChangeRefused("moved_on", name=each.name, based_on=change.based_on[each.name], version=runs)
    change.state, change.decided_by, change.decided_at = "released", actor.name, now
    change.answer = answer.strip()[:LONGEST_REASON]
    change.save()
    change.files.update(is_waiting=False, is_released=True)
    for each in files:
        if each.kind == PROCESS:
            before = begun[each.name]
            _begin(each.name, each.version, before, actor=actor, reason=change.reason, change=change, now=now)


def _begin(
    name: str, version: int, before: int, *, actor: Actor, reason: str, change: Change | None, now: dt.datetime
) -> None:
    Beginning.objects.create(
        name=name,
        version=version,
        replaced=before,
        reason=reason,
        change=change,
        made_at=now,
        by_id=str(actor.staff_id),
        by_name=actor.name,
    )
    record(
        act=Act.RELEASED,
        by=actor,
        now=now,
        kind=TRAIL_KIND,
        subject=name,
        before={"version": before},
        after={"version": version, "proposed_by": change.proposed_by if change else "", "approved_by": actor.name},
        note=reason,
    )


def _draft_process(content: bytes, file: str, decisions: Sequence[Decision]) -> Drafted:
    services = AROUND.services
    found = read_process(content, file=file, services=services, decisions=decisions)
    if found.name not in packaged_library().names():
        known = ", ".join(packaged_library().names())
        raise DefinitionRefused([Fault("process_unknown", found.name, (("known", known),))], file=file)
    before = LIBRARY.latest(found.name)
    _refuse(process_doubts(found, before), file)
    if write_version(content, before.version) == LIBRARY.content(before.digest):
        raise ChangeRefused("unchanged", name=found.name, version=before.version)
    numbered = _numbered(content, PROCESS, found.name)
    after = read_process(numbered, file=file, services=services, decisions=decisions)
    return Drafted(numbered, after, before)


def _draft_table(content: bytes, file: str) -> tuple[Drafted, ...]:
    found = read_decision(content, file=file)
    known = LIBRARY.decisions()
    same = [each for each in known if each.name == found.name]
    if not same:
        names = ", ".join(sorted({each.name for each in known}))
        raise DefinitionRefused([Fault("table_unknown", found.name, (("known", names),))], file=file)
    before = same[-1]
    _refuse(decision_doubts(found, before), file)
    if write_version(content, before.version) == LIBRARY.content(before.digest):
        raise ChangeRefused("unchanged", name=found.name, version=before.version)
    numbered = _numbered(content, DECISION, found.name)
    after = read_decision(numbered, file=file)
    drafted = [Drafted(numbered, after, before)]
    for asking in _who_asks(found.name):
        asked = write_decision_version(LIBRARY.content(asking.digest), decision=after.name, version=after.version)
        drafted.append(_draft_process(asked, f"{asking.name}.bpmn", (*known, after)))
    return tuple(drafted)


def _who_asks(decision: str) -> Iterable[Definition]:
    running = (LIBRARY.latest(name) for name in packaged_library().names())
    return [each for each in running if decision in each.decisions]


def _numbered(content: bytes, kind: str, name: str) -> bytes:
    last = VersionFile.objects.filter(kind=kind, name=name).aggregate(last=Max("version"))["last"]
    return write_version(content, max(FIRST_OWN, (last or 0) + 1))


def _refuse(doubts: Sequence[Fault], file: str) -> None:
    if doubts:
        raise DefinitionRefused(doubts, file=file)
