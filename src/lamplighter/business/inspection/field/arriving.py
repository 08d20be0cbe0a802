"""What arrives from a telephone: a part of a file, or a sheet. Each may come twice, late, cut short or out of order."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from lamplighter.base.documents.attachments import LARGEST_BYTES
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import Home
from lamplighter.business.inspection.field.models import ChainLink, FieldExif, FieldItem, FieldRecord, FieldVisit
from lamplighter.business.inspection.field.pictures import MOST_PIXELS, Picture, PictureRefused, read_picture
from lamplighter.business.inspection.field.queries import link_of, own_visit, read_sheet
from lamplighter.business.inspection.field.records import MOST_ITEMS, SHA256, FieldSheet, ItemState
from lamplighter.business.inspection.field.rules import next_link
from lamplighter.business.inspection.field.staging import (
    append_at,
    fingerprint_of,
    only_one,
    settle_file,
    staged_file,
    write_file,
)
from lamplighter.business.inspection.models import Case
from lamplighter.business.inspection.notices.files import file_of

LARGEST_PART: Final = 1024 * 1024
"""Most bytes in one message: a cut line costs no more than this."""
LARGEST_SHEET: Final = 512 * 1024
MOST_RECORDS: Final = 20
"""Of one visit: each inspector begins one, and a second where the first was thrown away."""


_MOST: Final = {
    "too_large": LARGEST_BYTES // 1024 // 1024,
    "too_many": MOST_ITEMS,
    "pixels": MOST_PIXELS // 1_000_000,
}


def sentence_of(why: str) -> str:
    """Return in words why a message or a file was not taken.

    Example:
        >>> sentence_of("kind")
        'No JPEG or PNG picture.'
    """
    return text(f"field.refused.{why}", most=_MOST.get(why, 0))


class Refused(LamplighterError):
    """A message is not taken, and never will be as it is; ``why`` stands under ``field.refused``."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(sentence_of(why))


class Differs(LamplighterError):
    """Something else came before under the same id: it stands, this is not taken."""

    def __init__(self) -> None:
        super().__init__(text("field.refused.differs"))


@dataclass(frozen=True, slots=True)
class Announced:
    """A file as its parts announce it."""

    item_id: UUID
    sequence: int
    sha256: str
    size: int


def take_part(
    *,
    actor: Actor,
    visit_id: UUID,
    record_id: UUID,
    item: Announced,
    offset: int,
    content: bytes,
    home: Home,
    now: dt.datetime,
) -> None:
    """Take a part of a file. What belongs elsewhere than to its end changes nothing; the standing says where to go on.

    Args:
        actor: whose visit it is.
        visit_id: as it was handed out.
        record_id: made on the telephone.
        item: the file.
        offset: first byte of the part.
        content: the part; none only asks.
        home: where it is kept.
        now: the instant, with its zone.

    Raises:
        RightMissing, VisitUnknown: what the names say.
        Refused: a fingerprint, size or number that cannot be, too much of something.
        Differs: another file came under this id or number before.
        FieldDiskFull: there was no room; nothing of the part was kept.
    """
    actor.require(Right.SEE_OWN_VISITS)
    visit = own_visit(actor, visit_id)
    if item.size > LARGEST_BYTES or len(content) > LARGEST_PART:
        raise Refused("too_large")
    if not SHA256.fullmatch(item.sha256) or item.size < 1 or not 1 <= item.sequence <= MOST_ITEMS or offset < 0:
        raise Refused("announced")
    if offset + len(content) > item.size:
        raise Refused("announced")
    with only_one(home, str(record_id)):
        record = _record(actor, visit, record_id, now=now)
        row = _row_of(record, item)
        if row.state != ItemState.COMING.value:
            return
        path = staged_file(home, str(record_id), str(item.item_id))
        if append_at(path, content, offset=offset) < item.size:
            return
        if fingerprint_of(path) != item.sha256:
            # Not what was taken on site: from the beginning again.
            path.unlink()
            return
        _keep_item(row, visit.case, path.read_bytes(), actor=actor, home=home, now=now)


