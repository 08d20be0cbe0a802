"""Reads of the field: what an inspector is given, how far his records have come, what a case shows of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.models import Staff
from lamplighter.base.settings import Home
from lamplighter.business.inspection.field.checklists import packaged_checklists
from lamplighter.business.inspection.field.models import ChainLink, FieldItem, FieldRecord, FieldVisit
from lamplighter.business.inspection.field.records import ChainFault, ChainState, FieldSheet, ItemState, Link
from lamplighter.business.inspection.field.rules import Balance, check_links, work_out_balance
from lamplighter.business.inspection.field.staging import fingerprint_of, held_bytes, staged_file
from lamplighter.business.inspection.models import Case
from lamplighter.business.inspection.notices.files import file_of
from lamplighter.business.inspection.reading import FactsInvalid, read_record


class VisitUnknown(LamplighterError):
    """There is no such visit among those handed out to the actor."""

    def __init__(self) -> None:
        super().__init__(text("field.refused.unknown"))


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """How far a file has come.

    Attributes:
        received: bytes that are here; all of them once it is kept or refused.
        why: why it was refused.
    """

    item_id: str
    state: ItemState
    received: int
    why: str


@dataclass(frozen=True, slots=True)
class RecordStanding:
    """What the server has of a record: whatever a telephone sent and was not answered, this answers.

    Attributes:
        is_whole: sheet and all files are here; the telephone may forget them.
        has_moved: it moved its case; ``unmoved`` and ``said`` tell why not.
        link: newest link of its own in the evidence chain, number and hash; the telephone's receipt.
    """

    record_id: str
    has_sheet: bool
    items: tuple[ItemStanding, ...]
    is_whole: bool
    has_moved: bool
    unmoved: str
    said: str
    link: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class ItemView:
    """A file of a record as a case shows it.

    Attributes:
        taken_at: by the telephone's clock; ``likely_at`` put right by its offset. None without a sheet.
    """

    number: int
    kind: str
    step: str
    subject: str
    sha256: str
    state: ItemState
    why: str
    arrived_at: dt.datetime | None
    taken_at: dt.datetime | None
    likely_at: dt.datetime | None
    exif: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record as a case shows it.

    Attributes:
        sheet: None before it has come.
        inspectors: whoever sent it, and the second.
        balances: what measured values come to, by step.
        missing: files the sheet names that are not here yet.
        clock_minutes: the server's clock less the telephone's; None where the telephone said none.
        clock_is_wrong: the telephone's clock is further from ours than the company allows.
    """

    row: FieldRecord
    sheet: FieldSheet | None
    inspectors: tuple[str, ...]
    items: tuple[ItemView, ...]
    balances: tuple[tuple[str, Balance], ...]
    missing: int
    clock_minutes: float | None
    clock_is_wrong: bool


def own_visit(actor: Actor, visit_id: UUID) -> FieldVisit:
    """Return a visit that was handed out to the actor's crew.

    Raises:
        RightMissing: visits are closed to him.
        VisitUnknown: none of this id was handed out to him.
    """
    actor.require(Right.SEE_OWN_VISITS)
    found: FieldVisit | None = FieldVisit.objects.seen_by(actor).filter(pk=visit_id).first()
    staff = Staff.objects.filter(pk=actor.staff_id).first()
    if found is None or staff is None or staff.username not in found.members:
        raise VisitUnknown
    return found


def read_sheet(content: Any) -> FieldSheet | None:
    """Return a sheet of JSON's own types; None where it is none."""
    if not isinstance(content, dict):
        return None
    try:
        return read_record(FieldSheet, content, source="sheet")
    except FactsInvalid:
        return None


def find_standing(*, actor: Actor, visit_id: UUID, record_id: UUID, home: Home) -> RecordStanding:
    """Return how far a record of the actor's has come; one that never came has nothing.

    Raises:
        RightMissing, VisitUnknown: what the names say.
    """
    visit = own_visit(actor, visit_id)
    record = FieldRecord.objects.filter(pk=record_id, visit=visit, by_id=str(actor.staff_id)).first()
    if record is None:
        return RecordStanding(str(record_id), False, (), False, False, "", "", None)
    last = record.links.order_by("number").last()
    return RecordStanding(
        record_id=str(record.pk),
        has_sheet=record.sheet is not None,
        items=tuple(_standing(row, home) for row in record.items.order_by("sequence")),
        is_whole=record.whole_at is not None,
        has_moved=record.moved_at is not None,
        unmoved=record.unmoved,
        said=record.said,
        link=(last.number, last.hash) if last else None,
    )


def _standing(row: FieldItem, home: Home) -> ItemStanding:
    state = ItemState(row.state)
    received = (
        held_bytes(staged_file(home, str(row.record_id), str(row.item_id)))
        if state is ItemState.COMING
        else int(row.size)
    )
    return ItemStanding(str(row.item_id), state, received, row.why)


def visited_at(case: Case, *, recorded_at: dt.datetime) -> dt.datetime | None:
    """Return when the visit was over whose record moved a case; None where it was recorded at the desk.

    A telephone may hand in days later. Its clock is set right by how far it was off when the sheet came, and the
    instant lies between the handing out of the visit and the arrival of the sheet, whatever the clock said.

    Args:
        case: the case.
        recorded_at: when the case moved on; a record that moved it earlier is of an earlier visit.
    """
    moved = FieldRecord.objects.filter(visit__case=case, moved_at__gte=recorded_at).select_related("visit")
    row = moved.order_by("-moved_at").first()
    sheet = read_sheet(row.sheet) if row else None
    if row is None or sheet is None or row.sheet_at is None:
        return None
    finished = sheet.finished_at + dt.timedelta(seconds=row.clock_offset_seconds or 0.0)
    return min(max(finished, row.visit.handed_out_at), row.sheet_at)


