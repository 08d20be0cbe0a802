"""What the papers of an inspection say: work sheet, notice of results, notice of breach or theft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import AwareDatetime, ConfigDict

from lamplighter.business.inspection.records.facts import Device
from lamplighter.business.inspection.records.findings import EvidenceItem

_STRICT = ConfigDict(extra="forbid")


class DocumentKind(StrEnum):
    """The papers."""

    WORK_SHEET = "work_sheet"
    """用电检查工作单."""
    RESULT_NOTICE = "result_notice"
    """用电检查结果通知书."""
    VIOLATION_NOTICE = "violation_notice"
    """违约用电、窃电通知书."""


class VisitKind(StrEnum):
    """Why a visit is made."""

    ROUTINE = "routine"
    SPECIAL = "special"
    THEFT = "theft"
    SEASONAL = "seasonal"
    IMPORTANT_USER = "important_user"


class Service(StrEnum):
    """How a notice reached the user."""

    HAND = "hand"
    MAIL = "mail"
    POSTED = "posted"
    """Put up at the place, with a photo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspector:
    """Who inspects: name and number of the certificate."""

    name: str
    certificate: str

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Whose supply it is, as the archive has it."""

    account_id: str
    customer: str
    address: str
    voltage: str = ""
    contract_capacity: str = ""
    price_class: str = ""
    meter_no: str = ""
    ct: str = ""
    pt: str = ""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A seal: where, its number, what it was found like, and the number of the new one."""

    place: str
    number: str
    state: str = ""
    new_number: str = ""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class DialReading:
    """A dial before and after the work, kWh."""

    name: str
    before: Decimal | None = None
    after: Decimal | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the instrument showed on one phase: V, A, kW, power factor."""

    phase: str
    voltage_v: Decimal | None = None
    current_a: Decimal | None = None
    power_kw: Decimal | None = None
    power_factor: Decimal | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """Who received the inspectors, or why nobody signed and who witnessed it."""

    name: str = ""
    relation: str = ""
    telephone: str = ""
    refusal: str = ""
    witness: str = ""

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkSheet:
    """用电检查工作单: approved before a visit, filled in on it, filed after it. What is empty is left to write in."""

    number: str
    company: str
    made_at: AwareDatetime
    supply: Supply
    inspectors: tuple[Inspector, ...]
    visit: VisitKind
    trigger: str = ""
    items: tuple[str, ...] = ()
    approved_by: str = ""
    approved_at: AwareDatetime | None = None
    arrived_at: AwareDatetime | None = None
    left_at: AwareDatetime | None = None
    cameras: tuple[str, ...] = ()
    readings: tuple[DialReading, ...] = ()
    seals: tuple[Seal, ...] = ()
    measured: tuple[Measured, ...] = ()
    clock_offset_seconds: int | None = None
    findings: tuple[str, ...] = ()
    measures: str = ""
    reception: Reception = Reception()
    evidence: tuple[EvidenceItem, ...] = ()

    __pydantic_config__ = _STRICT


class Risk(StrEnum):
    """How dangerous a defect is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A defect: what, by which clause, how dangerous, and by when it is put right."""

    item: str
    clause: str
    risk: Risk
    due_on: date

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultNotice:
    """用电检查结果通知书: defects, by when they are put right, and what follows if not."""

    number: str
    company: str
    made_at: AwareDatetime
    supply: Supply
    inspectors: tuple[Inspector, ...]
    inspected_on: date
    defects: tuple[Defect, ...]
    consequence: str = ""
    reception: Reception = Reception()
    served_by: Service | None = None

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolationNotice:
    """违约用电、窃电通知书: what was found, by which law, and what the user has to do by when.

    Attributes:
        acts: codes of theft (``TH-1`` …) or breach (``BR-1`` …).
        facts: what was seen, in words.
        stop_use: the use has to stop at once.
        office, telephone: where the user is to come; by when follows from the date of service.
        served_on: day of service, from which the days to come count; absent while it is not served.
    """

    number: str
    company: str
    made_at: AwareDatetime
    supply: Supply
    inspectors: tuple[Inspector, ...]
    found_at: AwareDatetime
    place: str
    acts: tuple[str, ...]
    facts: str
    devices: tuple[Device, ...] = ()
    readings: tuple[DialReading, ...] = ()
    seals: tuple[Seal, ...] = ()
    evidence: tuple[EvidenceItem, ...] = ()
    stop_use: bool = True
    office: str = ""
    telephone: str = ""
    reception: Reception = Reception()
    served_by: Service | None = None
    served_on: date | None = None

    __pydantic_config__ = _STRICT


Document = WorkSheet | ResultNotice | ViolationNotice
