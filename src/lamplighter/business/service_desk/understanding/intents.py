"""The intents, read from their list."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from lamplighter.base.messages import language


@dataclass(frozen=True, slots=True)
class Intent:
    """Something a customer can want.

    Attributes:
        code: as every list, table and answer names it.
        name_zh, name_en: as people read it.
        means: what it covers; ``border`` where its neighbours begin.
    """

    code: str
    name_zh: str
    name_en: str
    means: str
    border: str

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_zh if language() == "zh" else self.name_en


@cache
def intents() -> Mapping[str, Intent]:
    """Return every intent by its code, *other* last.

    Example:
        >>> len(intents()), intents()["hazard"].name_zh
        (50, '用电危险')
    """
    content = resources.files(__name__.rpartition(".")[0]).joinpath("intents.toml").read_text(encoding="utf-8")
    return MappingProxyType({row["code"]: Intent(**row) for row in tomllib.loads(content)["intent"]})
