"""The book of prices, read from versioned data; the company's own file goes over the packaged one."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.tariffs.records import (
    BasicFee,
    BillRule,
    Component,
    ComponentKind,
    Origin,
    Period,
    Scheme,
    Season,
    Span,
    Tariff,
    Tier,
    TierSpan,
)
from lamplighter.business.tariffs.rules.stack import line_loss_fee

_DAY_MINUTES = 24 * 60
_MONTHS = frozenset(range(1, 13))


class BookBroken(LamplighterError):
    """A file of tariffs cannot be read, or contradicts itself."""

    def __init__(self, path: str, *, faults: tuple[str, ...]) -> None:
        self.path, self.faults = path, faults
        super().__init__(text("tariffs.error.book_broken", path=path, count=len(faults), faults="; ".join(faults[:5])))


class TariffUnknown(LamplighterError):
    """No tariff, scheme or rule of that name is on record on the day."""

    def __init__(self, code: str, *, on: date) -> None:
        self.code, self.on = code, on
        super().__init__(text("tariffs.error.unknown", code=code, on=on))


class _Versioned(Protocol):
    @property
    def origin(self) -> Origin: ...


T = TypeVar("T", bound=_Versioned)


@dataclass(frozen=True, slots=True)
class Book:
    """Everything on record, all versions; the company's own rows stand after the packaged ones and win.

    Attributes:
        version: of the packaged data, with a mark of the company's file.
        tariffs, schemes, rules: in the order they were read.

    Example:
        >>> book = load_book()
        >>> book.tariff("zj.residential", on=date(2025, 1, 1)).prices[Period.FLAT]
        Decimal('0.538')
    """

    version: str
    tariffs: tuple[Tariff, ...]
    schemes: tuple[Scheme, ...]
    rules: tuple[BillRule, ...]

    def tariff(self, code: str, *, on: date) -> Tariff:
        """Return a tariff as it holds on a day.

        Raises:
            TariffUnknown: none of that code holds on the day.
        """
        return _holding(self.tariffs, code, on)

    def scheme(self, code: str, *, on: date) -> Scheme:
        """Return a time-of-use scheme as it holds on a day.

        Raises:
            TariffUnknown: none of that code holds on the day.
        """
        return _holding(self.schemes, code, on)

    def rule(self, rule_id: str, *, on: date) -> BillRule:
        """Return a rule as it holds on a day.

        Raises:
            TariffUnknown: none of that name holds on the day.
        """
        return _holding(self.rules, rule_id, on)

    def has_rule(self, rule_id: str, *, on: date) -> bool:
        """Say whether a rule holds on a day."""
        return any(row.origin.code == rule_id and _holds(row.origin, on) for row in self.rules)

    def assigned(self, price_class: str | None, *, on: date) -> Tariff | None:
        """Return the tariff a word of the archive means on a day; None where the company does not say: no guess.

        Example:
            >>> load_book().assigned("residential", on=date(2025, 1, 1)) is None
            True
        """
        if not price_class:
            return None
        fitting = [
            row
            for row in self.tariffs
            if _holds(row.origin, on) and (price_class in row.price_classes or price_class == row.code)
        ]
        return fitting[-1] if fitting else None

    def offered(self, *, customer_class: str, on: date) -> tuple[Tariff, ...]:
        """Return the company's own tariffs open to a class of customers on a day, the newest row of each code."""
        found = {
            row.code: row
            for row in self.tariffs
            if not row.is_reference and customer_class in row.classes and _holds(row.origin, on)
        }
        return tuple(found.values())

    def changes(self, price_class: str, *, first_on: date, end_on: date) -> tuple[date, ...]:
        """Return the days inside ``(first_on, end_on)`` on which a word of the archive begins to mean other prices."""
        meant = [row for row in self.tariffs if price_class in row.price_classes or price_class == row.code]
        rows: list[Origin] = [row.origin for row in meant]
        schemes = {row.scheme for row in meant if row.scheme}
        rows += [row.origin for row in self.schemes if row.origin.code in schemes]
        days = {day for row in rows for day in (row.valid_from, row.valid_to) if day and first_on < day < end_on}
        return tuple(sorted(days))


def _holds(origin: Origin, on: date) -> bool:
    return origin.valid_from <= on and (origin.valid_to is None or on < origin.valid_to)


