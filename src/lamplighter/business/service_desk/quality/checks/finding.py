"""What every check works with: a conversation, the rubric, and a way to say where something is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from lamplighter.base.messages import text
from lamplighter.business.service_desk.quality.records import Deduction, Dialogue, Span, Turn, Unjudged
from lamplighter.business.service_desk.quality.rubric import Rubric

_QUOTED: Final = re.compile(
    r"[“\"‘'「『][^”\"’'」』]{1,60}[”\"’'」』]"
    r"|(?:您|他|她|客户)(?:刚才|刚刚|之前|上次|前面|方才)?(?:也)?(?:反映|说|讲|提到|提的|觉得|认为|听到|听见|描述)(?:的|了|过)?(?:是|,|:|有人|他们|工作人员|营业员|对方)?[^,。!?]{0,24}"
)


@dataclass
class Case:
    """A conversation under inspection.

    Attributes:
        dialogue: the conversation.
        rubric: what it is held to.
        deductions, unjudged: what was found so far.
    """

    dialogue: Dialogue
    rubric: Rubric
    deductions: list[Deduction] = field(default_factory=list)
    unjudged: list[Unjudged] = field(default_factory=list)

    @property
    def is_chat(self) -> bool:
        """Whether the contact was written."""
        return self.dialogue.channel.lower() in self.rubric.limits.chat_channels

    def deduct(self, check: str, turn: Turn | None, *, found: re.Match[str] | None = None, **fields: Any) -> None:
        """Note a breach of a check at a turn; without words found the span is the whole turn."""
        if found is not None:
            span = Span(found.start(), found.end(), found[0])
        else:
            span = Span(0, len(turn.plain), turn.plain) if turn else Span(0, 0, "")
        reason = text(f"service_desk.rubric.reason.{check}", **{"words": span.words, **fields})
        points = self.rubric.points(check)
        self.deductions.append(Deduction(check, turn.i if turn else None, points, reason, span, fields))

    def cannot_judge(self, item: str, why: str) -> None:
        """Note that an item cannot be judged."""
        self.unjudged.append(Unjudged(item, text(f"service_desk.rubric.unjudged.{why}"), why))


def without_quotes(plain: str) -> str:
    """Return a text with what is quoted of somebody else blanked out, as long as before.

    Example:
        >>> without_quotes('您说"没办法",我来查')
        '□□□□□□□,我来查'
    """
    return _QUOTED.sub(lambda quote: "□" * len(quote[0]), plain)