def take_sheet(
    *,
    actor: Actor,
    visit_id: UUID,
    record_id: UUID,
    content: bytes,
    sha256: str,
    telephone_now: dt.datetime | None,
    home: Home,
    now: dt.datetime,
) -> None:
    """Take the sheet of a record, before, between or after its files; the same sheet again changes nothing.

    Args:
        actor: whose visit it is.
        visit_id, record_id: of the record.
        content: its bytes, whose fingerprint was made on the telephone.
        sha256: that fingerprint.
        telephone_now: what the telephone's clock said as it sent it.
        home: where it is kept.
        now: the instant, with its zone.

    Raises:
        RightMissing, VisitUnknown: what the names say.
        Refused: altered on the way, or no sheet.
        Differs: another sheet of this record came before, or a file that is another than the sheet says.
        FieldDiskFull: there was no room; nothing was kept.
    """
    actor.require(Right.SEE_OWN_VISITS)
    visit = own_visit(actor, visit_id)
    if len(content) > LARGEST_SHEET:
        raise Refused("too_large")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Refused("altered")
    try:
        held: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Refused("sheet") from error
    sheet = read_sheet(held)
    if sheet is None or (sheet.record_id, sheet.visit_id) != (record_id, visit_id):
        raise Refused("sheet")
    with only_one(home, str(record_id)):
        record = _record(actor, visit, record_id, now=now)
        if record.sheet is not None:
            if record.sheet_sha256 != sha256:
                raise Differs
            return
        for row in record.items.all():
            _must_fit(row.item_id, row.sequence, row.sha256, row.size, sheet)
        write_file(file_of(home, visit.case_id, sha256), content)
        with transaction.atomic():
            record.sheet, record.sheet_sha256, record.sheet_at = held, sha256, now
            record.outcome = sheet.outcome
            if telephone_now is not None:
                record.clock_offset_seconds = (now - telephone_now).total_seconds()
            record.save()
            _add_link(visit.case, record, what="sheet", sha256=sha256, actor=actor, now=now)


def _must_fit(item_id: UUID, sequence: int, sha256: str, size: int, sheet: FieldSheet) -> None:
    line = next((each for each in sheet.items if each.item_id == item_id), None)
    if line is None or (line.sequence, line.sha256, line.size) != (sequence, sha256, size):
        raise Differs


def _record(actor: Actor, visit: FieldVisit, record_id: UUID, *, now: dt.datetime) -> FieldRecord:
    found = FieldRecord.objects.filter(pk=record_id).first()
    if found is None:
        if visit.records.count() >= MOST_RECORDS:
            raise Refused("too_many")
        found = FieldRecord.objects.create(
            record_id=record_id, visit=visit, by_id=str(actor.staff_id), by_name=actor.name, begun_at=now
        )
    if (found.visit_id, found.by_id) != (visit.pk, str(actor.staff_id)):
        # An id that somebody else made: whose it is, is nobody's business.
        raise Differs
    return found


def _row_of(record: FieldRecord, item: Announced) -> FieldItem:
    row = record.items.filter(item_id=item.item_id).first()
    if row is None:
        if record.sheet is not None:
            sheet = read_sheet(record.sheet)
            if sheet is None:
                raise Differs
            _must_fit(item.item_id, item.sequence, item.sha256, item.size, sheet)
        try:
            with transaction.atomic():
                row = FieldItem.objects.create(
                    record=record,
                    item_id=item.item_id,
                    sequence=item.sequence,
                    sha256=item.sha256,
                    size=item.size,
                    state=ItemState.COMING.value,
                )
        except IntegrityError as error:
            raise Differs from error
    if (row.sequence, row.sha256, row.size) != (item.sequence, item.sha256, item.size):
        raise Differs
    return row


def _keep_item(row: FieldItem, case: Case, content: bytes, *, actor: Actor, home: Home, now: dt.datetime) -> None:
    staged = staged_file(home, str(row.record_id), str(row.item_id))
    picture: Picture | None = None
    try:
        picture = read_picture(content)
    except PictureRefused as refusal:
        row.state, row.why, row.arrived_at = ItemState.REFUSED.value, refusal.why, now
    if picture is not None:
        shown = hashlib.sha256(picture.shown).hexdigest()
        write_file(file_of(home, case.pk, f"shown-{shown}"), picture.shown)
        settle_file(staged, file_of(home, case.pk, row.sha256))
        row.state, row.arrived_at = ItemState.KEPT.value, now
        row.media_type, row.shown_sha256 = picture.media_type, shown
    # The file stands in its place first: whoever is cut off here sends it once more, and it is the same file.
    with transaction.atomic():
        row.save()
        if picture is not None and picture.exif:
            FieldExif.objects.create(
                item=row,
                content=dict(picture.exif),
                made_at=now,
                by_id=str(actor.staff_id),
                by_name=actor.name,
            )
        what = "item" if picture is not None else "refused"
        _add_link(case, row.record, what=what, sha256=row.sha256, actor=actor, now=now)
    staged.unlink(missing_ok=True)


def _add_link(case: Case, record: FieldRecord, *, what: str, sha256: str, actor: Actor, now: dt.datetime) -> None:
    # One after the other in each case: the next link carries the hash of the last.
    Case.objects.select_for_update().get(pk=case.pk)
    last = ChainLink.objects.filter(case=case).order_by("number").last()
    link = next_link(
        link_of(last) if last else None, record_id=str(record.pk), what=what, sha256=sha256, arrived_at=now
    )
    ChainLink.objects.create(
        case=case,
        number=link.number,
        record=record,
        what=what,
        sha256=sha256,
        previous=link.previous,
        hash=link.hash,
        made_at=now,
        by_id=str(actor.staff_id),
        by_name=actor.name,
    )
