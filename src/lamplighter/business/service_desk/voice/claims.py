"""Who somebody says he is, found in what he spoke: account, facts on file, a code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from lamplighter.business.service_desk.records import SlotKind
from lamplighter.business.service_desk.understanding.slots import find_slots

_IS: Final = r"(?:码|是|为|叫|:|,|\s){0,3}"
_TELEPHONE: Final = re.compile(
    rf"(?:电话|手机)[^\d]{{0,8}}?{_IS}(\d{{11}}|\d{{4}})(?!\d)|(?<!表号)(?:尾号|后四位){_IS}(\d{{4}})(?!\d)"
)
_METER: Final = re.compile(rf"(?:表号|电表号|表计号)(?:后四位|尾号|最后四位)?{_IS}([a-z]?\d{{4,12}})")
_NAME: Final = re.compile(
    r"(?:户名|姓名|名字|我叫|机主)(?:是|叫|为|:|,|\s){0,2}([\u4e00-\u9fff]{2,4}?)(?=[,。.、;\s]|电话|手机|地址|表号|户号|$)"
)
_CODE: Final = re.compile(rf"验证码{_IS}(\d{{6}})(?!\d)")
_BEFORE_ADDRESS: Final = re.compile(r"^.*?(?:地址|住在|家在|位于)[是在为]?")


@dataclass(frozen=True, slots=True)
class Claims:
    """What somebody said of himself.

    Attributes:
        account_id: empty where none was said.
        facts: kind -> what was said, see `Identity.check_facts`.
        code: empty where none was said.
    """

    account_id: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    code: str = ""

    @property
    def is_fact(self) -> bool:
        """Whether anything was said that proves an account."""
        return bool(self.facts or self.code)

    def joined(self, later: Claims) -> Claims:
        """Return both, the later one's where they differ; of another account nothing said before counts."""
        if later.account_id and self.account_id and later.account_id != self.account_id:
            return later
        facts = {**self.facts, **later.facts}
        return Claims(later.account_id or self.account_id, facts, later.code or self.code)


def find_claims(words: str, *, today: date) -> Claims:
    """Return what somebody says of himself.

    Args:
        words: as they were heard, numbers as figures.
        today: the day.

    Example:
        >>> found = find_claims("户号1000000248,户名王建国,电话后四位5678", today=date(2026, 3, 9))
        >>> found.account_id, dict(found.facts)
        ('1000000248', {'telephone': '5678', 'name': '王建国'})
    """
    slots = find_slots(words, today=today)
    first = {slot.kind: slot.value for slot in reversed(slots)}
    facts: dict[str, str] = {}
    if telephone := _TELEPHONE.search(words):
        facts["telephone"] = telephone[1] or telephone[2]
    if meter := _METER.search(words):
        facts["meter"] = meter[1]
    if name := _NAME.search(words):
        facts["name"] = name[1]
    if SlotKind.ADDRESS in first:
        facts["address"] = _BEFORE_ADDRESS.sub("", first[SlotKind.ADDRESS])
    code = _CODE.search(words)
    return Claims(first.get(SlotKind.ACCOUNT, ""), facts, code[1] if code else "")
