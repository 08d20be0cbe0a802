"""The record of a field visit scored by its rubric: what inspectors handed in against what a record should hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from lamplighter.business.service_desk.quality.checks.finding import Findings
from lamplighter.business.service_desk.quality.record_rubric import SITE_RECORD, RecordRubric, record_rubric
from lamplighter.business.service_desk.quality.records import Dialogue, Score, Turn
from lamplighter.business.service_desk.quality.scoring import score_of

_Found = Findings[RecordRubric]


@dataclass(frozen=True, slots=True)
class Places:
    """In which turn of the record each part stands: the beginning, the evidence, the signing, the note, if any."""

    begin: int
    evidence: int
    signing: int
    note: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRecord:
    """What was handed in of a visit, as its rubric looks at it. Instants stand on the company's clock.

    Attributes:
        dialogue: the record as turns; ``places`` says which part is which.
        inspectors: how many different persons.
        is_certificate_shown: as the record says.
        expired: persons whose certificate did not hold on the day; None where nothing is known of certificates.
        sheet_no: number of the approved work sheet; empty without one.
        on: day the visit was handed out for.
        has_position: the telephone knew where it was; ``position_reason`` why not.
        away_m: metres from the place, None where the place or the position is unknown; ``accuracy_m`` of the telephone.
        started_at: when the visit began.
        window: minutes after midnight between which it was announced; None where nothing was.
        is_no_access: nothing could be looked at.
        missing_steps: names of the steps of the check list without what they ask for.
        refused_files: files that arrived and were none of what is taken in.
        is_signed: signed, or refused with a reason and a witness.
        is_chain_whole: every file and the sheet are what was sealed on the telephone.
    """

    dialogue: Dialogue
    places: Places
    inspectors: int
    is_certificate_shown: bool
    expired: Sequence[str] | None
    sheet_no: str
    on: dt.date
    has_position: bool
    position_reason: str
    away_m: float | None
    accuracy_m: float
    started_at: dt.datetime
    window: tuple[float, float] | None
    is_no_access: bool
    missing_steps: Sequence[str]
    refused_files: int
    is_signed: bool
    is_chain_whole: bool


def score_site_record(record: SiteRecord, *, rubric: RecordRubric | None = None) -> Score:
    """Return the score of a field visit's record, with where each point was lost and what cannot be judged.

    Args:
        record: what was handed in.
        rubric: what it is held to; the package's when absent.
    """
    held_to = rubric or record_rubric(SITE_RECORD)
    found: _Found = Findings(record.dialogue, held_to)
    for check in (_inspectors, _sheet, _position, _times, _evidence, _signature, _words):
        check(found, record)
    if not record.is_chain_whole:
        found.deduct("visit_seal.broken", None)
    return score_of(found, rubric=held_to.version, items=held_to.items)


def _turn(found: _Found, number: int | None) -> Turn | None:
    return next((turn for turn in found.dialogue.turns if turn.i == number), None)


def _inspectors(found: _Found, record: SiteRecord) -> None:
    turn = _turn(found, record.places.begin)
    if record.inspectors < 2:
        found.deduct("visit_inspectors.alone", turn)
    if not record.is_certificate_shown and not record.is_no_access:
        found.deduct("visit_inspectors.certificate_not_shown", turn)
    if record.expired is None:
        found.cannot_judge("visit_inspectors", "no_certificates")
    elif record.expired:
        found.deduct("visit_inspectors.certificate_expired", turn, names=", ".join(record.expired))


def _sheet(found: _Found, record: SiteRecord) -> None:
    turn = _turn(found, record.places.begin)
    if not record.sheet_no:
        found.deduct("visit_sheet.number", turn)
    elif record.started_at.date() != record.on:
        found.deduct("visit_sheet.other_day", turn, on=f"{record.on:%m-%d}", began=f"{record.started_at:%m-%d}")


def _position(found: _Found, record: SiteRecord) -> None:
    turn, reach = _turn(found, record.places.begin), found.rubric.limits["reach_m"]
    if not record.has_position:
        if record.position_reason.strip():
            found.cannot_judge("visit_position", "position_reason")
        else:
            found.deduct("visit_position.missing", turn)
    elif record.away_m is None:
        found.cannot_judge("visit_position", "place_unknown")
    elif record.away_m > reach + record.accuracy_m:
        found.deduct("visit_position.far", turn, metres=round(record.away_m), limit=round(reach + record.accuracy_m))


def _times(found: _Found, record: SiteRecord) -> None:
    turn, limits, began = _turn(found, record.places.begin), found.rubric.limits, record.started_at
    minute = began.hour * 60 + began.minute
    if not limits["day_from_hour"] * 60 <= minute < limits["day_to_hour"] * 60:
        found.deduct("visit_times.night", turn, began=f"{began:%H:%M}")
    if record.window is not None and not record.window[0] <= minute <= record.window[1]:
        first, last = (f"{int(edge) // 60:02d}:{int(edge) % 60:02d}" for edge in record.window)
        found.deduct("visit_times.window", turn, began=f"{began:%H:%M}", first=first, last=last)


def _evidence(found: _Found, record: SiteRecord) -> None:
    turn = _turn(found, record.places.evidence)
    if record.is_no_access:
        found.cannot_judge("visit_evidence", "no_access")
    for step in record.missing_steps:
        found.deduct("visit_evidence.step", turn, step=step)
    if record.refused_files:
        found.deduct("visit_evidence.file_refused", turn, count=record.refused_files)


def _signature(found: _Found, record: SiteRecord) -> None:
    if record.is_no_access:
        found.cannot_judge("visit_signature", "no_access")
        found.cannot_judge("visit_consent", "no_access")
        return
    if not record.is_signed:
        found.deduct("visit_signature.unsigned", _turn(found, record.places.signing))
    note = _turn(found, record.places.note)
    if note is None or not found.rubric.words["consent"].search(note.plain):
        # The record has no field for it: a note that does not speak of it proves nothing.
        found.cannot_judge("visit_consent", "no_consent_field")


def _words(found: _Found, record: SiteRecord) -> None:
    for number in (record.places.signing, record.places.note):
        turn = _turn(found, number)
        said = found.rubric.words["forbidden"].search(turn.plain) if turn else None
        if said:
            found.deduct("visit_words.not_neutral", turn, found=said)
