"""Customers: who they are, how they are wired, how much they use."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

_PRIME = 9_999_999_967  # the largest prime of ten digits: n ↦ a·n mod p gives each customer a number of its own
_SURNAMES = tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任")
_GIVEN = tuple("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国文海波宁云山春梅雪松林志永新德福庆安康乐")


class Kind(StrEnum):
    """What a customer is."""

    HOME = "home"
    SHOP = "shop"
    WORKSHOP = "workshop"
    FARM = "farm"
    LIGHTING = "lighting"
    TELECOM = "telecom"
    SOLAR_PLANT = "solar_plant"


@dataclass(frozen=True, kw_only=True)
class Customer:
    """One account, as it truly is.

    Attributes:
        number: its number in the whole company; ids are made from it.
        kind: what it is.
        wiring: "1P", "3P" (direct) or "CT".
        phase: 0, 1 or 2 for a single-phase customer; -1 for three phases.
        mean_kw: its mean use without look-alikes.
        contract_kw: what its contract allows.
        power_factor: cos φ of its use.
        node: the node of the network its meter box hangs on.
        box: number of the box in the area.
    """

    number: int
    kind: Kind
    wiring: str
    phase: int
    mean_kw: float
    contract_kw: float
    power_factor: float
    node: int
    box: int

    @property
    def account_id(self) -> str:
        """Return the account number (户号); it does not tell the area."""
        return account_number(self.number)


@cache
def read_population() -> dict[str, Any]:
    """Return ``data/population.toml``: mixes, sizes, prices and shares."""
    return tomllib.loads(files(__package__).joinpath("data/population.toml").read_text(encoding="utf-8"))


def account_number(number: int) -> str:
    """Return the account number made from a customer's number; it tells nothing of where the customer is.

    Example:
        >>> len(account_number(1)), account_number(1) == account_number(2)
        (10, False)
    """
    return f"{(number * 6_180_339_887 + 2_718_281_828) % _PRIME:010d}"


def meter_id(*, number: int, turn: int = 0) -> str:
    """Return the asset number of a customer's meter; ``turn`` counts exchanges.

    Example:
        >>> meter_id(number=7) != meter_id(number=7, turn=1)
        True
    """
    return f"M{((number * 4 + turn) * 7_320_508_075 + 1_414_213_562) % _PRIME:010d}"


def draw_kinds(*, character: str, count: int, rng: np.random.Generator) -> list[Kind]:
    """Return the kinds of the customers of an area; the first is always a home."""
    mix = read_population()["mix"][character]
    kinds = rng.choice(list(mix), size=count, p=np.array(list(mix.values())) / sum(mix.values()))
    return [Kind.HOME, *(Kind(str(kind)) for kind in kinds[1:])]


def draw_size(*, kind: Kind, rng: np.random.Generator) -> tuple[str, float, float, float]:
    """Return wiring, mean kW, contract kW and power factor of a customer of this kind."""
    facts = read_population()["kind"][kind.value]
    wirings = list(facts["wiring"])
    wiring = str(rng.choice(wirings, p=np.array(list(facts["wiring"].values()))))
    mean_kw = float(facts["median_kw"][wiring] * np.exp(facts["spread"] * np.clip(rng.standard_normal(), -2.2, 2.2)))
    factor = float(rng.uniform(*facts["power_factor"]))
    steps = {"1P": (4, 6, 8, 12), "3P": (10, 15, 20, 30), "CT": (40, 60, 80, 100)}[wiring]
    contract = next((step for step in steps if step >= 6.0 * mean_kw), steps[-1])
    return wiring, mean_kw, float(contract), factor


def draw_name(*, kind: Kind, rng: np.random.Generator, place: str) -> str:
    """Return an invented name: of a person, or of a business at a place."""
    person = str(rng.choice(_SURNAMES)) + "".join(str(c) for c in rng.choice(_GIVEN, size=int(rng.integers(1, 3))))
    word = "".join(str(c) for c in rng.choice(_GIVEN, size=2))
    match kind:
        case Kind.HOME | Kind.FARM | Kind.SOLAR_PLANT:
            return person
        case Kind.SHOP:
            return word + str(rng.choice(("便利店", "饭店", "理发店", "五金店", "药店", "服装店", "茶馆", "网吧")))
        case Kind.WORKSHOP:
            return word + str(
                rng.choice(("木器加工厂", "机械加工部", "塑料制品厂", "粮食加工厂", "印刷厂", "豆制品坊"))
            )
        case Kind.LIGHTING:
            return f"{place}路灯"
        case Kind.TELECOM:
            return f"{place}通信基站"
    raise AssertionError(f"no name for {kind}")


def draw_telephone(*, rng: np.random.Generator) -> str:
    """Return eleven digits that begin with 000: nobody's number."""
    return f"000{int(rng.integers(0, 10**8)):08d}"
