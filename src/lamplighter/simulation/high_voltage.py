"""The 10 kV side of a feeder: customers with a transformer of their own, and the line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.attacks import TheftEffect, draw_kind, draw_theft, inject_theft
from lamplighter.methods.powerflow import Network, solve_batch
from lamplighter.simulation.area import AreaFlow
from lamplighter.simulation.fates import Fate
from lamplighter.simulation.grid import Transformer, make_transformer, read_conductors
from lamplighter.simulation.loads import Surroundings
from lamplighter.simulation.people import Kind, account_number
from lamplighter.simulation.plan import NUMBERS_PER_AREA
from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings
from lamplighter.simulation.shapes import draw_shape

FloatArray = npt.NDArray[np.float64]

NUMBERS_PER_FEEDER = 20
_FEEDER_SLOT = 19
_RATED_V = 10_000.0
_SHORT_CIRCUIT_VA = 200e6
_HIGH_RATINGS = (5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300)
_LOW_RATINGS = (200, 300, 400, 500, 600, 800, 1000, 1200)


@dataclass(frozen=True, kw_only=True)
class HighCustomer:
    """A 10 kV customer.

    Attributes:
        number: number its ids are made from.
        transformer: its own.
        is_metered_low: metered on the low side of its transformer (高供低计), whose loss it does not see.
        mean_kw: its mean use.
        power_factor: cos φ.
        fate: theft, if any.
        ct_ratio: of its current transformers.
        node: its place on the feeder.
    """

    number: int
    transformer: Transformer
    is_metered_low: bool
    mean_kw: float
    power_factor: float
    fate: Fate
    ct_ratio: float
    node: int

    @property
    def account_id(self) -> str:
        """Return the account number."""
        return account_number(self.number)

    @property
    def pt_ratio(self) -> float:
        """Return the ratio of its voltage transformers: 10 kV / 100 V, or none on the low side."""
        return 1.0 if self.is_metered_low else 100.0


@dataclass(frozen=True, kw_only=True)
class HighFlow:
    """What truly flows at a 10 kV customer.

    Attributes:
        customer: who.
        use_kwh: use at the low side, shape (days, slots).
        effect: of a theft, or none.
        transformer_kwh: loss of its transformer, shape (days, slots).
    """

    customer: HighCustomer
    use_kwh: FloatArray
    effect: TheftEffect | None
    transformer_kwh: FloatArray

    @property
    def drawn_kwh(self) -> FloatArray:
        """Return what flows from the 10 kV line, shape (days, slots)."""
        extra = 0.0 if self.effect is None else self.effect.extra_kwh
        return self.use_kwh + extra + self.transformer_kwh

    @property
    def passing_kwh(self) -> FloatArray:
        """Return what an honest meter at this customer's metering point would count, theft taken off."""
        registered = self.use_kwh if self.effect is None else self.effect.registered_kwh
        return registered if self.customer.is_metered_low else registered + self.transformer_kwh


@dataclass(frozen=True, kw_only=True)
class FeederFlow:
    """The truth of a feeder.

    Attributes:
        supply_kwh: energy at the substation, shape (days, slots); negative when solar feeds back.
        supply_kvarh: reactive energy there, same shape.
        line_kwh: loss of the 10 kV line, shape (days, slots).
        transformer_kwh: loss of all transformers on it, shape (days, slots).
        voltage_v: phase voltage at each node, shape (intervals, nodes).
        from_node: upstream node of each line, shape (lines,); nodes 1 … are the areas, then the 10 kV customers.
        length_m: of each line, shape (lines,).
    """

    supply_kwh: FloatArray
    supply_kvarh: FloatArray
    line_kwh: FloatArray
    transformer_kwh: FloatArray
    voltage_v: FloatArray
    from_node: npt.NDArray[np.int64]
    length_m: FloatArray


def feeder_meter_number(*, feeder: int, settings: SimulationSettings) -> int:
    """Return the number the feeder meter's asset number is made from."""
    return _first_number(feeder, settings) + _FEEDER_SLOT


def _first_number(feeder: int, settings: SimulationSettings) -> int:
    return settings.areas * NUMBERS_PER_AREA + feeder * NUMBERS_PER_FEEDER


def draw_high_customers(*, feeder: int, areas: int, settings: SimulationSettings) -> tuple[HighCustomer, ...]:
    """Return the 10 kV customers of a feeder; they hang behind its areas, in turn."""
    rng = open_stream(seed=settings.seed, purpose="high", number=feeder)
    return tuple(
        _draw_high_customer(number=_first_number(feeder, settings) + k, node=areas + 1 + k, settings=settings, rng=rng)
        for k in range(int(rng.integers(2, 5)))
    )


def _draw_high_customer(
    *, number: int, node: int, settings: SimulationSettings, rng: np.random.Generator
) -> HighCustomer:
    transformer = make_transformer(rated_kva=float(rng.choice([160, 200, 250, 315, 400, 500, 630])), rng=rng)
    is_low = transformer.rated_kva <= 400 and bool(rng.uniform() < 0.75)
    rated_a = transformer.rated_kva / (1.732 * (0.4 if is_low else 10.0))
    ratings = _LOW_RATINGS if is_low else _HIGH_RATINGS
    theft = None
    if float(rng.uniform()) < settings.theft_rate:
        kind = draw_kind(wiring="CT", rng=rng)
        theft = draw_theft(
            kind=kind, wiring="CT", days=settings.days, slots=settings.slots, rng=rng, subtlety=settings.subtlety
        )
    return HighCustomer(
        number=number,
        transformer=transformer,
        is_metered_low=is_low,
        mean_kw=transformer.rated_kva * float(rng.uniform(0.08, 0.3)),
        power_factor=float(rng.uniform(0.86, 0.96)),
        fate=Fate(theft=theft),
        ct_ratio=next((r for r in ratings if r >= rated_a), ratings[-1]) / 5,
        node=node,
    )


