"""What is put into a case: files that prove something, calculations, printed papers."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.db import IntegrityError, transaction

from lamplighter.base.documents import replaced
from lamplighter.base.documents.attachments import check_attachment
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.outbox.records import Channel
from lamplighter.base.security.actor import Actor
from lamplighter.base.settings import Home
from lamplighter.business.inspection.desk_queries import seen_case
from lamplighter.business.inspection.models import Amount, Case, Evidence, Notice
from lamplighter.business.inspection.notices import fingerprint, number_document, print_document
from lamplighter.business.inspection.notices.files import file_of
from lamplighter.business.inspection.operations.chain import note
from lamplighter.business.inspection.operations.serving import queue_notice
from lamplighter.business.inspection.records.amounts import Amounts, Phrase, Role
from lamplighter.business.inspection.records.facts import Facts
from lamplighter.business.inspection.records.findings import EvidenceItem, EvidenceKind
from lamplighter.business.inspection.records.notices import (
    Document,
    DocumentKind,
    ResultNotice,
    ViolationNotice,
    WorkSheet,
)
from lamplighter.business.inspection.rules import load_law, work_out
from lamplighter.business.inspection.rules.deadlines import CHINA
from lamplighter.business.workflow.desk.people import chain_actor
from lamplighter.business.workflow.instances import EventKind, Status
from lamplighter.business.workflow.state_text import read_event

MOST_FILES: Final = 200

ADDED_BY: Final = {
    "evidence": ("inspector", "inspection_leader", "equipment_engineer"),
    "amount": ("inspector",),
    "notice": ("inspector",),
    "work_sheet": ("inspector", "inspection_leader"),
}
"""Roles of the chain that put something into a case; company default, to be confirmed."""


class FilesTooMany(LamplighterError):
    """A case takes no more files."""

    def __init__(self) -> None:
        super().__init__(text("cases.error.file_too_many", count=MOST_FILES))


class CaseClosed(LamplighterError):
    """Nothing is put into a case that is over."""

    def __init__(self, case_no: str) -> None:
        self.case_no = case_no
        super().__init__(text("cases.error.closed", case=case_no))


class NotForYou(LamplighterError):
    """None of the actor's roles puts this into a case."""

    def __init__(self, what: str, *, roles: tuple[str, ...]) -> None:
        self.what, self.roles = what, roles
        listed = text("cases.join").join(text(f"cases.role.{role}") for role in roles)
        super().__init__(text("cases.error.not_for_you", what=text(f"cases.event.{what}"), roles=listed))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with replaced(path) as staged:
        staged.write_bytes(content)


def _open_case(actor: Actor, number: int, *, what: str) -> Case:
    case = seen_case(actor, number)
    if case.status not in (Status.RUNNING.value, Status.SUSPENDED.value):
        raise CaseClosed(case.case_no)
    if not may_add(actor, what):
        raise NotForYou(what, roles=ADDED_BY[what])
    return case


def may_add(actor: Actor, what: str) -> bool:
    """Say whether a role of somebody puts evidence, an amount or a notice into a case."""
    return not chain_actor(actor).roles.isdisjoint(ADDED_BY[what])


def add_evidence(
    *, actor: Actor, number: int, kind: EvidenceKind, subject: str, content: bytes, home: Home, now: dt.datetime
) -> str:
    """Keep a file that proves something, and return its SHA-256; the same file twice is one.

    Args:
        actor: an inspector or leader who sees the case.
        number: of the case.
        kind: what it is.
        subject: what it shows.
        content: its bytes.
        home: where it is kept.
        now: the instant, with its zone.

    Raises:
        RightMissing, CaseUnknown, CaseClosed, NotForYou: what the names say.
        FileRefused: as ``base.documents.attachments.check_attachment``; FilesTooMany: what the name says.
    """
    case = _open_case(actor, number, what="evidence")
    if case.files.count() >= MOST_FILES:
        raise FilesTooMany
    attachment = check_attachment(content)
    sha256 = attachment.sha256
    path = file_of(home, number, sha256)
    if not path.exists():
        _write(path, content)
    keep_evidence(
        case=case,
        actor=actor,
        kind=kind,
        subject=subject,
        sha256=sha256,
        media_type=attachment.media_type,
        size=len(content),
        now=now,
    )
    return sha256


