"""What a customer names: account, month, day, time, amount, energy, capacity, persons, address, device, telephone."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Final

from lamplighter.business.service_desk.records import Slot, SlotKind
from lamplighter.methods.language.numerals import NUMERAL, read_numeral

_N: Final = f"(?:{NUMERAL.pattern})"
_ACCOUNT_WORD: Final = r"(?:户号|用户号|客户编号|客户号|用电户号|编号|户名号|账号|帐号|account(?: number| no\.?)?|a/c)"
_ACCOUNT_NAMED: Final = re.compile(
    rf"{_ACCOUNT_WORD}[\s是为:：,，]{{0,4}}((?:\d[\s\-]?){{7,15}}\d|[幺一二三四五六七八九零〇两]{{8,16}})"
)
_ACCOUNT_BARE: Final = re.compile(r"(?<![\d.])(\d{10}|\d{12,13})(?![\d.])")
_TELEPHONE: Final = re.compile(r"(?<!\d)(1[3-9]\d[\s\-]?\d{4}[\s\-]?\d{4}|0\d{2,3}-\d{7,8})(?!\d)")
_YEAR: Final = {"大前年": -3, "前年": -2, "去年": -1, "上年": -1, "今年": 0, "本年": 0, "明年": 1}
_MONTH: Final = re.compile(
    rf"(?:(?P<year>\d{{4}}|[一二零〇]{{1,2}}[零〇一二三四五六七八九]{{2,3}}|\d{{2}})\s*年|(?P<word>{'|'.join(_YEAR)}))?的?\s*"
    r"(?P<month>1[0-2]|0?[1-9]|十[一二]|[一二三四五六七八九十])\s*月(?!子)(?:份|(?P<day>[\d一二三四五六七八九十廿卅]{1,3})[日号])?"
    r"|(?P<iso_year>20\d{2})[-/.](?P<iso_month>1[0-2]|0?[1-9])(?:[-/.](?P<iso_day>[0-3]?\d))?(?!\d)"
)
_MONTHS_BACK: Final = re.compile(
    r"(?P<last>(?:上)+)个?月(?!子)|(?P<this>这个?月|本月|当月|这月)|(?P<next>下个?月)|last month|this month"
)
_DAY_WORDS: Final = {
    "大前天": -3,
    "前天": -2,
    "昨天": -1,
    "昨晚": -1,
    "昨日": -1,
    "昨儿": -1,
    "今天": 0,
    "今晚": 0,
    "今日": 0,
    "今儿": 0,
    "今早": 0,
    "今朝": 0,
    "大后天": 3,
    "后天": 2,
    "明天": 1,
    "明早": 1,
    "明晚": 1,
    "明日": 1,
    "明儿": 1,
    "听日": 1,
    "yesterday": -1,
    "today": 0,
    "tomorrow": 1,
}
_DAY_WORD: Final = re.compile("|".join(sorted(_DAY_WORDS, key=len, reverse=True)))
_WEEKDAY: Final = re.compile(r"(?P<which>上上|上个?|下下|下个?|这个?|本)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天])")
_DAY_OF_MONTH: Final = re.compile(
    r"(?<![月\d一二三四五六七八九十])(\d{1,2}|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九]|廿[一二三四五六七八九]?)[号日](?!楼|线|桩|门|机|箱|院|店|杆|表|变|馆|铺|子|常|期|用)"
)
_TIME: Final = re.compile(
    r"(?P<part>凌晨|早上|早晨|清早|上午|中午|下午|傍晚|晚上|夜里|半夜)?\s*(?P<hour>[01]?\d|2[0-4]|[一二两三四五六七八九]|十[一二]?)\s*(?:(?P<colon>[:：])(?P<minute>[0-5]\d)|(?P<dot>点钟?)(?:(?P<half>半)|(?P<quarter>一刻|三刻)|(?P<spoken>[0-5]?\d|[一二三四五]?十[一二三四五六七八九]?)分)?)(?!几|度|五|零)"
)
_AMOUNT: Final = re.compile(
    rf"({_N})\s*(?:多|来|几)?\s*(块钱|块|元|圆|rmb|yuan|毛|角|分钱)([一二三四五六七八九半\d])?(?!卡|件)"
)
_ENERGY: Final = re.compile(rf"({_N})\s*(?:多|来|几)?\s*(?:度|千瓦时|kwh|字)(?!假|过|数)")
_CAPACITY: Final = re.compile(rf"({_N})\s*(?:个)?\s*(千伏安|kva|千瓦(?!时)|kw(?!h)|个千瓦)")
_PERSONS: Final = re.compile(rf"({_N})\s*(?:口人|个人|口|人)(?!工|员|家|民)")


@cache
def _lists() -> dict[str, Any]:
    content = resources.files(__name__.rpartition(".")[0]).joinpath("slots.toml").read_text(encoding="utf-8")
    return tomllib.loads(content)


@cache
def _device() -> re.Pattern[str]:
    return re.compile("|".join(sorted(_lists()["devices"], key=len, reverse=True)))


@cache
def _address() -> re.Pattern[str]:
    place = _lists()["place"]
    number = r"(?:\d{1,5}|[一二三四五六七八九十百]{1,4})"
    tail = rf"(?:{number}\s*(?:号楼|号院|号|栋|幢|座|单元|室|层|楼|门|组|户)|[a-z]\d?(?:栋|座|区))"
    return re.compile(
        rf"(?:(?:[\u4e00-\u9fff]{{2,6}}?{place})+(?:{tail})+(?:{number}(?!\d))?|(?:[\u4e00-\u9fff]{{2,5}}{place}){{2,}}|"
        rf"(?:(?<=我们)|(?<=我是)|(?<=我在)|(?<=住在)|(?<=地址是)|(?<=地址))[\u4e00-\u9fff]{{2,8}}?{place})"
    )


def find_slots(text: str, *, today: date) -> tuple[Slot, ...]:
    """Return what a text names, in its order; where two readings overlap the earlier kind of the list stands.

    Args:
        text: in one way of writing.
        today: day the text was said; 上个月 counts from it.

    Example:
        >>> found = find_slots("户号1000000248,去年八月的电费120.5元", today=date(2026, 3, 9))
        >>> [(slot.kind.value, slot.value) for slot in found]
        [('account', '1000000248'), ('month', '2025-08'), ('amount', '120.5')]
    """
    taken: list[Slot] = []
    finders = (
        _accounts,
        _telephones,
        _addresses,
        _months,
        _days,
        _times,
        _amounts,
        _energies,
        _capacities,
        _persons,
        _devices,
    )
    for find in finders:
        for slot in find(text, today):
            if all(slot.end <= other.start or other.end <= slot.start for other in taken):
                taken.append(slot)
    return tuple(sorted(taken, key=lambda slot: slot.start))


def _accounts(text: str, _: date) -> Iterator[Slot]:
    for match in _ACCOUNT_NAMED.finditer(text):
        digits = "".join(
            str(int(read_numeral(sign) or 0)) if not sign.isdecimal() or not sign.isascii() else sign
            for sign in re.sub(r"[\s\-]", "", match[1])
        )
        yield Slot(SlotKind.ACCOUNT, digits, match[0], match.start(), match.end())
    for match in _ACCOUNT_BARE.finditer(text):
        yield Slot(SlotKind.ACCOUNT, match[1], match[0], match.start(), match.end())


def _telephones(text: str, _: date) -> Iterator[Slot]:
    for match in _TELEPHONE.finditer(text):
        yield Slot(
            SlotKind.TELEPHONE,
            re.sub(r"\s|(?<=^1\d\d)-|-(?=\d{4}$)", "", match[1]),
            match[0],
            match.start(),
            match.end(),
        )


def _addresses(text: str, _: date) -> Iterator[Slot]:
    for match in _address().finditer(text):
        yield Slot(SlotKind.ADDRESS, match[0], match[0], match.start(), match.end())


def _months(text: str, today: date) -> Iterator[Slot]:
    for match in _MONTH.finditer(text):
        month = _number(match["month"] or match["iso_month"])
        year = _year(match, month, today)
        day = match["day"] or match["iso_day"]
        if day:
            on = _day(year, month, _number(day))
            if on:
                yield Slot(SlotKind.DAY, on.isoformat(), match[0], match.start(), match.end())
                continue
        yield Slot(SlotKind.MONTH, f"{year:04d}-{month:02d}", match[0], match.start(), match.end())
    for match in _MONTHS_BACK.finditer(text):
        back = len(match["last"]) if match["last"] else 1 if match[0] == "last month" else -1 if match["next"] else 0
        count = today.year * 12 + today.month - 1 - back
        yield Slot(SlotKind.MONTH, f"{count // 12:04d}-{count % 12 + 1:02d}", match[0], match.start(), match.end())


def _year(match: re.Match[str], month: int, today: date) -> int:
    if match["word"]:
        return today.year + _YEAR[match["word"]]
    written = match["year"] or match["iso_year"]
    if written:
        year = _number(written)
        return year + 2000 if year < 100 else year
    # Without a year a month is the last one of its name: in March 八月 is last year's.
    return today.year if month <= today.month else today.year - 1


def _days(text: str, today: date) -> Iterator[Slot]:
    for match in _DAY_WORD.finditer(text):
        on = today + timedelta(days=_DAY_WORDS[match[0]])
        yield Slot(SlotKind.DAY, on.isoformat(), match[0], match.start(), match.end())
    for match in _WEEKDAY.finditer(text):
        weeks = {"上上": -2, "上": -1, "下": 1, "下下": 2}.get((match["which"] or "").rstrip("个"), 0)
        weekday = "一二三四五六日".find(match["day"].replace("天", "日"))
        on = today - timedelta(days=today.weekday()) + timedelta(days=weekday, weeks=weeks)
        yield Slot(SlotKind.DAY, on.isoformat(), match[0], match.start(), match.end())
    for match in _DAY_OF_MONTH.finditer(text):
        day = _day(today.year, today.month, _number(match[1]))
        if day:
            yield Slot(SlotKind.DAY, day.isoformat(), match[0], match.start(), match.end())


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _times(text: str, _: date) -> Iterator[Slot]:
    for match in _TIME.finditer(text):
        if not match["part"] and match["dot"] and text[match.end() : match.end() + 1] in ("儿", "意", "赞"):
            continue
        hour = _number(match["hour"])
        part = match["part"] or ""
        if (hour < 12 and part in ("下午", "傍晚", "晚上")) or (part == "中午" and hour < 3):
            hour += 12
        spoken = _number(match["spoken"]) if match["spoken"] else 0
        minute = (
            int(match["minute"])
            if match["minute"]
            else 30
            if match["half"]
            else {"一刻": 15, "三刻": 45}.get(match["quarter"] or "", spoken)
        )
        yield Slot(SlotKind.TIME, f"{hour % 24:02d}:{minute:02d}", match[0], match.start(), match.end())


def _amounts(text: str, _: date) -> Iterator[Slot]:
    for match in _AMOUNT.finditer(text):
        value = read_numeral(match[1])
        if value is None:
            continue
        unit = match[2]
        yuan = value * {"毛": Decimal("0.1"), "角": Decimal("0.1"), "分钱": Decimal("0.01")}.get(unit, Decimal(1))
        if match[3] and unit in ("块", "元", "块钱"):
            tenths = Decimal(5) if match[3] == "半" else Decimal(_number(match[3]))
            yuan += tenths / 10
        yield Slot(SlotKind.AMOUNT, _spell(yuan), match[0], match.start(), match.end())


def _energies(text: str, _: date) -> Iterator[Slot]:
    yield from _quantities(_ENERGY, SlotKind.ENERGY, text)


def _capacities(text: str, _: date) -> Iterator[Slot]:
    for match in _CAPACITY.finditer(text):
        value = read_numeral(match[1])
        if value is not None:
            unit = "kVA" if match[2] in ("千伏安", "kva") else "kW"
            yield Slot(SlotKind.CAPACITY, f"{_spell(value)} {unit}", match[0], match.start(), match.end())


def _persons(text: str, _: date) -> Iterator[Slot]:
    yield from _quantities(_PERSONS, SlotKind.PERSONS, text)


def _quantities(pattern: re.Pattern[str], kind: SlotKind, text: str) -> Iterator[Slot]:
    for match in pattern.finditer(text):
        value = read_numeral(match[1])
        if value is not None:
            yield Slot(kind, _spell(value), match[0], match.start(), match.end())


def _devices(text: str, _: date) -> Iterator[Slot]:
    for match in _device().finditer(text):
        yield Slot(SlotKind.DEVICE, match[0], match[0], match.start(), match.end())


def _number(written: str) -> int:
    return int(read_numeral(written) or 0)


def _spell(value: Decimal) -> str:
    return f"{value.normalize():f}"
