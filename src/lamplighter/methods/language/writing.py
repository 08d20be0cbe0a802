"""One way of writing: widths, Traditional characters, stretched letters and stray signs made alike."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any, Final

_STRETCHED: Final = re.compile(r"(.)\1{2,}")
_SPACE: Final = re.compile(r"\s+")
# Zero-width signs and direction marks: seen by nobody, and a way to hide a word from a list.
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def plain_writing(text: str) -> str:
    """Return the text in simplified characters, half width, lower case, a sign at most twice in a row.

    Digits are left as often as they stand: an account may have three zeros.

    Example:
        >>> plain_writing("我家電費怎麼突然這麼高？？？？ ＯＫ")
        '我家电费怎么突然这么高?? ok'
        >>> plain_writing("户号 1000045")
        '户号 1000045'
    """
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    simple = seen if seen.isascii() else _converter().convert(seen)
    tidy = _SPACE.sub(" ", simple.lower()).strip()
    return _STRETCHED.sub(lambda run: run[0] if run[1].isdigit() else run[1] * 2, tidy)
