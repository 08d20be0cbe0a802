"""From the field into the case: what a telephone sends becomes sealed evidence, and its result moves the case."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.security.actor import Actor
from lamplighter.base.security.audit.recording import record as record_in_trail
from lamplighter.base.security.audit.records import Act
from lamplighter.base.settings import Home
from lamplighter.business.inspection.case_people import colleagues_of
from lamplighter.business.inspection.case_store import load_chain
from lamplighter.business.inspection.field import arriving
from lamplighter.business.inspection.field.checklists import packaged_checklists
from lamplighter.business.inspection.field.handing_out import ON_SITE, case_units
from lamplighter.business.inspection.field.models import FieldRecord
from lamplighter.business.inspection.field.queries import RecordStanding, find_standing, read_sheet
from lamplighter.business.inspection.field.records import FieldSheet, ItemKind, ItemState
from lamplighter.business.inspection.field.rules import find_lacks
from lamplighter.business.inspection.models import Case
from lamplighter.business.inspection.operations.papers import keep_evidence
from lamplighter.business.inspection.records.findings import EvidenceKind
from lamplighter.journeys.suspicion_to_recovery import work_on


@dataclass(frozen=True, slots=True)
class Sending:
    """Who sends about which record, where it is kept, and when."""

    actor: Actor
    visit_id: UUID
    record_id: UUID
    home: Home
    now: dt.datetime


def take_part(sending: Sending, *, item: arriving.Announced, offset: int, content: bytes) -> RecordStanding:
    """Take a part of a file, and what follows when it was the last thing that was missing.

    Raises:
        LamplighterError: as ``inspection.field.arriving.take_part``.
    """
    arriving.take_part(
        actor=sending.actor,
        visit_id=sending.visit_id,
        record_id=sending.record_id,
        item=item,
        offset=offset,
        content=content,
        home=sending.home,
        now=sending.now,
    )
    return _settled(sending)


def take_sheet(sending: Sending, *, content: bytes, sha256: str, telephone_now: dt.datetime | None) -> RecordStanding:
    """Take the sheet of a record, and what follows when it was the last thing that was missing.

    Raises:
        LamplighterError: as ``inspection.field.arriving.take_sheet``.
    """
    arriving.take_sheet(
        actor=sending.actor,
        visit_id=sending.visit_id,
        record_id=sending.record_id,
        content=content,
        sha256=sha256,
        telephone_now=telephone_now,
        home=sending.home,
        now=sending.now,
    )
    return _settled(sending)


def _settled(sending: Sending) -> RecordStanding:
    with transaction.atomic():
        record = FieldRecord.objects.select_for_update().get(pk=sending.record_id)
        sheet = read_sheet(record.sheet)
        # Marked in the transaction that acts on it: however often it is asked, it is done once.
        if record.whole_at is None and sheet is not None and _is_whole(record, sheet):
            _settle(record, sheet, sending)
    return find_standing(actor=sending.actor, visit_id=sending.visit_id, record_id=sending.record_id, home=sending.home)


def _is_whole(record: FieldRecord, sheet: FieldSheet) -> bool:
    here = {
        item.item_id for item in record.items.all() if item.state in (ItemState.KEPT.value, ItemState.REFUSED.value)
    }
    return all(line.item_id in here for line in sheet.items)


def _settle(record: FieldRecord, sheet: FieldSheet, sending: Sending) -> None:
    case: Case = record.visit.case
    actor, now = sending.actor, sending.now
    record.whole_at = now
    if case.closed_at is None:
        _enter_evidence(record, sheet, case, sending)
    _move_case(record, sheet, case, sending)
    record.save()
    last = record.links.order_by("number").last()
    record_in_trail(
        act=Act.CREATED,
        by=actor,
        now=now,
        kind="field.record",
        subject=record.pk,
        # The trail's head is signed outside the database: with it this chain as well.
        after={"case": case.case_no, "link": last.number if last else 0, "hash": last.hash if last else ""},
    )


def _enter_evidence(record: FieldRecord, sheet: FieldSheet, case: Case, sending: Sending) -> None:
    lines = {line.item_id: line for line in sheet.items}
    steps = packaged_checklists().steps
    for item in record.items.filter(state=ItemState.KEPT.value).order_by("sequence"):
        line = lines[item.item_id]
        step = steps[line.step].say() if line.step in steps else ""
        is_signature = line.kind is ItemKind.SIGNATURE
        keep_evidence(
            case=case,
            actor=sending.actor,
            kind=EvidenceKind.STATEMENT if is_signature else EvidenceKind.PHOTO,
            subject=" ".join(filter(None, (step, line.subject))),
            sha256=item.sha256,
            media_type=item.media_type,
            size=item.size,
            now=sending.now,
        )
    keep_evidence(
        case=case,
        actor=sending.actor,
        kind=EvidenceKind.READING,
        subject=str(record.pk),
        sha256=record.sheet_sha256,
        media_type="application/json",
        size=(sending.home.desk / "cases" / str(case.pk) / record.sheet_sha256).stat().st_size,
        now=sending.now,
    )


def _move_case(record: FieldRecord, sheet: FieldSheet, case: Case, sending: Sending) -> None:
    definition, instance = load_chain(case)
    outcomes = [
        str(option.value)
        for field in definition.tasks[ON_SITE].fields
        if field.name == "outcome"
        for option in field.options
    ]
    refused = record.items.filter(state=ItemState.REFUSED.value).values_list("item_id", flat=True)
    lacks = find_lacks(
        sheet,
        by=str(sending.actor.staff_id),
        colleagues=[number for number, _ in colleagues_of(actor=sending.actor, units=case_units(case))],
        checklists=packaged_checklists(),
        outcomes=outcomes,
        refused=map(str, refused),
    )
    record.lacks = [{"lack": each.lack.value, "step": each.step} for each in lacks]
    if lacks:
        record.unmoved = "lacks"
        return
    if ON_SITE not in instance.opened:
        record.unmoved = "task"
        return
    try:
        with transaction.atomic():
            work_on(
                actor=sending.actor,
                number=case.pk,
                task=ON_SITE,
                data={
                    "second_inspector": sheet.second_inspector,
                    "outcome": sheet.outcome,
                    "visit_note": sheet.note,
                },
                seen=instance.number,
                now=sending.now,
            )
    except LamplighterError as refusal:
        # What was found stays evidence; a person at the desk goes on from here.
        record.unmoved, record.said = "refused", str(refusal)
    else:
        record.moved_at = sending.now
