"""What inspectors handed in of a visit becomes a contact with a score of its own rubric, once all of it is here."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any, Final

from lamplighter.base.messages import speaking, text
from lamplighter.base.security.models import Staff
from lamplighter.business.inspection.case_store import load_chain
from lamplighter.business.inspection.field.checklists import packaged_checklists
from lamplighter.business.inspection.field.models import FieldRecord
from lamplighter.business.inspection.field.queries import read_chain, read_sheet
from lamplighter.business.inspection.field.records import Answer, FieldSheet, ItemState, Position
from lamplighter.business.inspection.field.rules import Lack
from lamplighter.business.inspection.planning.models import PlanVisit
from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.business.service_desk.contacts.operations import take_contact
from lamplighter.business.service_desk.contacts.records import Agent, Occasion, Taken
from lamplighter.business.service_desk.quality.record_rubric import SITE_RECORD
from lamplighter.business.service_desk.quality.records import Dialogue, Turn, Who
from lamplighter.business.service_desk.quality.site_records import Places, SiteRecord, score_site_record
from lamplighter.business.workflow.company_days import AROUND
from lamplighter.methods.language.writing import plain_writing

LOOKED_BACK: Final = dt.timedelta(days=31)
"""So long a worker may have stood still without a visit being missed."""
_AT_ONCE: Final = 200
_EARTH_M: Final = 6_371_000.0
_SHEET_NO: Final = "work_sheet_no"
_STEPS: Final = (Lack.STEP.value, Lack.BALANCE.value, Lack.FINDING.value, Lack.VERSION.value)
_SIGNING: Final = (Lack.SIGNATURE.value, Lack.WITNESS.value)


def take_site_records(*, now: dt.datetime) -> int:
    """Score the field records that are whole and are no contacts yet, and return how many were taken.

    A record belongs to whoever handed it in.

    Args:
        now: the instant, with its zone.
    """
    rows = FieldRecord.objects.filter(whole_at__gte=now - LOOKED_BACK).order_by("whole_at", "pk")
    taken = 0
    for some in _parts([str(each) for each in rows.values_list("pk", flat=True)]):
        names = {f"{SITE_RECORD}-{number}": number for number in some}
        known = set(Contact.objects.filter(contact_no__in=names).values_list("contact_no", flat=True))
        new = [number for name, number in names.items() if name not in known]
        for record in FieldRecord.objects.filter(pk__in=new).select_related("visit__case").order_by("whole_at", "pk"):
            sheet = read_sheet(record.sheet)
            if sheet is not None:
                taken += take_contact(_occasion(record, sheet), now=now) is Taken.NEW
    return taken


def _parts(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[at : at + _AT_ONCE] for at in range(0, len(names), _AT_ONCE)]


def _occasion(record: FieldRecord, sheet: FieldSheet) -> Occasion:
    visit = record.visit
    began = sheet.started_at + dt.timedelta(seconds=record.clock_offset_seconds or 0.0)
    turns, places = _turns(record, sheet)
    dialogue = Dialogue(
        id=f"{SITE_RECORD}-{record.pk}",
        channel=SITE_RECORD,
        ended_by="",
        turns=turns,
        about={"kind": SITE_RECORD, "number": visit.case_id},
    )
    facts = _facts(record, sheet, dialogue, places, began)
    staff = Staff.objects.filter(pk=int(record.by_id)).first() if record.by_id.isdecimal() else None
    agent = Agent(staff.pk, staff.as_actor().name) if staff else None
    # No figure of a rule stands in it.
    return Occasion(dialogue, agent, visit.path, began, judge=lambda known: score_site_record(facts))


def _facts(
    record: FieldRecord, sheet: FieldSheet, dialogue: Dialogue, places: Places, began: dt.datetime
) -> SiteRecord:
    visit, steps = record.visit, packaged_checklists().steps
    _, instance = load_chain(visit.case)
    planned = PlanVisit.objects.filter(
        plan__on_date=visit.on_date, account_id=visit.case.account_id, crew=visit.crew
    ).select_related("plan")
    stop = planned.first()
    lacks = [(str(each["lack"]), str(each["step"])) for each in record.lacks]
    second = sheet.second_inspector
    named = {record.by_id} if any(lack == Lack.SECOND_INSPECTOR for lack, _ in lacks) else {record.by_id, second}
    with speaking("zh"):
        missing = [
            steps[step].say() if step in steps else text(f"field.lack.{lack}") for lack, step in lacks if lack in _STEPS
        ]
    window = (stop.note or {}).get("window") if stop else None
    return SiteRecord(
        dialogue=dialogue,
        places=places,
        inspectors=len(named),
        is_certificate_shown=sheet.certificate_shown,
        expired=_expired(stop, named, visit.on_date) if stop else None,
        sheet_no=str(instance.data.get(_SHEET_NO) or ""),
        on=visit.on_date,
        has_position=sheet.position is not None,
        position_reason=sheet.position_missing,
        away_m=_away_m(sheet.position, stop),
        accuracy_m=sheet.position.accuracy_m if sheet.position else 0.0,
        started_at=began.astimezone(AROUND.calendar.zone),
        window=(float(window[0]), float(window[1])) if window else None,
        is_no_access=sheet.outcome in packaged_checklists().without_result,
        missing_steps=missing,
        refused_files=record.items.filter(state=ItemState.REFUSED.value).count(),
        is_signed=not any(lack in _SIGNING for lack, _ in lacks),
        is_chain_whole=read_chain(visit.case_id).fault is None,
    )


def _expired(stop: PlanVisit, numbers: set[str], on: dt.date) -> list[str] | None:
    """Return who had no valid certificate on the day, as the plan knew it; None where it knows nothing of somebody."""
    persons = {person["person_id"]: person for crew in stop.plan.crews for person in crew["persons"]}
    found = []
    for staff in Staff.objects.filter(pk__in=[int(each) for each in numbers if each.isdecimal()]):
        person = persons.get(staff.username)
        if person is None or person.get("valid_to") is None:
            return None
        if dt.date.fromisoformat(str(person["valid_to"])) < on:
            found.append(staff.get_full_name() or staff.username)
    return sorted(found)


def _away_m(position: Position | None, stop: PlanVisit | None) -> float | None:
    place = stop.suspicion if stop else {}
    if position is None or place.get("latitude") is None or place.get("longitude") is None:
        return None
    return metres_between((position.latitude, position.longitude), (place["latitude"], place["longitude"]))


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the metres between two places of latitude and longitude, degrees, on a ball: good to half a percent.

    Example:
        A hundredth of a degree of latitude is some 1.1 km:

        >>> round(metres_between((35.0, 103.0), (35.01, 103.0)))
        1112
    """
    (lat, lon), (lat2, lon2) = ((math.radians(each[0]), math.radians(each[1])) for each in (one, other))
    chord = math.sin((lat2 - lat) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2) ** 2
    return 2 * _EARTH_M * math.asin(math.sqrt(chord))