def _holding(rows: Iterable[T], code: str, on: date) -> T:
    found = [row for row in rows if row.origin.code == code and _holds(row.origin, on)]
    if not found:
        raise TariffUnknown(code, on=on)
    return found[-1]


def load_book(*, file: Path | None = None) -> Book:
    """Return the packaged book, with a company's own file over it where there is one.

    Args:
        file: tariffs of the company, of the same form as ``data/tariffs.toml``; left out where it does not exist.

    Raises:
        BookBroken: the file cannot be read, or contradicts itself; every fault is named.
    """
    packaged = _packaged_book()
    if file is None or not file.exists():
        return packaged
    raw = file.read_bytes()
    try:
        content = tomllib.loads(raw.decode("utf-8"), parse_float=Decimal)
    except ValueError as error:
        raise BookBroken(str(file), faults=(str(error),)) from error
    own = _read_book(content, path=str(file), mark=hashlib.sha256(raw).hexdigest()[:8])
    book = Book(
        f"{packaged.version}+{own.version}",
        (*packaged.tariffs, *own.tariffs),
        (*packaged.schemes, *own.schemes),
        (*packaged.rules, *own.rules),
    )
    faults = _contradictions(book)
    if faults:
        raise BookBroken(str(file), faults=tuple(faults))
    return book


@cache
def _packaged_book() -> Book:
    content: dict[str, Any] = {}
    for name in ("tariffs", "schemes", "rules"):
        raw = resources.files("lamplighter.business.tariffs").joinpath("data", f"{name}.toml").read_text("utf-8")
        content |= tomllib.loads(raw, parse_float=Decimal)
    return _read_book(content, path="data", mark=content["version"])


def _read_book(content: Mapping[str, Any], *, path: str, mark: str) -> Book:
    faults: list[str] = []

    def rows(name: str, make: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
        found = []
        for place, row in enumerate(content.get(name, []), start=1):
            try:
                found.append(make(row))
            except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
                faults.append(f"{name} {row.get('code', place)}: {type(error).__name__} {error}")
        return tuple(found)

    unknown = set(content) - {"version", "tariff", "scheme", "rule"}
    faults += [f"{name}: ?" for name in sorted(unknown)]
    book = Book(mark, rows("tariff", _tariff), rows("scheme", _scheme), rows("rule", _rule))
    if faults:
        raise BookBroken(path, faults=tuple(faults))
    return book


def _contradictions(book: Book) -> list[str]:
    """Return what no bill could be made of: a scheme nobody wrote, a period without price, tiers that do not climb."""
    faults = []
    known = {scheme.origin.code: scheme for scheme in book.schemes}
    for tariff in book.tariffs:
        name = f"tariff {tariff.code}"
        if tariff.scheme and tariff.scheme not in known:
            faults.append(f"{name}: scheme {tariff.scheme} ?")
            continue
        periods = known[tariff.scheme].periods if tariff.scheme else (Period.FLAT,)
        if tariff.prices and not set(periods) <= set(tariff.prices) and not _floats(tariff, known):
            faults.append(f"{name}: prices {', '.join(sorted(set(periods) - set(tariff.prices)))} ?")
        limits = [tier.up_to_kwh for tier in tariff.tiers]
        climbing = [limit for limit in limits[:-1] if limit is not None]
        if limits and (limits[-1] is not None or len(climbing) != len(limits) - 1 or climbing != sorted(set(climbing))):
            faults.append(f"{name}: tiers")
        if bool(tariff.tiers) != (tariff.tier_span is not None) or bool(tariff.prices) == bool(tariff.components):
            faults.append(f"{name}: tier_span, prices, components")
        if any(not set(periods) <= set(tier.adder) for tier in tariff.tiers[1:]):
            faults.append(f"{name}: adder")
    return faults


def _floats(tariff: Tariff, schemes: Mapping[str, Scheme]) -> bool:
    """Say whether one flat price and the ratios of the scheme give every period its price."""
    seasons = schemes[tariff.scheme].seasons if tariff.scheme else ()
    has_ratios = all({span.period for span in season.spans} <= set(season.ratios) for season in seasons)
    return set(tariff.prices) == {Period.FLAT} and has_ratios


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"{value!r} is no number")
    return Decimal(value)


