"""An OpenAI-compatible endpoint may put an answer into other words: it decides nothing, adds nothing."""

from __future__ import annotations

import json
import logging
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from lamplighter.business.service_desk.figures import figures_in, unsupported_figures
from lamplighter.business.service_desk.records import Figure

log = logging.getLogger(__name__)

_TASK: Final = (
    "把下面的答复改写得更自然、简短。不得增加、删除或改变任何数字、日期、时限、条款和承诺，不得回答别的内容。"
)


class Phraser(Protocol):
    """Puts a finished answer into other words."""

    def phrase(self, draft: str) -> str: ...


@dataclass(frozen=True, slots=True)
class EndpointPhraser:
    """Asks an OpenAI-compatible endpoint. It sees the finished answer alone: neither the question nor any account.

    Args:
        base_url: such as ``http://127.0.0.1:8080/v1``.
        model: its name there.
        key: sent as bearer when given.
        seconds: how long it may take.
    """

    base_url: str
    model: str
    key: str = ""
    seconds: float = 8.0

    def phrase(self, draft: str) -> str:
        """Return the endpoint's words; raises OSError or ValueError when there are none."""
        messages = [{"role": "system", "content": _TASK}, {"role": "user", "content": draft}]
        body = json.dumps({"model": self.model, "temperature": 0, "messages": messages}).encode()
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"{self.base_url} is no address of an endpoint")
        asked = urllib.request.Request(f"{self.base_url.rstrip('/')}/chat/completions", body, headers)
        with urllib.request.urlopen(asked, timeout=self.seconds) as answer:
            return str(json.loads(answer.read())["choices"][0]["message"]["content"])


def phrase_safely(draft: str, *, figures: Sequence[Figure], phraser: Phraser | None) -> tuple[str, str]:
    """Return the words to say and who wrote them: the phraser's where every figure is still there and none is new.

    Args:
        draft: the finished answer.
        figures: with their sources.
        phraser: None says the draft.
    """
    if phraser is None:
        return draft, "templates"
    try:
        words = phraser.phrase(draft)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as failed:
        log.warning("service_desk.phrasing.failed", extra={"kind": type(failed).__name__})
        return draft, "templates"
    kept = {(said.value, said.unit) for said in figures_in(draft)} <= {
        (said.value, said.unit) for said in figures_in(words)
    }
    is_sound = kept and not unsupported_figures(words, allowed=figures) and 0 < len(words) <= 2 * len(draft) + 40
    return (words, "endpoint") if is_sound else (draft, "templates")
