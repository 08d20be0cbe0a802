"""What a telephone hands in about a visit; field by field, without Django."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import ConfigDict

SHA256 = re.compile(r"[0-9a-f]{64}")
LONGEST_TEXT = 4000
MOST_ITEMS = 60
"""Files of one visit; a thorough one has some twenty."""


class ItemKind(StrEnum):
    """What a file of a field record is. Texts stand under ``field.kind``."""

    PHOTO = "photo"
    SIGNATURE = "signature"
    """Of the customer, drawn on the telephone."""


class ItemState(StrEnum):
    """How far a file has come."""

    COMING = "coming"
    KEPT = "kept"
    REFUSED = "refused"
    """It arrived whole and is none of what is taken in; its fingerprint is kept, its bytes are not."""


class SealState(StrEnum):
    """How a seal was found. Texts stand under ``field.seal``."""

    INTACT = "intact"
    BROKEN = "broken"
    MISSING = "missing"
    FOREIGN = "foreign"
    """A seal that is not the company's, or has another number."""


class Consent(StrEnum):
    """Whether the customer signed. Texts stand under ``field.consent``."""

    SIGNED = "signed"
    REFUSED = "refused"
    ABSENT = "absent"
    """Nobody was there to sign."""


class SheetBroken(ValueError):
    """A sheet says something that cannot be: its fields contradict one another."""


