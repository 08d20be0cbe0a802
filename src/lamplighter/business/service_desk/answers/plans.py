"""What is looked up for each intent, and when a person answers: data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from lamplighter.methods.language.writing import plain_writing


@dataclass(frozen=True, slots=True)
class Plan:
    """How an intent is answered.

    Attributes:
        tool: method of the port; empty for clauses alone.
        is_of_account: whether it tells of an account, so that identity comes first.
        person: reason a person takes over in any case; empty when none does.
        ticket: class of the ticket a hand-over opens.
    """

    tool: str = ""
    is_of_account: bool = False
    person: str = ""
    ticket: str = "TK-4"


@cache
def plans() -> Mapping[str, Plan]:
    """Return the plan of each intent that has one; the others are answered by clauses alone."""
    content = resources.files(__name__.rpartition(".")[0]).joinpath("plans.toml").read_text(encoding="utf-8")
    return {intent: Plan(**row) for intent, row in tomllib.loads(content)["plan"].items()}


def pleasantry(words: str) -> str:
    """Return which pleasantry words are and nothing else: ``greeting``, ``thanks``, ``farewell``; empty when none.

    Example:
        >>> pleasantry("你好！"), pleasantry("谢谢啊"), pleasantry("你好，我家停电了")
        ('greeting', 'thanks', '')
    """
    said = re.sub(r"[\s,，。.!！?？~～啊呀哦呢了的哈]", "", plain_writing(words))
    return next((kind for kind, known in _pleasantries().items() if said in known), "")


@cache
def _pleasantries() -> Mapping[str, frozenset[str]]:
    content = resources.files(__name__.rpartition(".")[0]).joinpath("pleasantries.toml").read_text(encoding="utf-8")
    return {kind: frozenset(words) for kind, words in tomllib.loads(content).items()}
