"""Planning's versioned figures: speed, length of visits, costs, levels; read once at start."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.detection.settings import Setting, newest_settings
from lamplighter.business.inspection.planning.records import Level

KV_OF = {Level.FIRST: "level.first_kv", Level.SECOND: "level.second_kv", Level.THIRD: "level.third_kv"}


class PlanSettingUnknown(LamplighterError):
    """A figure was asked for or set that the table does not have."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(text("planning.error.setting_unknown", name=name))


@dataclass(frozen=True)
class PlanSettings:
    """Everything planning may be told.

    Attributes:
        figures: by dotted name.
        version: name and fingerprint of the table, kept with every plan.
    """

    figures: Mapping[str, Setting]
    version: str

    def number(self, name: str) -> float:
        """Return the figure called ``name``.

        Raises:
            PlanSettingUnknown: the table has none.

        Example:
            >>> default_plan_settings().number("crew.most_visits")
            8.0
        """
        if name not in self.figures:
            raise PlanSettingUnknown(name)
        return self.figures[name].value

    def service_minutes(self, checks: Iterable[str]) -> float:
        """Return how long a visit takes: the longest of its checks, which are done together.

        Args:
            checks: codes of detection; none = an ordinary visit.

        Example:
            >>> default_plan_settings().service_minutes(["seals", "meter_test"])
            60.0
        """
        return max((self.number(f"service.{check}") for check in checks), default=self.number("service.visit"))

    def levels_for(self, supply_kv: float) -> frozenset[Level]:
        """Return the levels that may inspect at a supply voltage.

        Example:
            >>> sorted(default_plan_settings().levels_for(10.0))
            [<Level.FIRST: '1'>, <Level.SECOND: '2'>]
        """
        return frozenset(level for level, name in KV_OF.items() if supply_kv <= self.number(name))

    def with_values(self, values: Mapping[str, float]) -> PlanSettings:
        """Return the settings with a company's own figures; the version tells them apart.

        Raises:
            PlanSettingUnknown: a name the table does not have.

        Example:
            >>> default_plan_settings().with_values({"travel.speed_kmh": 22.0}).number("travel.speed_kmh")
            22.0
        """
        for name in values:
            self.number(name)
        figures = {**self.figures, **{name: replace(self.figures[name], value=each) for name, each in values.items()}}
        own = hashlib.sha256(repr(sorted((name, each.value) for name, each in figures.items())).encode())
        return PlanSettings(figures, f"{self.version.partition('/')[0]}/{own.hexdigest()[:6]}")


def read_plan_settings(*, on: date) -> PlanSettings:
    """Return the figures that hold on a day."""
    table = files("lamplighter.business.inspection.planning").joinpath("planning.toml").read_text(encoding="utf-8")
    fingerprint = hashlib.sha256(table.encode()).hexdigest()[:8]
    return PlanSettings(newest_settings(tomllib.loads(table)["setting"], on=on), f"planning {fingerprint}")


@cache
def default_plan_settings() -> PlanSettings:
    """Return the newest figures that ship with the package."""
    return read_plan_settings(on=date.max)
