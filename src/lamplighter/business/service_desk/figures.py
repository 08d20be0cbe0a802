"""Figures in words: how one is said, and every one that a text says, whatever wrote it.

Strict on purpose: a numeral that is no part of a known word counts as a figure, so an invented one cannot hide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from lamplighter.base.messages import language, text
from lamplighter.business.service_desk.records import Figure
from lamplighter.methods.language.numerals import NUMERAL, read_numeral
from lamplighter.methods.language.writing import plain_writing

_UNITS: Final = {
    "yuan": ("元钱", "块钱", "元", "块", "圆", "yuan", "rmb", "cny"),
    "jiao": ("毛", "角"),
    "fen": ("分钱",),
    "kwh": ("千瓦时", "度", "kwh"),
    "kw": ("千瓦", "kw"),
    "kva": ("千伏安", "kva"),
    "percent": ("%", "percent", "个百分点"),
    "permille": ("‰", "per mille"),
    "minute": ("分钟", "minutes", "minute"),
    "hour": ("个小时", "小时", "个钟头", "钟头", "hours", "hour"),
    "working_day": ("个工作日", "工作日", "working days", "working day"),
    "day": ("个自然日", "天", "日", "days", "day"),
    "month": ("个月", "months", "month"),
    "year": ("年", "years", "year"),
    "volt": ("伏", "v", "volts"),
    "person": ("口人", "个人", "人", "persons", "people"),
    "times": ("倍", "times"),
    "fold": ("折", "成"),
    "hours_clock": ("点钟", "点"),
}
_UNIT_OF: Final = {word: unit for unit, words in _UNITS.items() for word in words}
_UNIT_WORDS: Final = "|".join(re.escape(word) for word in sorted(_UNIT_OF, key=len, reverse=True))
_DATE: Final = re.compile(
    r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?:(?P<d>\d{1,2})[日号])?|(?P<y2>\d{4})-(?P<m2>\d{1,2})(?:-(?P<d2>\d{1,2}))?(?!\d)"
)
_SHARE: Final = re.compile(rf"(百|千|万)分之({NUMERAL.pattern})")
# Numerals that count nothing. Anything else is a figure.
_IDIOMS: Final = re.compile(
    r"万一|一下|一些|一样|一定|统一|唯一|一直|一般|一起|同一|任一|一致|第一时间|十分|三相|一并|进一步|逐一|单一|一旦|一律|之一|"
    r"一[份个位名]?工作人员|一位|一个|一次|一项|一句|一共|不一|一切|一边|两者|两部制|双电源|一户多人口|一方面|千万(?=不|别|要|请)|"
    r"后四位|任意两项|一步|一遍|再一|另一|一来|一道|一键|一站|一网|一度(?=很)|一时|一向|一概|九[折]?(?=州)|三档|十二分"
)
_PRICE_WORDS: Final = re.compile(
    r"免费|全免|半价|翻倍|翻番|对折|打折|零元|白送|减半|free of charge|half price|doubled?"
)
_ENGLISH: Final = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:fif|six|seven|eigh|nine)?teen|twenty|thirty|"
    r"forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|dozen|half)\b(?!-part)"
)
_NUMBER: Final = re.compile(rf"({NUMERAL.pattern})\s*({_UNIT_WORDS})?|半(?:个)?({_UNIT_WORDS}|价)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """A figure a text says: in one form, as it was written, and its unit in one form."""

    value: str
    unit: str
    written: str


def spell_number(value: Decimal) -> str:
    """Return a number without trailing zeros beyond what it was given with.

    Example:
        >>> spell_number(Decimal("0.90")), spell_number(Decimal("45"))
        ('0.90', '45')
    """
    return f"{value:f}"


def spell_figure(figure: Figure) -> str:
    """Return a figure as it is said in the reader's language.

    Example:
        >>> from lamplighter.base.messages import speaking
        >>> with speaking("zh"):
        ...     spell_figure(Figure(Decimal("24"), "小时", "", "limit"))
        '24小时'
    """
    if isinstance(figure.value, date):
        return figure.value.isoformat()
    number = figure.value if isinstance(figure.value, str) else spell_number(figure.value)
    if not figure.unit or language() == "zh":
        return number + (("个" if figure.unit == "工作日" else "") + figure.unit)
    return f"{number} {text(f'service_desk.unit.{_UNIT_OF[figure.unit]}')}"


def is_unit(word: str) -> bool:
    """Say whether a unit can be said, in either language.

    Example:
        >>> is_unit("小时"), is_unit("bushel")
        (True, False)
    """
    return word in _UNIT_OF


def figures_in(written: str) -> tuple[Said, ...]:
    """Return every figure of a text: Arabic and Chinese numerals, shares, dates, words that stand for a price.

    Example:
        >>> [(said.value, said.unit) for said in figures_in("请稍等一下,五百块,百分之五,2025年8月,免费")]
        [('2025-08', 'date'), ('免费', 'word'), ('5', 'percent'), ('500', 'yuan')]
    """
    plain = plain_writing(written)
    found: list[Said] = []

    def take(pattern: re.Pattern[str], read: object) -> None:
        nonlocal plain
        for match in pattern.finditer(plain):
            said = read(match)  # type: ignore[operator]  # one of the readers below
            if said is not None:
                found.append(said)
        plain = pattern.sub(lambda match: " " * len(match[0]), plain)

    take(_DATE, _read_date)
    take(_PRICE_WORDS, lambda match: Said(match[0], "word", match[0]))
    take(_SHARE, _read_share)
    plain = _IDIOMS.sub(lambda match: "□" * len(match[0]), plain)
    take(_ENGLISH, lambda match: Said(match[0], "word", match[0]))
    take(_NUMBER, _read_number)
    return tuple(found)


def _read_date(match: re.Match[str]) -> Said:
    year, month, day = (match[name] or match[f"{name}2"] for name in "ymd")
    return Said(f"{int(year):04d}-{int(month):02d}" + (f"-{int(day):02d}" if day else ""), "date", match[0])


def _read_share(match: re.Match[str]) -> Said:
    value = read_numeral(match[2])
    unit = {"百": "percent", "千": "permille", "万": "per_ten_thousand"}[match[1]]
    return Said(match[2] if value is None else _form(value), unit, match[0])


def _read_number(match: re.Match[str]) -> Said | None:
    if match[1] is None:
        return Said("0.5", _UNIT_OF.get(match[match.lastindex or 0] or "", ""), match[0])
    value = read_numeral(match[1])
    unit = _UNIT_OF.get((match[match.lastindex or 0] or "").lower(), "") if (match.lastindex or 0) > 1 else ""
    if value is None:
        # A lone 万 or 亿 is a size all the same.
        return Said(match[1], unit, match[0])
    if unit in ("jiao", "fen"):
        value, unit = value / (10 if unit == "jiao" else 100), "yuan"
    return Said(_form(value), unit, match[0])


def _form(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _said_of(figure: Figure) -> tuple[Said, ...]:
    """Return a figure as texts say it; a number of a ticket, such as GD-20260309-000001, is said in several parts."""
    if isinstance(figure.value, date):
        return (Said(figure.value.isoformat(), "date", ""),)
    if isinstance(figure.value, str):
        return figures_in(figure.value) or (Said(figure.value, "", ""),)
    return (Said(_form(abs(figure.value)), _UNIT_OF.get(figure.unit.lower(), figure.unit), ""),)


def unsupported_figures(written: str, *, allowed: Sequence[Figure]) -> tuple[Said, ...]:
    """Return every figure of a text that no tool and no clause gave; value and unit must both agree.

    Args:
        written: any text about to be said.
        allowed: figures with their sources.

    Example:
        >>> limit = Figure(Decimal("24"), "小时", "clause", "limit")
        >>> [said.written for said in unsupported_figures("24小时内恢复,最多两天", allowed=[limit])]
        ['两天']
    """
    may = {(said.value, said.unit) for figure in allowed for said in _said_of(figure)}
    return tuple(said for said in figures_in(written) if (said.value, said.unit) not in may)


def figures_said(written: str, *, allowed: Sequence[Figure]) -> tuple[Figure, ...]:
    """Return those of the allowed figures that a text says, in the order they were given."""
    said = {(each.value, each.unit) for each in figures_in(written)}
    return tuple(figure for figure in allowed if all((one.value, one.unit) in said for one in _said_of(figure)))
