"""What is looked up for each intent, and when a person answers: data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


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