def run_high_customer(
    *, customer: HighCustomer, around: Surroundings, is_dark: npt.NDArray[np.bool_], settings: SimulationSettings
) -> HighFlow:
    """Return what truly flows at a 10 kV customer: shifts, machines, its transformer's loss."""
    rng = open_stream(seed=settings.seed, purpose="loads", number=customer.number)
    kind = Kind.WORKSHOP if float(rng.uniform()) < 0.7 else Kind.SHOP
    shape = draw_shape(kind=kind, calendar=around.calendar, slots=settings.slots, rng=rng).astype(np.float64)
    hours = settings.interval_minutes / 60
    noise = np.exp(rng.normal(0, 0.04, shape.shape) + rng.normal(0, 0.08, (shape.shape[0], 1)))
    use = np.minimum(customer.mean_kw * shape * noise, 0.9 * customer.transformer.rated_kva) * hours
    use[is_dark] = 0.0
    effect = None
    if customer.fate.theft is not None:
        effect = inject_theft(theft=customer.fate.theft, true_kwh=use)
    through = use if effect is None else use + effect.extra_kwh
    loss = transformer_loss_kwh(
        kva=through / hours / customer.power_factor, transformer=customer.transformer, hours=hours
    )
    loss[is_dark] = 0.0
    return HighFlow(customer=customer, use_kwh=use, effect=effect, transformer_kwh=loss)


def transformer_loss_kwh(*, kva: FloatArray, transformer: Transformer, hours: float) -> FloatArray:
    """Return a transformer's loss in each interval: no-load loss, and load loss by the square of the load.

    Example:
        A 100 kVA transformer (150 W, 1580 W) at rated load for an hour:

        >>> one = Transformer(series="S13", rated_kva=100.0, no_load_w=150.0, load_w=1580.0)
        >>> transformer_loss_kwh(kva=np.array([100.0]), transformer=one, hours=1.0).tolist()
        [1.73]
    """
    watt = transformer.no_load_w + transformer.load_w * (kva / transformer.rated_kva) ** 2
    return np.asarray(watt * hours / 1000)


def run_feeder_line(
    *,
    feeder: int,
    areas: list[AreaTotals],
    high: tuple[HighFlow, ...],
    bus_pu: FloatArray,
    settings: SimulationSettings,
) -> FeederFlow:
    """Return the power flow of the 10 kV line over the areas and the 10 kV customers."""
    rng = open_stream(seed=settings.seed, purpose="line", number=feeder)
    loads = len(areas) + len(high)
    length = rng.uniform(350, 1100, loads)
    # Areas in a row on the main line; each 10 kV customer on a branch of it.
    from_node = np.array([*range(len(areas)), *(int(k) for k in rng.integers(0, len(areas) + 1, len(high)))])
    conductor = read_conductors()["feeder"][0]
    hours = settings.interval_minutes / 60
    network = Network(
        from_node=from_node.astype(np.int64),
        ohm=length / 1000 * conductor.ohm_per_km,
        reactance_ohm=length / 1000 * conductor.reactance_ohm_per_km,
        rated_v=_RATED_V,
        short_circuit_va=_SHORT_CIRCUIT_VA,
        neutral_ratio=0.0,
    )
    kw = [(one.supply_kwh + one.transformer_kwh).ravel() / hours for one in areas]
    kw += [one.drawn_kwh.ravel() / hours for one in high]
    kvar = [one.supply_kvarh.ravel() / hours for one in areas]
    kvar += [one.use_kwh.ravel() / hours * np.tan(np.arccos(one.customer.power_factor)) for one in high]
    watt = np.repeat(np.stack(kw, axis=1)[:, :, None] * (1000 / 3), 3, axis=2)
    var = np.repeat(np.stack(kvar, axis=1)[:, :, None] * (1000 / 3), 3, axis=2)
    flow = solve_batch(network=network, load_node=np.arange(1, loads + 1), load_w=watt, load_var=var, source_pu=bus_pu)
    shape = (settings.days, settings.slots)
    supply = flow.source_w.sum(axis=1) * hours / 1000
    line = supply - watt.sum(axis=(1, 2)) * hours / 1000
    lost = [*(one.transformer_kwh for one in areas), *(one.transformer_kwh for one in high)]
    return FeederFlow(
        supply_kwh=supply.reshape(shape),
        supply_kvarh=(flow.source_var.sum(axis=1) * hours / 1000).reshape(shape),
        line_kwh=line.reshape(shape),
        transformer_kwh=np.sum(lost, axis=0),
        voltage_v=flow.voltage_v[:, :, 0],
        from_node=network.from_node,
        length_m=length,
    )


@dataclass(frozen=True, kw_only=True)
class AreaTotals:
    """What is kept of an area for the feeder: supply at the low side and the loss of its transformer, (days, slots)."""

    supply_kwh: FloatArray
    supply_kvarh: FloatArray
    transformer_kwh: FloatArray


def sum_area_totals(flow: AreaFlow, *, settings: SimulationSettings) -> AreaTotals:
    """Return the totals of an area that the feeder's line carries."""
    hours = settings.interval_minutes / 60
    shape = flow.supply_kwh.shape
    kvarh = (flow.electrical.source_var.sum(axis=1) * hours / 1000).reshape(shape)
    loss = transformer_loss_kwh(
        kva=np.hypot(flow.supply_kwh, kvarh) / hours, transformer=flow.plan.transformer, hours=hours
    )
    loss[flow.is_dark] = 0.0
    return AreaTotals(supply_kwh=flow.supply_kwh, supply_kvarh=kvarh, transformer_kwh=loss)