def _short(**texts: str) -> None:
    for name, each in texts.items():
        if len(each) > LONGEST_TEXT:
            raise SheetBroken(f"{name} is longer than {LONGEST_TEXT} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestLine:
    """A file as the telephone took it.

    Attributes:
        sequence: place among everything the record holds, from 1 without a gap.
        step: step of the checklist it answers; empty for a photo of one's own.
        taken_at: by the telephone's clock, with its zone.
    """

    item_id: UUID
    sequence: int
    kind: ItemKind
    sha256: str
    size: int
    taken_at: datetime
    step: str = ""
    subject: str = ""

    __pydantic_config__ = ConfigDict(extra="forbid")

    def __post_init__(self) -> None:
        _short(step=self.step, subject=self.subject)
        if not SHA256.fullmatch(self.sha256) or self.size < 1 or self.taken_at.tzinfo is None:
            raise SheetBroken(f"item {self.item_id} has no fingerprint, size or instant that proves anything")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where the telephone was, degrees of WGS 84, and how sure it is, metres."""

    latitude: float
    longitude: float
    accuracy_m: float
    at: datetime

    __pydantic_config__ = ConfigDict(extra="forbid")

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180 and self.accuracy_m >= 0):
            raise SheetBroken("a position that lies nowhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A seal as it was found, and the one put in its place."""

    place: str
    number: str
    state: SealState
    new_number: str = ""

    __pydantic_config__ = ConfigDict(extra="forbid")

    def __post_init__(self) -> None:
        _short(place=self.place, number=self.number, new_number=self.new_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseValues:
    """One phase: voltage, current before the meter, current through the meter (as shown, before the multiplier)."""

    voltage_v: float
    in_a: float
    through_a: float

    __pydantic_config__ = ConfigDict(extra="forbid")

    def __post_init__(self) -> None:
        if not (0 <= self.voltage_v < 1e6 and 0 <= self.in_a < 1e6 and 0 <= self.through_a < 1e6):
            raise SheetBroken("a voltage or current that cannot be")


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceValues:
    """What was measured to see whether the energy adds up: currents, and the meter's pulses while a clock ran.

    Attributes:
        phases: one to three.
        power_factor: of the load.
        multiplier: CT ratio x PT ratio; 1 without transformers.
        pulses: counted, in ``seconds``.
        pulses_per_kwh: the meter's constant, as on its plate.
    """

    phases: tuple[PhaseValues, ...]
    power_factor: float
    multiplier: float
    pulses: float
    seconds: float
    pulses_per_kwh: float

    __pydantic_config__ = ConfigDict(extra="forbid")

    def __post_init__(self) -> None:
        if not 1 <= len(self.phases) <= 3 or not 0 < self.power_factor <= 1:
            raise SheetBroken("one to three phases, and a power factor up to 1")
        if min(self.multiplier, self.seconds, self.pulses_per_kwh) <= 0 or self.pulses < 0:
            raise SheetBroken("multiplier, time and constant are above nought")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered to a step that is no photo: yes or no, a word, a figure, or measured values."""

    step: str
    is_yes: bool | None = None
    words: str = ""
    figure: float | None = None
    balance: BalanceValues | None = None

    __pydantic_config__ = ConfigDict(extra="forbid")

    def __post_init__(self) -> None:
        _short(step=self.step, words=self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """The customer's signature, or his refusal with a witness."""

    consent: Consent
    signer: str = ""
    relation: str = ""
    reason: str = ""
    witness: str = ""

    __pydantic_config__ = ConfigDict(extra="forbid")

    def __post_init__(self) -> None:
        _short(signer=self.signer, relation=self.relation, reason=self.reason, witness=self.witness)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSheet:
    """The sheet of a field record: everything but the bytes of its files, which it names with their fingerprints.

    Attributes:
        checklist_version: of the steps that were asked.
        started_at, finished_at: by the telephone's clock.
        second_inspector: number of his account.
        certificate_shown: both showed their certificates (LAW-2).
        found_by: checklist whose suspicion proved right; empty where none did.
        outcome: as the case's process names it.
        items: every file, whether it was taken in or not.
    """

    record_id: UUID
    visit_id: UUID
    device_id: UUID
    checklist_version: str
    started_at: datetime
    finished_at: datetime
    second_inspector: str
    certificate_shown: bool
    outcome: str
    signing: Signing
    items: tuple[ManifestLine, ...]
    answers: tuple[Answer, ...] = ()
    seals: tuple[Seal, ...] = ()
    position: Position | None = None
    position_missing: str = ""
    found_by: str = ""
    note: str = ""

    __pydantic_config__ = ConfigDict(extra="forbid")

    def __post_init__(self) -> None:
        _short(note=self.note, outcome=self.outcome, found_by=self.found_by, position_missing=self.position_missing)
        if self.started_at.tzinfo is None or self.finished_at.tzinfo is None:
            raise SheetBroken("an instant without its zone")
        if len(self.items) > MOST_ITEMS or len(self.answers) > MOST_ITEMS or len(self.seals) > MOST_ITEMS:
            raise SheetBroken(f"more than {MOST_ITEMS} files, answers or seals")
        # A gap or a double would be a file that was lost, or counted twice.
        if sorted(line.sequence for line in self.items) != list(range(1, len(self.items) + 1)):
            raise SheetBroken("the numbers of the files have a gap or a double")
        if len({line.item_id for line in self.items}) != len(self.items):
            raise SheetBroken("a file is named twice")

    def answers_by_step(self) -> Mapping[str, Answer]:
        """Return the answers by the step they answer."""
        return {answer.step: answer for answer in self.answers}


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a case's evidence chain.

    Attributes:
        number: from 1 in each case, without a gap.
        record_id: record it came with.
        what: item, refused or sheet.
        sha256: of the bytes that arrived.
        arrived_at: by the server's clock.
        previous: hash of the link before; 64 noughts for the first.
        hash: over all of the above.
    """

    number: int
    record_id: str
    what: str
    sha256: str
    arrived_at: datetime
    previous: str
    hash: str


class ChainFault(StrEnum):
    """What is wrong with a chain. Texts stand under ``field.fault``."""

    ALTERED = "altered"
    """A link does not say what its hash covers."""
    GAP = "gap"
    """A link is missing or out of order."""
    FILE_MISSING = "file_missing"
    FILE_ALTERED = "file_altered"


@dataclass(frozen=True, slots=True)
class ChainState:
    """Whether a chain is whole.

    Attributes:
        links: how many were read.
        files: how many files were read again and found to be the same; 0 where they were not read.
        fault, at: the first fault and the number of its link.
    """

    links: int
    files: int
    fault: ChainFault | None = None
    at: int | None = None
