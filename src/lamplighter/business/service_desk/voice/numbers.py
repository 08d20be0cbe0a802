"""Numbers between speech and writing: digits that were spoken become figures, figures become words to speak."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from lamplighter.methods.language.numerals import NUMERAL, read_numeral

_SPOKEN_DIGITS: Final = {
    **{sign: str(value) for value, sign in enumerate("零一二三四五六七八九")},
    "〇": "0",
    "幺": "1",
    "妖": "1",
    "两": "2",
    "洞": "0",
}
_PLACES: Final = "十百千万亿点"
# 妖 and 洞 are digits only among digits.
_DIGIT: Final = r"[\d零〇一二三四五六七八九幺两妖洞]"
_RUN: Final = re.compile(rf"(?<![{_PLACES}\d.]){_DIGIT}(?:[\s、\-]{{0,2}}{_DIGIT}){{2,}}(?![{_PLACES}.])")
# A recogniser writes what was dictated figure by figure as 1, 2, 3.
_DICTATED: Final = re.compile(r"(?<![\d.])\d(?:[,，]\s*\d(?!\d|\.\d)){2,}")
_WITH_UNIT: Final = re.compile(
    rf"(?P<number>{NUMERAL.pattern})(?P<more>多|来)?"
    r"(?P<unit>块钱|块(?![儿电表地板牌])|元|毛|角|千瓦时|千瓦|度(?!假|过|数)|月份?(?!子)|日|号(?!线|楼|码))"
)
_SMALL: Final = r"[\d一二两三四五六七八九]"
_COMPOUND: Final = re.compile(
    rf"(?P<yuan>{NUMERAL.pattern})(?:块|元)(?P<jiao>{_SMALL})"
    rf"(?:[毛角](?P<fen>{_SMALL})?分?|(?![{_PLACES}\d度个次天月年户口人位]))(?:钱)?"
)
_IDIOM: Final = re.compile(r"一度(?=很|也|曾)|十月怀胎|一月一")


def write_spoken(words: str) -> str:
    """Return what was heard with its numbers as figures: accounts, telephones, years, months, days, yuan, kWh.

    What may be no number (一下, 三相, 两个) is left as it was said.

    Example:
        >>> write_spoken("户号幺零零零零零零二四八,二零二五年八月电费一百二十三块四毛五")
        '户号1000000248,2025年8月电费123.45元'
        >>> write_spoken("等一下,三相电表有两块,用了三百二十度")
        '等一下,三相电表有两块,用了320度'
    """
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match[0])
        return "\ue000"

    kept = _IDIOM.sub(hold, words)
    for pattern, write in ((_DICTATED, _write_run), (_RUN, _write_run), (_COMPOUND, _write_compound)):
        kept = pattern.sub(write, kept)
    kept = _WITH_UNIT.sub(_write_counted, kept)
    return re.sub("\ue000", lambda _: held.pop(0), kept)


def _write_run(match: re.Match[str]) -> str:
    return "".join(_figure(sign) for sign in match[0])


def _write_counted(match: re.Match[str]) -> str:
    value = read_numeral(match["number"])
    if value is None or (match["number"] == "两" and match["unit"] == "块"):
        return match[0]
    return f"{value.normalize():f}{match['more'] or ''}{match['unit']}"


def _write_compound(match: re.Match[str]) -> str:
    yuan = read_numeral(match["yuan"])
    if yuan is None or yuan != yuan.to_integral_value():
        return match[0]
    return f"{yuan:f}.{_figure(match['jiao'])}{_figure(match['fen'] or '')}元"


def _figure(sign: str) -> str:
    return _SPOKEN_DIGITS.get(sign, sign if sign.isdecimal() else "")


_DIGITS: Final = "零一二三四五六七八九"
_LINE_DIGITS: Final = "零幺二三四五六七八九"
"""How digits of accounts and telephones are read out: 幺, so that one is not taken for seven."""
_GROUPS: Final = ("", "万", "亿", "万亿")
_UNIT_PLACES: Final = ("", "十", "百", "千")
_TIME: Final = re.compile(r"(?<!\d)([01]?\d|2[0-4])[:：]([0-5]\d)(?!\d)")
_DATE: Final = re.compile(r"(?<!\d)(\d{4})(?:-|年)(\d{1,2})(?:(?:-|月)(\d{1,2})日?|月)?(?!\d)")
_SHARE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(%|‰)")
_YUAN: Final = re.compile(r"([-−]?)(\d+(?:,\d{3})*(?:\.\d+)?)\s*元")
_MASKED: Final = re.compile(r"\*+(\d+)")
_LETTERED: Final = re.compile(r"[A-Z]{1,4}(?:-?\d+)+(?:-\d+)*")
_LONG: Final = re.compile(r"(?<![\d.])(?:0\d+|\d{5,})(?![\d.]*\d?\s*(?:千瓦|度|元|户|次|天|个|小时|分钟))")
_PLAIN: Final = re.compile(r"([-−]?)(\d+(?:,\d{3})*(?:\.\d+)?)")
_SHORT_TELEPHONE: Final = re.compile(r"(?:急救|火警|抢修|拨打|电话|热线|拨)\s*(\d{3,11})")


def spell_spoken(words: str) -> str:
    """Return an answer as it is spoken: amounts in yuan, jiao and fen, days and shares in words, accounts by the digit.

    Example:
        >>> spell_spoken("户号******0248,2025年8月电费12.50元,比2025-07多3.5%,请拨打95598。")
        '户号尾号零二四八,二零二五年八月电费十二元五角,比二零二五年七月多百分之三点五,请拨打九五五九八。'
    """
    steps: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
        (_MASKED, lambda match: f"尾号{read_digits(match[1])}"),
        (_LETTERED, lambda match: read_digits(match[0].replace("-", " "))),
        (_SHORT_TELEPHONE, lambda match: match[0].replace(match[1], read_digits(match[1]))),
        (_DATE, _speak_date),
        (_TIME, _speak_time),
        (_SHARE, lambda match: f"{'百' if match[2] == '%' else '千'}分之{count_in_words(Decimal(match[1]))}"),
        (_YUAN, lambda match: _minus(match[1]) + yuan_in_words(Decimal(match[2].replace(",", "")))),
        (_LONG, lambda match: read_digits(match[0])),
        (_PLAIN, lambda match: _minus(match[1]) + count_in_words(Decimal(match[2].replace(",", "")))),
    )
    for pattern, spell in steps:
        words = pattern.sub(spell, words)
    return words


def read_digits(written: str) -> str:
    """Return digits one by one, as accounts and telephones are read out.

    Example:
        >>> read_digits("13812")
        '幺三八幺二'
    """
    return "".join(_LINE_DIGITS[int(sign)] if sign.isascii() and sign.isdecimal() else sign for sign in written)


def count_in_words(value: Decimal) -> str:
    """Return a number that is not negative as it is counted.

    Example:
        >>> [count_in_words(Decimal(each)) for each in ("12", "105", "1000010", "320.50", "0.6")]
        ['十二', '一百零五', '一百万零一十', '三百二十点五', '零点六']
    """
    whole, _, fraction = f"{value:f}".partition(".")
    fraction = fraction.rstrip("0")
    spoken = _whole_in_words(int(whole))
    return f"{spoken}点{''.join(_DIGITS[int(each)] for each in fraction)}" if fraction else spoken


def yuan_in_words(value: Decimal) -> str:
    """Return an amount in yuan, jiao and fen; what is finer than a fen, such as a price, as a decimal.

    Example:
        >>> [yuan_in_words(Decimal(each)) for each in ("12.50", "229.63", "100", "0.08", "7.05", "0.5283")]
        ['十二元五角', '二百二十九元六角三分', '一百元', '八分', '七元零五分', '零点五二八三元']
    """
    fen = value * 100
    if fen != fen.to_integral_value():
        return f"{count_in_words(value)}元"
    yuan, rest = divmod(int(fen), 100)
    jiao, left = divmod(rest, 10)
    parts = f"{_whole_in_words(yuan)}元" if yuan or not rest else ""
    if jiao:
        parts += f"{_DIGITS[jiao]}角"
    elif left and yuan:
        parts += "零"
    return parts + (f"{_DIGITS[left]}分" if left else "")


def _whole_in_words(value: int) -> str:
    if value == 0:
        return _DIGITS[0]
    groups, rest = [], value
    while rest:
        rest, group = divmod(rest, 10_000)
        groups.append(group)
    spoken, is_gap = "", False
    for at in range(len(groups) - 1, -1, -1):
        group = groups[at]
        if group == 0:
            is_gap = bool(spoken)
            continue
        if spoken and (is_gap or group < 1000):
            spoken += "零"
        spoken += _group_in_words(group) + _GROUPS[at]
        is_gap = False
    return spoken.removeprefix("一") if spoken.startswith("一十") else spoken


def _group_in_words(group: int) -> str:
    spoken, is_gap = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit == 0:
            is_gap = bool(spoken)
            continue
        spoken += ("零" if is_gap else "") + _DIGITS[digit] + _UNIT_PLACES[place]
        is_gap = False
    return spoken


def _minus(sign: str) -> str:
    return "负" if sign else ""


def _speak_date(match: re.Match[str]) -> str:
    year, month, day = match.groups()
    if not 1 <= int(month) <= 12:
        return match[0]
    spoken = "".join(_DIGITS[int(each)] for each in year) + f"年{_whole_in_words(int(month))}月"
    return spoken + (f"{_whole_in_words(int(day))}日" if day else "")


def _speak_time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if not minute:
        return f"{_whole_in_words(hour)}点"
    return f"{_whole_in_words(hour)}点{'零' if minute < 10 else ''}{_whole_in_words(minute)}分"
