"""The brief's versioned figures: what counts as trustworthy at a glance, and how much the page carries."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Setting:
    """One versioned figure with where it comes from."""

    rule_id: str
    name: str
    version: str
    valid_from: date
    value: float
    unit: str
    source: str
    evidence: str

    @property
    def needs_confirmation(self) -> bool:
        """A default of ours that the company should confirm."""
        return self.evidence in ("M-L", "P")


@dataclass(frozen=True)
class BriefSettings:
    """All figures by name.

    Example:
        >>> default_settings().count("card_count")
        40
    """

    settings: Mapping[str, Setting]

    def setting(self, name: str) -> Setting:
        """Return the figure called ``name`` with its source."""
        return self.settings[name]

    def number(self, name: str) -> float:
        """Return the figure called ``name``."""
        return self.settings[name].value

    def count(self, name: str) -> int:
        """Return the figure called ``name`` where it counts something."""
        return int(self.settings[name].value)


@cache
def default_settings() -> BriefSettings:
    """Return the figures that ship with the package."""
    rows = tomllib.loads(resources.files(__package__).joinpath("brief.toml").read_text(encoding="utf-8"))["setting"]
    return BriefSettings(settings=MappingProxyType({row["name"]: Setting(**row) for row in rows}))