def list_records(*, actor: Actor, number: int) -> tuple[RecordView, ...]:
    """Return what the field handed in about a case the actor sees, the newest first.

    Raises:
        RightMissing: the actor may not see cases.
    """
    actor.require(Right.SEE_CASES)
    rows = FieldRecord.objects.filter(visit__case__in=Case.objects.seen_by(actor).filter(pk=number))
    return tuple(_view(row) for row in rows.order_by("-begun_at").prefetch_related("items__exif"))


def _view(row: FieldRecord) -> RecordView:
    sheet = read_sheet(row.sheet)
    lines = {line.item_id: line for line in sheet.items} if sheet else {}
    offset = dt.timedelta(seconds=row.clock_offset_seconds or 0.0)
    items = []
    for item in row.items.all().order_by("sequence"):
        line = lines.get(item.item_id)
        exif = getattr(item, "exif", None)
        items.append(
            ItemView(
                number=item.pk,
                kind=line.kind.value if line else "",
                step=line.step if line else "",
                subject=line.subject if line else "",
                sha256=item.sha256,
                state=ItemState(item.state),
                why=item.why,
                arrived_at=item.arrived_at,
                taken_at=line.taken_at if line else None,
                likely_at=line.taken_at + offset if line else None,
                exif=exif.content if exif else {},
            )
        )
    second = Staff.objects.filter(pk=int(sheet.second_inspector)).first() if sheet and _is_number(sheet) else None
    figures = packaged_checklists().figures
    return RecordView(
        row=row,
        sheet=sheet,
        inspectors=tuple(filter(None, (row.by_name, (second.get_full_name() or second.username) if second else ""))),
        items=tuple(items),
        balances=tuple(
            (answer.step, work_out_balance(answer.balance, tolerance=figures["balance_tolerance"]))
            for answer in (sheet.answers if sheet else ())
            if answer.balance is not None
        ),
        missing=len(lines) - sum(item.state is not ItemState.COMING for item in items) if sheet else 0,
        clock_minutes=None if row.clock_offset_seconds is None else row.clock_offset_seconds / 60,
        clock_is_wrong=abs(row.clock_offset_seconds or 0.0) >= figures["clock_warning_seconds"],
    )


def _is_number(sheet: FieldSheet) -> bool:
    return sheet.second_inspector.isdecimal() and len(sheet.second_inspector) < 16


def find_picture(*, actor: Actor, number: int, item: int) -> str | None:
    """Return the name of the copy of a picture that is shown, without EXIF; None where the actor sees none.

    Raises:
        RightMissing: the actor may not see cases.
    """
    actor.require(Right.SEE_CASES)
    case = Case.objects.seen_by(actor).filter(pk=number)
    found = FieldItem.objects.filter(pk=item, record__visit__case__in=case).first()
    return f"shown-{found.shown_sha256}" if found and found.shown_sha256 else None


def link_of(row: ChainLink) -> Link:
    """Return a link as its arithmetic takes it."""
    return Link(
        number=row.number,
        record_id=str(row.record_id),
        what=row.what,
        sha256=row.sha256,
        arrived_at=row.made_at,
        previous=row.previous,
        hash=row.hash,
    )


def read_chain(case_number: int, *, home: Home | None = None) -> ChainState:
    """Read the evidence chain of a case again; with a home its files as well.

    Args:
        case_number: of the case.
        home: where the files lie; None reads the links alone, as a page does.
    """
    links = [link_of(row) for row in ChainLink.objects.filter(case_id=case_number).order_by("number")]
    state = check_links(links)
    if state.fault is not None:
        return state
    # Links cut off the end leave a chain that is whole in itself: what arrived must have its link.
    here = {(each.record_id, each.what, each.sha256) for each in links}
    for record in FieldRecord.objects.filter(visit__case_id=case_number).prefetch_related("items"):
        arrived = [
            (str(record.pk), "item" if item.state == ItemState.KEPT.value else "refused", item.sha256)
            for item in record.items.all()
            if item.state != ItemState.COMING.value
        ]
        if record.sheet is not None:
            arrived.append((str(record.pk), "sheet", record.sheet_sha256))
        if not here.issuperset(arrived):
            return ChainState(len(links), 0, ChainFault.GAP, len(links) + 1)
    return state if home is None else _read_files(case_number, links, home)


def _read_files(case_number: int, links: list[Link], home: Home) -> ChainState:
    read = 0
    for link in links:
        if link.what == "refused":
            continue
        path = file_of(home, case_number, link.sha256)
        if not path.exists():
            return ChainState(len(links), read, ChainFault.FILE_MISSING, link.number)
        if fingerprint_of(path) != link.sha256:
            return ChainState(len(links), read, ChainFault.FILE_ALTERED, link.number)
        read += 1
    return ChainState(len(links), read)


def cases_with_chain() -> list[tuple[int, str]]:
    """Return number and name of every case something arrived for."""
    found = Case.objects.filter(chain_links__isnull=False).distinct().order_by("pk")
    return [(case.pk, case.case_no) for case in found]
