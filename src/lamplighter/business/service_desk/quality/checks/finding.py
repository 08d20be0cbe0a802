"""What every check works with: a conversation, the rubric, and a way to say where something is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

from lamplighter.base.messages import text
from lamplighter.business.service_desk.quality.known import Known
from lamplighter.business.service_desk.quality.records import Deduction, Dialogue, Span, Turn, Unjudged
from lamplighter.business.service_desk.quality.rubric import Rubric
from lamplighter.business.service_desk.understanding.intents import intents

_QUOTED: Final = re.compile(
    r"[“\"‘'「『][^”\"’'」』]{1,60}[”\"’'」』]"
    r"|(?<![请让跟给对向为和烦帮])(?:您|他|她|客户)(?:刚才|刚刚|之前|上次|前面|方才)?(?:也)?(?:反映|说|讲|提到|提的|觉得|认为|听到|听见|描述)(?!一?下|一遍|的话|说)"
    r"(?:的|了|过)?(?:是|,|:|有人|他们|工作人员|营业员|对方)?[^,。!?“\"‘'「『]{0,24}"
)


class HeldTo(Protocol):
    """What a contact is held to: it says what a breach of each of its checks costs."""

    def points(self, check: str) -> float:
        """Return what a breach costs, by the full code of the check."""
        ...


_R = TypeVar("_R", bound=HeldTo)


@dataclass
class Findings(Generic[_R]):
    """A contact under inspection, and what was found of it so far.

    Attributes:
        dialogue: what was said or written down.
        rubric: what it is held to.
        deductions, unjudged: what was found so far.
    """

    dialogue: Dialogue
    rubric: _R
    deductions: list[Deduction] = field(default_factory=list)
    unjudged: list[Unjudged] = field(default_factory=list)

    def deduct(self, check: str, turn: Turn | None, *, found: re.Match[str] | None = None, **fields: Any) -> None:
        """Note a breach of a check at a turn; without words found the span is the whole turn."""
        if found is not None:
            span = Span(found.start(), found.end(), found[0])
        else:
            span = Span(0, len(turn.plain), turn.plain) if turn else Span(0, 0, "")
        reason = reason_of(check, words=span.words, fields=fields)
        points = self.rubric.points(check)
        self.deductions.append(Deduction(check, turn.i if turn else None, points, reason, span, fields))

    def cannot_judge(self, item: str, why: str) -> None:
        """Note that an item cannot be judged."""
        self.unjudged.append(Unjudged(item, text(f"service_desk.rubric.unjudged.{why}"), why))


@dataclass
class Case(Findings[Rubric]):
    """A conversation under inspection; ``known`` is what was true of the rules when it was held."""

    known: Known = field(kw_only=True)
    _own: dict[int, str] = field(default_factory=dict, init=False, repr=False)

    def own(self, turn: Turn) -> str:
        """Return what a turn says itself, without what it quotes; several checks ask, it is worked out once."""
        found = self._own.get(id(turn))
        if found is None:
            found = self._own[id(turn)] = without_quotes(turn.plain)
        return found

    @property
    def is_chat(self) -> bool:
        """Whether the contact was written."""
        return self.dialogue.channel.lower() in self.rubric.limits.chat_channels


def reason_of(check: str, *, words: str, fields: Mapping[str, Any]) -> str:
    """Return the reason of a deduction in the reader's language; codes among its fields are said as their names.

    Args:
        check: its full code.
        words: the words that are wrong.
        fields: what the sentence is filled with; ``intent`` holds a code.
    """
    said = dict(fields)
    if "intent" in said:
        said["intent"] = intents()[said["intent"]].name
    return text(f"service_desk.rubric.reason.{check}", **{"words": words, **said})


def without_quotes(plain: str) -> str:
    """Return a text with what is quoted of somebody else blanked out, as long as before.

    Example:
        >>> without_quotes('您说"没办法",我来查')
        '□□□□□□□,我来查'
    """
    return _QUOTED.sub(lambda quote: "□" * len(quote[0]), plain)