def _turns(record: FieldRecord, sheet: FieldSheet) -> tuple[tuple[Turn, ...], Places]:
    """Return the record as turns: the beginning, what was found step by step, the signing, the note."""
    after = (sheet.finished_at - sheet.started_at).total_seconds()
    # As the company writes it, whatever language its reader speaks.
    with speaking("zh"):
        parts = [(0.0, _beginning(record, sheet)), (after, _found(sheet)), (after, _signed(sheet))]
        if sheet.note.strip():
            parts.append((after, text("contacts.site.note", note=sheet.note.strip())))
    turns = tuple(
        Turn(at, Who.AGENT, since, since, words, plain_writing(words)) for at, (since, words) in enumerate(parts)
    )
    return turns, Places(0, 1, 2, 3 if len(turns) > 3 else None)


def _beginning(record: FieldRecord, sheet: FieldSheet) -> str:
    second = (
        Staff.objects.filter(pk=int(sheet.second_inspector)).first() if sheet.second_inspector.isdecimal() else None
    )
    names = [record.by_name, *([second.get_full_name() or second.username] if second else [])]
    shown = text("desk.yes") if sheet.certificate_shown else text("desk.no")
    return text("contacts.site.begin", names="、".join(names), shown=shown)


def _found(sheet: FieldSheet) -> str:
    steps = packaged_checklists().steps
    said = [f"{steps[each.step].say() if each.step in steps else each.step} {_answer(each)}" for each in sheet.answers]
    return text("contacts.site.found", files=len(sheet.items), answers="；".join(said) or "—")


def _answer(answer: Answer) -> str:
    value: Any = answer.words or answer.figure
    if answer.is_yes is not None:
        value = text("desk.yes") if answer.is_yes else text("desk.no")
    return "" if value is None else str(value)


def _signed(sheet: FieldSheet) -> str:
    signing = sheet.signing
    said = filter(None, (signing.signer, signing.relation, signing.reason, signing.witness))
    return " · ".join((text(f"field.consent.{signing.consent.value}"), *said))
