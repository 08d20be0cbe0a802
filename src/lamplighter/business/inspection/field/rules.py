"""The arithmetic of the field: whether measured values close the energy balance, what a sheet lacks, and the chain."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from lamplighter.business.inspection.field.checklists import BASE, Checklists, Step
from lamplighter.business.inspection.field.records import (
    Answer,
    BalanceValues,
    ChainFault,
    ChainState,
    Consent,
    FieldSheet,
    ItemKind,
    Link,
)

ORIGIN: Final = "0" * 64
_SECONDS_AN_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Balance:
    """What measured values come to.

    Attributes:
        flow_kw: what flows in before the meter.
        through_kw: what flows through it by its own currents.
        counted_kw: what it counts by its pulses.
        past_share: share of the flow that goes past it.
        gap_share: share of the flow by which counted and past do not add up to it.
        is_closed: they add up within the tolerance.
        shows_loss: and so much goes past that it is no error of measuring.
    """

    flow_kw: float
    through_kw: float
    counted_kw: float
    past_share: float
    gap_share: float
    is_closed: bool
    shows_loss: bool


def work_out_balance(values: BalanceValues, *, tolerance: float) -> Balance:
    """Return whether what the meter counts and what goes past it make up what flows in.

    Two ways to know what goes through the meter, its currents and its pulses, must agree: one false clamp reading,
    ratio or constant and they do not, and the values prove nothing.

    Args:
        values: as measured; balanced readings at one time.
        tolerance: share of the flow by which they may differ.

    Source:
        Energy conservation: in = through + past; power by pulses = pulses / constant x multiplier / time.

    Example:
        Three phases of 230 V and 10 A flow in (6.9 kW); behind transformers of ratio 40 the meter shows 0.25 A on two
        and nothing on the third, and counts 30 pulses of 1,600 a kWh in ten minutes (4.5 kW). A third goes past:

        >>> from lamplighter.business.inspection.field.records import PhaseValues
        >>> phases = tuple(PhaseValues(voltage_v=230, in_a=10, through_a=shown) for shown in (0.25, 0.25, 0))
        >>> found = work_out_balance(
        ...     BalanceValues(phases=phases, power_factor=1, multiplier=40, pulses=30, seconds=600,
        ...                   pulses_per_kwh=1600), tolerance=0.1)
        >>> round(found.past_share, 3), round(found.gap_share, 3), found.is_closed, found.shows_loss
        (0.333, -0.014, True, True)
    """
    factor = values.power_factor / 1000
    flow = sum(phase.voltage_v * phase.in_a for phase in values.phases) * factor
    through = sum(phase.voltage_v * phase.through_a for phase in values.phases) * values.multiplier * factor
    counted = values.pulses / values.pulses_per_kwh * values.multiplier * _SECONDS_AN_HOUR / values.seconds
    if flow <= 0:
        # Nothing flows: nothing is proven, in either direction.
        return Balance(flow, through, counted, 0.0, 0.0, is_closed=False, shows_loss=False)
    past, gap = 1 - through / flow, (counted - through) / flow
    is_closed = abs(gap) <= tolerance
    return Balance(flow, through, counted, past, gap, is_closed, shows_loss=is_closed and past >= tolerance)


class Lack(StrEnum):
    """What a sheet lacks before it may move its case. Texts stand under ``field.lack``."""

    VERSION = "version"
    """It was filled in by checklists that are not known here."""
    OUTCOME = "outcome"
    SECOND_INSPECTOR = "second_inspector"
    CERTIFICATE = "certificate"
    POSITION = "position"
    SIGNATURE = "signature"
    WITNESS = "witness"
    FINDING = "finding"
    STEP = "step"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class Lacking:
    """One thing that is lacking, and the step it is about; empty where it is about none."""

    lack: Lack
    step: str = ""


def find_lacks(
    sheet: FieldSheet,
    *,
    by: str,
    colleagues: Iterable[str],
    checklists: Checklists,
    outcomes: Iterable[str],
    refused: Iterable[str] = (),
) -> tuple[Lacking, ...]:
    """Return what a sheet lacks before it may move its case; it is kept as evidence all the same.

    Args:
        sheet: the sheet.
        by: number of the account that handed it in.
        colleagues: numbers of those who may be the second inspector.
        checklists: those of today.
        outcomes: what the case's process knows.
        refused: ids of files that were not taken in, and so show nothing.

    Source:
        IN-1 (two inspectors), IN-3 and LAW-2 (certificates), IN-5 (signature, or refusal with a witness); the photo
        set and the proofs are the company's own (checklists).
    """
    found: list[Lacking] = []
    if sheet.outcome not in set(outcomes):
        found.append(Lacking(Lack.OUTCOME))
    if sheet.second_inspector == by or sheet.second_inspector not in set(colleagues):
        found.append(Lacking(Lack.SECOND_INSPECTOR))
    if sheet.position is None and not sheet.position_missing.strip():
        found.append(Lacking(Lack.POSITION))
    if sheet.outcome in checklists.without_result:
        return tuple(found)
    if sheet.checklist_version != checklists.version:
        return (*found, Lacking(Lack.VERSION))
    if not sheet.certificate_shown:
        found.append(Lacking(Lack.CERTIFICATE))
    found += _lacks_of_signing(sheet)
    asked = list(checklists.lists[BASE].steps)
    if sheet.outcome in checklists.proven:
        finding = checklists.lists.get(sheet.found_by)
        if finding is None or finding.name == BASE:
            found.append(Lacking(Lack.FINDING))
        else:
            asked += finding.proofs
    gone = set(refused)
    shown = {line.step for line in sheet.items if line.kind is ItemKind.PHOTO and str(line.item_id) not in gone}
    answers = sheet.answers_by_step()
    for name in dict.fromkeys(asked):
        step = checklists.steps[name]
        lacks = name not in shown if step.kind == "photo" else not _is_answered(step, answers.get(name))
        if lacks:
            found.append(Lacking(Lack.STEP, name))
        elif step.kind == "balance":
            found += _lacks_of_balance(name, answers[name], tolerance=checklists.figures["balance_tolerance"])
    return tuple(found)


def _lacks_of_signing(sheet: FieldSheet) -> list[Lacking]:
    signing = sheet.signing
    if signing.consent is Consent.SIGNED:
        is_there = any(line.kind is ItemKind.SIGNATURE for line in sheet.items) and signing.signer.strip()
        return [] if is_there else [Lacking(Lack.SIGNATURE)]
    return [] if signing.witness.strip() and signing.reason.strip() else [Lacking(Lack.WITNESS)]


def _is_answered(step: Step, answer: Answer | None) -> bool:
    if answer is None:
        return False
    match step.kind:
        case "yes_no":
            return answer.is_yes is not None
        case "number":
            return answer.figure is not None
        case "balance":
            return answer.balance is not None
    return bool(answer.words.strip())


def _lacks_of_balance(name: str, answer: Answer, *, tolerance: float) -> list[Lacking]:
    if answer.balance is None:
        return [Lacking(Lack.STEP, name)]
    return [] if work_out_balance(answer.balance, tolerance=tolerance).shows_loss else [Lacking(Lack.BALANCE, name)]


def hash_link(link: Link) -> str:
    """Return the hash of what a link says, the hash it carries left out.

    Source:
        SHA-256 of canonical JSON, as in the audit trail.
    """
    said = {
        "v": 1,
        "number": link.number,
        "record": link.record_id,
        "what": link.what,
        "sha256": link.sha256,
        "arrived_at": link.arrived_at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "previous": link.previous,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def next_link(last: Link | None, *, record_id: str, what: str, sha256: str, arrived_at: dt.datetime) -> Link:
    """Return the link that follows another; the first of a chain where there is none.

    Example:
        >>> at = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
        >>> first = next_link(None, record_id="r", what="item", sha256="a" * 64, arrived_at=at)
        >>> second = next_link(first, record_id="r", what="sheet", sha256="b" * 64, arrived_at=at)
        >>> second.number, second.previous == first.hash, check_links([first, second]).fault
        (2, True, None)
    """
    bare = Link(
        number=last.number + 1 if last else 1,
        record_id=record_id,
        what=what,
        sha256=sha256,
        arrived_at=arrived_at,
        previous=last.hash if last else ORIGIN,
        hash="",
    )
    return replace(bare, hash=hash_link(bare))


def check_links(links: Iterable[Link]) -> ChainState:
    """Read a chain again from its first link and say where it is broken first.

    Args:
        links: in the order of their numbers.
    """
    count, previous = 0, ORIGIN
    for link in links:
        if link.number != count + 1 or link.previous != previous:
            return ChainState(count, 0, ChainFault.GAP, link.number)
        if hash_link(link) != link.hash:
            return ChainState(count, 0, ChainFault.ALTERED, link.number)
        count, previous = count + 1, link.hash
    return ChainState(count, 0)
