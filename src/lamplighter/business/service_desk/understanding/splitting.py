"""One message with several questions, taken apart."""

from __future__ import annotations

import re
from typing import Final

_ENDS: Final = re.compile(r"[?!。;\n]+|(?<=[吗呢嘛么])[,、 ]+")
_AND: Final = re.compile(
    r"[,、 ]*(?:另外|还有(?=一个|个|就是|件|,|我|你|怎|想|那)|顺便(?:再)?(?:问|说|查|帮)?(?:一?下|一句)?|"
    r"再问(?:一?下|一句)?|再就是|对了|第[二三][,、个]?|其次|以及|and also|also,? )[,、: ]*"
)
_LEAST_CHARACTERS: Final = 4


def joins_questions(text: str) -> bool:
    """Tell whether somebody says himself that he asks one thing and then another.

    Example:
        >>> joins_questions("怎么停电了,另外发票怎么开"), joins_questions("停电了吗,什么时候来")
        (True, False)
    """
    return any(match.start() > 0 for match in _AND.finditer(text))


def split_questions(text: str) -> tuple[str, ...]:
    """Return the questions of a text in their order; one that stays whole comes back alone.

    Example:
        >>> split_questions("我家怎么停电了?另外上个月电费多少")
        ('我家怎么停电了', '上个月电费多少')
    """
    parts = [part.strip(" ,、") for chunk in _ENDS.split(text) for part in _AND.split(chunk)]
    long_enough = [part for part in parts if len(part) >= _LEAST_CHARACTERS]
    return tuple(long_enough) if len(long_enough) > 1 else (text,)