def keep_evidence(
    *,
    case: Case,
    actor: Actor,
    kind: EvidenceKind,
    subject: str,
    sha256: str,
    media_type: str,
    size: int,
    now: dt.datetime,
) -> None:
    """Enter a file that lies in its place (:func:`file_of`) among a case's evidence; the same file twice is one.

    Args:
        case: the case, found by whoever lets it in.
        actor: who brought it.
        kind: what it is.
        subject: what it shows.
        sha256: of its bytes.
        media_type: of its bytes.
        size: of it, bytes.
        now: the instant, with its zone.
    """
    try:
        with transaction.atomic():
            Evidence.objects.create(
                case=case,
                kind=kind.value,
                subject=subject.strip()[:300],
                sha256=sha256,
                media_type=media_type,
                size=size,
                made_at=now,
                by_id=str(actor.staff_id),
                by_name=actor.name,
            )
            note(case, kind="evidence", words=f"{subject.strip()} sha256:{sha256}".strip(), actor=actor, now=now)
    except IntegrityError:
        if not case.files.filter(sha256=sha256).exists():
            raise


def work_out_amount(
    *,
    actor: Actor,
    number: int,
    facts: Facts,
    chosen: Mapping[str, str],
    now: dt.datetime,
    law_file: Path | None = None,
) -> Amounts:
    """Work out what the law makes of facts, keep it in the case line by line, and return it.

    Args:
        actor: whoever may calculate; he alone can complete the task with it.
        number: of the case.
        facts: of the theft, breach or metering error.
        chosen: switches that were set.
        now: the instant, with its zone.
        law_file: rules of the company or its province.

    Raises:
        RightMissing, CaseUnknown, CaseClosed, NotForYou: what the names say.
        LamplighterError: as the calculator of the kind.
    """
    case = _open_case(actor, number, what="amount")
    amounts = work_out(facts, chosen=chosen, law_file=law_file)
    kept = amounts_as_kept(amounts)
    given = json.loads(json.dumps(asdict(facts), default=str))
    sha256 = hashlib.sha256(
        json.dumps([given, kept], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
    ).hexdigest()
    reduced = ("inspection.warning.multiple_reason", "inspection.warning.multiple_no_reason")
    with transaction.atomic():
        Amount.objects.create(
            case=case,
            kind=amounts.kind.value,
            facts=given,
            chosen=dict(chosen),
            governed_on=amounts.governed_on,
            law_version=amounts.law_version,
            direction=amounts.direction.value,
            energy_kwh=amounts.energy_kwh,
            fee_yuan=amounts.sum_of(Role.PRINCIPAL),
            penalty_yuan=amounts.sum_of(Role.PENALTY),
            total_yuan=amounts.total_yuan,
            is_multiple_reduced=any(warning.phrase.message_id in reduced for warning in amounts.warnings),
            lines=kept["lines"],
            warnings=kept["warnings"],
            sha256=sha256,
            made_at=now,
            by_id=str(actor.staff_id),
            by_name=actor.name,
        )
        note(case, kind="amount", words=f"{amounts.total_yuan} yuan sha256:{sha256}", actor=actor, now=now)
    return amounts


def amounts_as_kept(amounts: Amounts) -> dict[str, Any]:
    """Return lines and warnings in JSON's own types; phrases stay phrases, so that they are read in either language."""
    return {
        "lines": [
            {
                "label": _said(line.label),
                "formula": _said(line.formula),
                "value": str(line.value),
                "unit": line.unit,
                "clause": {language: line.clause.say(language) for language in ("zh", "en")},
                "evidence": line.evidence,
                "role": line.role.value,
            }
            for line in amounts.lines
        ],
        "warnings": [{"concern": warning.concern.value, "said": _said(warning.phrase)} for warning in amounts.warnings],
    }


def _said(phrase: Phrase) -> dict[str, Any]:
    fields = {name: _plain(value) for name, value in phrase.fields.items()}
    return {"id": phrase.message_id, "fields": fields, "within": phrase.within}


def _plain(value: object) -> str:
    return str(value) if not isinstance(value, Decimal) else f"{value:f}"


def print_notice(
    *,
    actor: Actor,
    number: int,
    notice: Mapping[str, Any],
    languages: str,
    verify_url: str,
    channel: Channel = Channel.HAND,
    home: Home,
    now: dt.datetime,
) -> Notice:
    """Print a notice of breach or theft: numbered, fingerprinted, kept as PDF, and queued to be served.

    Args:
        actor: an inspector who sees the case.
        number: of the case.
        notice: fields of ``ViolationNotice`` but number, instant of making and evidence, which the case gives.
        languages: as ``print_document``.
        verify_url: address that checks number and fingerprint.
        channel: how it is to be served.
        home: where the PDF is kept.
        now: the instant, with its zone.

    Raises:
        RightMissing, CaseUnknown, CaseClosed, NotForYou: what the names say.
        InspectorsTooFew, LawMissing: as ``print_document``.
    """
    with transaction.atomic():
        kept = print_paper(
            actor=actor,
            number=number,
            kind=DocumentKind.VIOLATION_NOTICE,
            make=lambda made, case: ViolationNotice(**made, evidence=_items(case), **notice),
            languages=languages,
            verify_url=verify_url,
            home=home,
            now=now,
        )
        queue_notice(
            actor=actor,
            case=kept.case,
            notice=kept,
            company=str(notice["company"]),
            channel=channel,
            home=home,
            now=now,
        )
    return kept


def print_visit_paper(
    *,
    actor: Actor,
    number: int,
    kind: DocumentKind,
    content: Mapping[str, Any],
    languages: str,
    verify_url: str,
    home: Home,
    now: dt.datetime,
) -> Notice:
    """Print the work sheet before a visit, or the notice of its results after it.

    Args:
        actor: an inspector, for the work sheet also a leader, who sees the case.
        number: of the case.
        kind: work sheet or notice of results.
        content: fields of ``WorkSheet`` or ``ResultNotice`` but number and instant of making; who approved the visit,
            and when, is the case's to say.
        languages, verify_url, home, now: as :func:`print_notice`.

    Raises:
        RightMissing, CaseUnknown, CaseClosed, NotForYou, InspectorsTooFew: what the names say.
    """

    def make(made: Mapping[str, Any], case: Case) -> Document:
        if kind is DocumentKind.RESULT_NOTICE:
            return ResultNotice(**made, **content)
        return WorkSheet(**made, **content, **_approval(case))

    return print_paper(
        actor=actor,
        number=number,
        kind=kind,
        make=make,
        languages=languages,
        verify_url=verify_url,
        home=home,
        now=now,
    )


def print_paper(
    *,
    actor: Actor,
    number: int,
    kind: DocumentKind,
    make: Callable[[Mapping[str, Any], Case], Document],
    languages: str,
    verify_url: str,
    home: Home,
    now: dt.datetime,
) -> Notice:
    """Print a paper of a case in two copies: numbered, fingerprinted, kept as PDF.

    Args:
        actor, number, languages, verify_url, home, now: as :func:`print_notice`.
        kind: which paper.
        make: given number and instant of making, and the case: the paper.

    Raises:
        RightMissing, CaseUnknown, CaseClosed, NotForYou, InspectorsTooFew, LawMissing: what the names say.
    """
    case = _open_case(actor, number, what="work_sheet" if kind is DocumentKind.WORK_SHEET else "notice")
    year = now.astimezone(CHINA).year
    with transaction.atomic():
        start = number_document(kind, unit=case.county_id, year=year, sequence=0)[:-6]
        sequence = Notice.objects.filter(number__startswith=start).count() + 1
        document_no = number_document(kind, unit=case.county_id, year=year, sequence=sequence)
        document = make({"number": document_no, "made_at": now.replace(microsecond=0)}, case)
        found_at = document.found_at if isinstance(document, ViolationNotice) else now
        law = load_law(on=found_at.astimezone(CHINA).date())
        pdf = print_document(document, law=law, languages=languages, verify_url=verify_url)
        kept: Notice = Notice.objects.create(
            case=case,
            kind=kind.value,
            number=document_no,
            content=json.loads(json.dumps(asdict(document), default=_written)),
            sha256=fingerprint(document),
            made_at=now,
            by_id=str(actor.staff_id),
            by_name=actor.name,
        )
        _write(file_of(home, number, f"{document_no}.pdf"), pdf)
        note(case, kind="notice", words=f"{document_no} sha256:{kept.sha256}", actor=actor, now=now)
    return kept


def _approval(case: Case) -> dict[str, Any]:
    """Return who approved the visit last, and when; nothing where nobody did yet: the paper leaves room for it."""
    for row in case.events.filter(kind=EventKind.COMPLETED.value).order_by("-number"):
        event = read_event(row.line)
        if event.element == "approve_visit":
            is_approved = event.data.get("visit_decision") == "APPROVE"
            return {"approved_by": row.by_name, "approved_at": event.at} if is_approved else {}
    return {}


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _items(case: Case) -> tuple[EvidenceItem, ...]:
    return tuple(
        EvidenceItem(
            item_id=str(place),
            kind=EvidenceKind(row.kind),
            sha256=row.sha256,
            taken_at=row.made_at,
            taken_by=row.by_name,
            subject=row.subject,
        )
        for place, row in enumerate(case.files.order_by("pk"), 1)
    )
