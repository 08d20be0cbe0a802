"""What a definition says: tasks and their forms, deadlines, rules, flows; and what a process refuses by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lamplighter.base.messages import Language, language
from lamplighter.business.workflow.durations import Duration
from lamplighter.business.workflow.expressions.checking import Declared, ValueType
from lamplighter.business.workflow.expressions.tree import Constant, Expression, Test


@dataclass(frozen=True, slots=True)
class Label:
    """Words a person reads, in both languages; they come with the definition, not from the catalogue of messages."""

    zh: str
    en: str

    def spoken(self, in_language: Language | None = None) -> str:
        """Return the words in the language spoken.

        Example:
            >>> Label(zh="现场检查", en="On-site inspection").spoken("en")
            'On-site inspection'
        """
        return self.en if (in_language or language()) == "en" else self.zh


class FieldKind(StrEnum):
    """What may be filled into a field."""

    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    BOOLEAN = "boolean"
    COLLEAGUE = "colleague"
    """The id of a person other than the one who fills in the form."""


_TYPES = {
    FieldKind.TEXT: ValueType.TEXT,
    FieldKind.CHOICE: ValueType.TEXT,
    FieldKind.COLLEAGUE: ValueType.TEXT,
    FieldKind.INTEGER: ValueType.NUMBER,
    FieldKind.DECIMAL: ValueType.NUMBER,
    FieldKind.DATE: ValueType.DATE,
    FieldKind.BOOLEAN: ValueType.BOOLEAN,
}


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a choice."""

    value: str
    label: Label


@dataclass(frozen=True, slots=True)
class Field:
    """One piece of data of a process: where it is filled in, and what conditions can name.

    Attributes:
        name: under which the process holds it.
        kind: what may be filled in.
        label: what stands beside it in a form.
        is_required: a form without it is refused.
        options: the values of a choice.
        duty: duty that the person named in it (a colleague) takes on.
    """

    name: str
    kind: FieldKind
    label: Label
    is_required: bool = True
    options: tuple[Option, ...] = ()
    duty: str = ""

    @property
    def declared(self) -> Declared:
        """What conditions may compare it with."""
        return Declared(_TYPES[self.kind], tuple(option.value for option in self.options))


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long something may take, from a day on, and who says so.

    Attributes:
        duration: how long.
        valid_from: first day on which it holds; of several, the latest that has begun counts.
        source: where it stands.
        evidence: grade: R, M-H, M-M, M-L or P. The last two are the company's to confirm.
    """

    duration: Duration
    valid_from: dt.date
    source: str
    evidence: str

    @property
    def needs_confirmation(self) -> bool:
        return self.evidence in ("M-L", "P")


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must hold for a task to be completed, and what is said otherwise."""

    that: Expression
    label: Label


@dataclass(frozen=True, slots=True)
class UserTask:
    """Work of a person.

    Attributes:
        id: of the element.
        label: its name.
        documentation: what is to be done, in English.
        lane: name of the lane it stands in, empty without lanes.
        roles: any one of which the person needs.
        fields: its form.
        deadlines: by the day they are valid from, none when it has none.
        requirements: what must hold.
        duty: duty that whoever completes it takes on, empty for none.
    """

    id: str
    label: Label
    documentation: str
    lane: str
    roles: tuple[str, ...]
    fields: tuple[Field, ...]
    deadlines: tuple[Deadline, ...]
    requirements: tuple[Requirement, ...]
    duty: str


@dataclass(frozen=True, slots=True)
class Timer:
    """An event of time.

    Attributes:
        id: of the element.
        label: its name.
        deadlines: by the day they are valid from.
        attached_to: the task beside which it runs, empty when the process itself waits for it.
        is_interrupting: it ends that task; otherwise the task stays open and a branch begins beside it.
    """

    id: str
    label: Label
    deadlines: tuple[Deadline, ...]
    attached_to: str
    is_interrupting: bool


@dataclass(frozen=True, slots=True)
class MessageWait:
    """An event of a message: its name, who may send it and what it brings; the rest as for a timer."""

    id: str
    label: Label
    message: str
    roles: tuple[str, ...]
    fields: tuple[Field, ...]
    attached_to: str
    is_interrupting: bool


@dataclass(frozen=True, slots=True)
class ServiceTask:
    """Work of a machine: the service of this name in the registry of whoever runs the process, and what it yields."""

    id: str
    label: Label
    service: str
    outputs: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """One row of a decision table: for each input whether its tests are negated and the tests; the outputs."""

    inputs: tuple[tuple[bool, tuple[Test, ...]], ...]
    outputs: tuple[Constant, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision table (DMN).

    Attributes:
        name: id of the decision; ``version`` from 1, ``digest`` SHA-256 of its file.
        label: its name.
        is_unique: at most one rule may match (UNIQUE); otherwise the first that does counts (FIRST).
        inputs: names it reads, with their types; ``outputs`` the fields it yields.
        rules: in the order of the file.
        source: where its figures come from; ``evidence`` the grade.
    """

    name: str
    version: int
    digest: str
    label: Label
    is_unique: bool
    inputs: Mapping[str, ValueType]
    outputs: tuple[Field, ...]
    rules: tuple[DecisionRule, ...]
    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class DecisionTask:
    """A step that asks a decision table."""

    id: str
    label: Label
    decision: str
    version: int


@dataclass(frozen=True, slots=True)
class Suspension:
    """A reason for which an instance may stand still; ``fields`` are what is said when it goes on."""

    name: str
    label: Label
    roles: tuple[str, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Separation:
    """Duties of which one person may take on no more than one in an instance."""

    duties: tuple[str, ...]
    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Flow:
    """An arrow; ``condition`` where it leaves a gateway that chooses, ``is_default`` where it is taken otherwise."""

    id: str
    source: str
    target: str
    condition: Expression | None
    is_default: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a process, as read from its file.

    Attributes:
        name: id of the process; ``version`` from 1, ``digest`` SHA-256 of the file.
        label: its name.
        documentation: what it is for, in English.
        start_fields: the form with which it begins; ``start_roles`` who may begin it.
        kinds: what each element is (``userTask`` ...), in the order of the file.
        labels: names of all elements that have one.
        tasks: user tasks by id; the next four likewise.
        decisions: the tables that its decision tasks ask, by name.
        flows: all arrows, in the order of the file.
        states: state that an instance is in once the element is done.
        data: everything it may hold, by name.
        suspensions: by name; ``cancel_roles`` who may end it before its end.
        separations: duties that are kept apart.
        engine_source: the part of the file that the engine reads, without text that anybody could mistake for code.
    """

    name: str
    version: int
    digest: str
    label: Label
    documentation: str
    start_fields: tuple[Field, ...]
    start_roles: tuple[str, ...]
    kinds: Mapping[str, str]
    labels: Mapping[str, Label]
    tasks: Mapping[str, UserTask]
    timers: Mapping[str, Timer]
    messages: Mapping[str, MessageWait]
    services: Mapping[str, ServiceTask]
    decision_tasks: Mapping[str, DecisionTask]
    decisions: Mapping[str, Decision]
    flows: tuple[Flow, ...]
    states: Mapping[str, str]
    data: Mapping[str, Field]
    suspensions: Mapping[str, Suspension]
    cancel_roles: tuple[str, ...]
    separations: tuple[Separation, ...]
    engine_source: bytes

    @property
    def events(self) -> tuple[Timer | MessageWait, ...]:
        """Everything that is waited for besides people."""
        return (*self.timers.values(), *self.messages.values())
