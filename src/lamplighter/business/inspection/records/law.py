"""Clauses, values and switches of law, as they are read from data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from lamplighter.base.messages import Language, language, text

UNCERTAIN: Final = ("M-L", "P")
"""Grades of what is shown as "company default, confirm"."""

Value = Decimal | bool | str


@dataclass(frozen=True, slots=True)
class Instrument:
    """A law, order or rule in one of its versions; ``valid_to`` is the first day it no longer holds."""

    code: str
    version: str
    valid_from: date
    valid_to: date | None
    zh: str
    en: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Clause:
    """Where something stands.

    Attributes:
        instrument: the law or rule.
        article: number of the article, with sub-items in brackets; empty where it is not known.
        article_evidence: how well the number is known (R, M-H, M-M, M-L, P).
    """

    instrument: Instrument
    article: str
    article_evidence: str

    @property
    def is_number_certain(self) -> bool:
        """False where the article must be looked up before it is quoted."""
        return self.instrument.code == "company" or (bool(self.article) and self.article_evidence not in UNCERTAIN)

    def say(self, in_language: Language | None = None) -> str:
        """Return the clause as it is quoted, and that its number is to be looked up where it is not certain."""
        spoken = in_language or language()
        title = self.instrument.zh if spoken == "zh" else self.instrument.en
        if self.instrument.code in ("company", "provincial"):
            return title
        if not self.article:
            return text("inspection.clause.unnumbered", in_language=spoken, title=title)
        key = "inspection.clause.numbered" if self.is_number_certain else "inspection.clause.doubtful"
        article = _in_chinese(self.article) if spoken == "zh" else self.article
        return text(key, in_language=spoken, title=title, article=article)


def _in_chinese(article: str) -> str:
    """Return ``4(1)(3)`` as 第4条第（1）款第（3）项."""
    main, *subs = article.replace(")", "").split("(")
    names = ["款", "项"][-len(subs) :] if subs else []
    return f"第{main}条" + "".join(f"第（{sub}）{name}" for sub, name in zip(subs, names, strict=True))


@dataclass(frozen=True, slots=True)
class Rule:
    """One value of law or practice, in one version.

    Attributes:
        rule_id: dotted name, for example ``theft.days_unknown``.
        version: of the instrument it belongs to; it holds in ``[valid_from, valid_to)``, by the day of the act.
        value: a number, a switch, or a word; its unit in ``unit``.
        clause: where it stands.
        moves_to_working_day: a deadline that would end on a day of rest ends on the next working day.
        source: where the value was read; ``evidence`` R, M-H, M-M, M-L or P.
    """

    rule_id: str
    version: str
    valid_from: date
    valid_to: date | None
    value: Value
    unit: str
    clause: Clause
    moves_to_working_day: bool
    zh: str
    en: str
    source: str
    evidence: str

    @property
    def needs_confirmation(self) -> bool:
        """The value is a default of no authority, or remembered with little confidence."""
        return self.evidence in UNCERTAIN

    @property
    def number(self) -> Decimal:
        """The value as a number; it is one wherever a calculation reads it, which a test holds the data to."""
        if isinstance(self.value, Decimal):
            return self.value
        raise TypeError(f"{self.rule_id} is {self.value!r}, not a number")

    @property
    def is_on(self) -> bool:
        """The value as yes or no."""
        if isinstance(self.value, bool):
            return self.value
        raise TypeError(f"{self.rule_id} is {self.value!r}, not true or false")

    def say(self, in_language: Language | None = None) -> str:
        """Return what the rule says, in words."""
        return self.zh if (in_language or language()) == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Switch:
    """A choice the law leaves open: its options and the one taken when nobody chose."""

    name: str
    options: tuple[str, ...]
    default: str
    valid_from: date
    valid_to: date | None
    zh: str
    en: str
    source: str
    evidence: str

    @property
    def needs_confirmation(self) -> bool:
        """The default is nobody's rule."""
        return self.evidence in UNCERTAIN

    def say(self, in_language: Language | None = None) -> str:
        """Return what is chosen between, in words."""
        return self.zh if (in_language or language()) == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Act:
    """An act of theft or breach.

    Attributes:
        code: ``TH-1`` … or ``BR-1`` ….
        method_group: hook, bypass, seal, damage, misread, tou_clock, capacity, card, other; or the kind of breach.
        is_national: false where only some provinces name it.
    """

    code: str
    method_group: str
    is_national: bool
    valid_from: date
    valid_to: date | None
    clause: Clause
    zh: str
    en: str
    evidence: str

    @property
    def is_theft(self) -> bool:
        """Theft, not breach."""
        return self.code.startswith("TH-")

    def say(self, in_language: Language | None = None) -> str:
        """Return the act in the law's words."""
        return self.zh if (in_language or language()) == "zh" else self.en


@dataclass(frozen=True, slots=True)
class WiringFault:
    """Wrong wiring and the coefficients of its correction factor (see ``wiring_faults.toml``)."""

    code: str
    wiring: str
    top_one: Decimal
    top_root3: Decimal
    bottom_one: Decimal
    bottom_root3: Decimal
    bottom_tan: Decimal
    zh: str
    en: str
