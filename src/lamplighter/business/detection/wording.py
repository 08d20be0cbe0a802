"""Sentences on a list that every door says alike."""

from __future__ import annotations

from collections.abc import Mapping

from lamplighter.base.messages import Language, text
from lamplighter.business.detection.records import Depth


def say_depths(depths: Mapping[str, int], *, in_language: Language | None = None) -> str:
    """Return the sentence on what a list rests on: its one depth of data, or how many accounts have which.

    Accounts without any data, such as plants that only feed in, do not make a list a mixed one; they are counted
    beside.

    Args:
        depths: word of the depth -> accounts.
        in_language: language to use instead of the usual one.

    Example:
        >>> say_depths({"daily": 60, "monthly": 900}, in_language="zh")
        '名单所依据的数据：日冻结示数 60 户；月电费 900 户。'
        >>> say_depths({"monthly": 900}, in_language="zh").partition("：")[0]
        '名单仅依据月电费'
    """
    with_data = [word for word in depths if word != Depth.ARCHIVE.value]
    if len(with_data) <= 1:
        sentence = text(f"detection.rests_on.{next(iter(with_data), Depth.ARCHIVE.value)}", in_language=in_language)
        if not with_data or Depth.ARCHIVE.value not in depths:
            return sentence
        without = text("detection.list.without_data", in_language=in_language, count=depths[Depth.ARCHIVE.value])
        return sentence + without
    parts = [
        text(
            "detection.list.depth",
            in_language=in_language,
            depth=text(f"detection.depth.{word}", in_language=in_language),
            count=count,
        )
        for word, count in depths.items()
    ]
    joined = text("detection.list.join", in_language=in_language).join(parts)
    return text("detection.list.depths", in_language=in_language, parts=joined)