def _optional(value: Any) -> Decimal | None:
    return None if value is None else _number(value)


def _by_period(raw: Mapping[str, Any]) -> dict[Period, Decimal]:
    return {Period(name): _number(value) for name, value in raw.items()}


def _origin(row: Mapping[str, Any]) -> Origin:
    for name in ("valid_from", "valid_to"):
        if name in row and type(row[name]) is not date:
            raise TypeError(f"{name} = {row[name]!r} is no day")
    valid_to = row.get("valid_to")
    if valid_to is not None and valid_to <= row["valid_from"]:
        raise ValueError(f"valid_to {valid_to} ≤ valid_from")
    return Origin(
        row["code"],
        str(row["version"]),
        row["valid_from"],
        valid_to,
        row["source"],
        row["evidence"],
        row.get("source_zh", ""),
    )


def _tariff(row: Mapping[str, Any]) -> Tariff:
    fee = row.get("basic_fee")
    return Tariff(
        origin=_origin(row),
        zh=row["zh"],
        en=row["en"],
        classes=tuple(row["classes"]),
        price_classes=tuple(row.get("price_classes", ())),
        is_reference=bool(row.get("is_reference", False)),
        min_kva=_optional(row.get("min_kva")),
        max_kva=_optional(row.get("max_kva")),
        scheme=row.get("scheme", ""),
        prices=_by_period(row.get("prices", {})),
        tier_span=TierSpan(row["tier_span"]) if "tier_span" in row else None,
        tiers=tuple(
            Tier(_optional(tier.get("up_to_kwh")), _by_period(tier.get("adder", {}))) for tier in row.get("tiers", ())
        ),
        components=_components(row.get("components", ())),
        basic_fee=BasicFee(_number(fee["yuan_per_kva"]), _number(fee["yuan_per_kw"])) if fee else None,
        power_factor=_optional(row.get("power_factor")),
    )


def _components(rows: Iterable[Mapping[str, Any]]) -> tuple[Component, ...]:
    found: list[Component] = []
    for row in rows:
        kind = ComponentKind(row["kind"])
        if "loss_rate" in row:
            bought = sum((each.yuan_per_kwh for each in found if each.kind is ComponentKind.PURCHASE), Decimal(0))
            price = line_loss_fee(purchase_yuan_per_kwh=bought, loss_rate=_number(row["loss_rate"]))
        else:
            price = _number(row["yuan_per_kwh"])
        found.append(Component(row["code"], kind, price, bool(row["floats"]), row["zh"], row["en"]))
    return tuple(found)


def _scheme(row: Mapping[str, Any]) -> Scheme:
    seasons = tuple(_season(season) for season in row["seasons"])
    months = [month for season in seasons for month in season.months]
    if sorted(months) != sorted(_MONTHS):
        raise ValueError(f"seasons cover months {sorted(months)}")
    return Scheme(_origin(row), row["zh"], row["en"], seasons)


def _season(row: Mapping[str, Any]) -> Season:
    spans = sorted((_span(period, words) for period, all_of in row["hours"].items() for words in all_of), key=_start)
    ends = [0, *(span.end for span in spans)]
    if [span.start for span in spans] != ends[:-1] or ends[-1] != _DAY_MINUTES:
        raise ValueError(f"hours of months {row['months']} do not cover the day once")
    return Season(tuple(row["months"]), tuple(spans), _by_period(row.get("ratios", {})))


def _start(span: Span) -> int:
    return span.start


def _span(period: str, words: str) -> Span:
    """Read ``08:00-22:00``; ``24:00`` is the end of the day, and what goes over midnight is written as two.

    Example:
        >>> _span("peak", "08:00-22:00")
        Span(start=480, end=1320, period=<Period.PEAK: 'peak'>)
    """
    start, end = (_DAY_MINUTES if word == "24:00" else _minutes(word) for word in words.split("-"))
    if start >= end:
        raise ValueError(f"{words} ends before it begins")
    return Span(start, end, Period(period))


def _minutes(word: str) -> int:
    at = time.fromisoformat(word)
    return at.hour * 60 + at.minute


def _rule(row: Mapping[str, Any]) -> BillRule:
    return BillRule(_origin(row), _number(row["value"]), row["unit"], row["zh"], row["en"])
