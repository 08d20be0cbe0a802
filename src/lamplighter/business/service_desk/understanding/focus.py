"""What somebody asks, inside what he says: matters he sets aside go, the one he names as his question counts twice."""

from __future__ import annotations

import re
from typing import Final

_CLAUSES: Final = re.compile(r"[,;。!?…~\n]+|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_SET_ASIDE: Final = re.compile(
    r"^(?:我|俺|额|咱)?(?:也|又|可|倒|并)?(?:"
    r"不是(?:说|问|要|来|嫌|怀疑|想)?(?!.{0,12}(?:怎么|怎样|能不能|可以|咋|吗$|么$|不$))|不(?:问|怀疑|谈|是说)|没说|"
    r"(?:请|你)?(?:别|莫|不要|不用|不必)(?:再)?(?:跟我|给我)?(?:讲|说|解释|提)|(?:先|暂)不(?:说|问|讲|谈|提|考虑)|不考虑|不打算)"
    r"|(?:先不说|先不谈|回头再[谈说讲]|以后再[谈说讲]|我(?:也)?(?:懂|晓得|知道|清楚)了?)$"
)
_ASKED: Final = re.compile(
    r"(?:主要|只|就|先|单)(?:是)?(?:想|要)?问|问的是|[只就](?:是)?(?:想|要)?(?:知道|晓得|弄清)|我是说|只关心"
)
_LEAST: Final = 4


def asked_in(text: str) -> str:
    """Return a text without the clauses that set something aside, the clause of its question said twice.

    Args:
        text: in one way of writing.

    Example:
        >>> asked_in("不是销户,是转给下家"), asked_in("不是销户")
        ('是转给下家', '不是销户')
        >>> asked_in("停电我晓得,只问几点来电")
        '只问几点来电 只问几点来电'
    """
    clauses = [clause.strip() for clause in _CLAUSES.split(text) if clause.strip()]
    left = [clause for clause in clauses if not _SET_ASIDE.search(clause)]
    if sum(map(len, left)) < _LEAST:
        return text
    asked = [clause for clause in left if _ASKED.search(clause)]
    if len(left) == len(clauses) and not asked:
        return text
    return " ".join([",".join(left), *asked])
