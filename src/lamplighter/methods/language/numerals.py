"""Chinese numerals: 一百二十, 两千零五, 三点五, 二〇二五, 半, 1.2万, and where they stand in a text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_DIGITS: Final = {
    **{sign: value for value, sign in enumerate("〇一二三四五六七八九")},
    **{sign: value for value, sign in enumerate("零壹贰叁肆伍陆柒捌玖")},
    "两": 2,
    "幺": 1,
    "俩": 2,
    "仨": 3,
}
_PLACES: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_GROUPS: Final = {"万": 10_000, "亿": 100_000_000}
_SHORT: Final = {"廿": "二十", "卅": "三十"}
_SIGNS: Final = "".join([*_DIGITS, *_PLACES, *_GROUPS, *_SHORT])
# 千 before 瓦 or 伏 is the beginning of a unit.
_THOUSAND: Final = "千(?![瓦伏克米])"
_SIGN: Final = f"(?:[{_SIGNS.replace('千', '')}]|{_THOUSAND})"
NUMERAL: Final = re.compile(
    rf"\d+(?:,\d{{3}})+(?:\.\d+)?(?:[万亿百]|{_THOUSAND})?|\d+(?:\.\d+)?(?:[万亿百]|{_THOUSAND})?|"
    rf"{_SIGN}+(?:点{_SIGN}+)?"
)
"""A number in either writing; what may be no number at all (一下, 万一) is for the caller to say."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: its value, and where it stands, ``[start, end)`` in characters."""

    value: Decimal
    start: int
    end: int
    written: str


def read_numeral(written: str) -> Decimal | None:
    """Return the value of a number in Arabic or Chinese writing, None when it is none.

    Example:
        >>> [str(read_numeral(word)) for word in ("一百二十", "两千零五", "三点五", "二〇二五", "1.2万", "万")]
        ['120', '2005', '3.5', '2025', '12000', 'None']
    """
    tidy = written.replace(",", "")
    for short, full in _SHORT.items():
        tidy = tidy.replace(short, full)
    if not tidy:
        return None
    if tidy[0].isdecimal() and tidy[0].isascii():
        return _read_arabic(tidy)
    whole, _, fraction = tidy.partition("点")
    value = _read_whole(whole)
    if value is None or not fraction:
        return None if value is None or "点" in tidy else Decimal(value)
    if any(sign not in _DIGITS for sign in fraction):
        return None
    return Decimal(f"{value}.{''.join(str(_DIGITS[sign]) for sign in fraction)}")


def _read_arabic(tidy: str) -> Decimal | None:
    factor = {"万": 10_000, "亿": 100_000_000, "千": 1000, "百": 100}.get(tidy[-1], 1)
    digits = tidy[:-1] if factor > 1 else tidy
    value = Decimal(digits) * factor
    return value.to_integral_value() if value == value.to_integral_value() else value


def _read_whole(word: str) -> int | None:
    if word and all(sign in _DIGITS for sign in word):
        return int("".join(str(_DIGITS[sign]) for sign in word))
    total, group, digit, last_place = 0, 0, -1, 0
    for sign in word:
        if sign in _DIGITS:
            # 二五十 is no number; 二零五 was read above.
            if digit > 0 and _DIGITS[sign] > 0:
                return None
            digit = _DIGITS[sign]
        elif sign in _PLACES:
            last_place = _PLACES[sign]
            group += (1 if digit < 0 else digit) * last_place
            digit = -1
        elif sign in _GROUPS:
            if digit < 0 and not group:
                return None
            last_place = _GROUPS[sign]
            total = (total + group + max(digit, 0)) * last_place
            group, digit = 0, -1
        else:
            return None
    if digit > 0:
        # 一百二 is 120, 一百零二 is 102: the zero resets the place.
        after_zero = len(word) > 1 and word[-2] in "零〇"
        group += digit if after_zero or last_place <= 10 else digit * last_place // 10
    return total + group


def find_numbers(text: str) -> tuple[Number, ...]:
    """Return every number of a text with its place.

    Example:
        >>> [(str(number.value), number.written) for number in find_numbers("交了一百二十块,还差3.5元")]
        [('120', '一百二十'), ('3.5', '3.5')]
    """
    found = []
    for match in NUMERAL.finditer(text):
        value = read_numeral(match[0])
        if value is not None:
            found.append(Number(value, match.start(), match.end(), match[0]))
    return tuple(found)
