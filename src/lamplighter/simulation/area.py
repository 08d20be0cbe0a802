"""One area from loads to readings: true use, theft, power flow, meters."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.attacks import (
    CATALOGUE,
    AttackKind,
    TheftEffect,
    draw_theft,
    inject_theft,
    phase_registration,
)
from lamplighter.methods.powerflow import BatchFlow, PowerFlowDiverged, solve_batch
from lamplighter.simulation.fates import Benign, Fate, Fault
from lamplighter.simulation.loads import Surroundings, draw_solar, draw_use
from lamplighter.simulation.people import Customer, Kind
from lamplighter.simulation.plan import AreaPlan
from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


_MOST_REINFORCEMENTS = 6
"""After so many doublings of every conductor the load itself must be wrong."""


@dataclass(frozen=True, kw_only=True)
class TrueFlow:
    """What truly flows at one customer, before any meter looks at it.

    Attributes:
        customer: who.
        fate: what is out of the ordinary.
        use_kwh: what the customer uses at its own sockets, shape (days, slots).
        solar_kwh: what its roof gives, or none.
        effect: what a theft hides and adds, or none.
        phase_share: how its energy lies on the phases, shape (3,).
        reactive_ratio: var per W of use.
    """

    customer: Customer
    fate: Fate
    use_kwh: FloatArray
    solar_kwh: FloatArray | None
    effect: TheftEffect | None
    phase_share: FloatArray
    reactive_ratio: float

    @property
    def drawn_kwh(self) -> FloatArray:
        """Return what flows from the network to the customer: use and hooked-up load, less its own solar."""
        drawn = self.use_kwh if self.effect is None else self.use_kwh + self.effect.extra_kwh
        return drawn if self.solar_kwh is None else drawn - self.solar_kwh

    @property
    def stolen_kwh(self) -> FloatArray:
        """Return what is used and not registered, shape (days, slots)."""
        return np.zeros_like(self.use_kwh) if self.effect is None else self.effect.stolen_kwh

    @property
    def registered_share(self) -> FloatArray:
        """Return registered over true use, shape (days, slots); 1 where nothing is used."""
        if self.effect is None:
            return np.ones_like(self.use_kwh)
        return np.divide(
            self.effect.registered_kwh, self.use_kwh, out=np.ones_like(self.use_kwh), where=self.use_kwh > 1e-9
        )

    @property
    def phase_left(self) -> FloatArray:
        """Return what share of each phase's energy the meter still sees, shape (3,)."""
        theft = self.fate.theft
        return np.ones(3) if theft is None else phase_registration(theft=theft)


@dataclass(frozen=True, kw_only=True)
class Unmetered:
    """A load on the lines that no meter sees: a camera or lamp nobody billed, or a hook-up without contract.

    Attributes:
        kind: "hook_up" (theft by somebody without an account) or "unmetered_load" (harmless).
        node: where it hangs.
        phase: on which phase.
        kwh: what it draws, shape (days, slots).
    """

    kind: str
    node: int
    phase: int
    kwh: FloatArray


@dataclass(frozen=True, kw_only=True)
class AreaFlow:
    """The truth of an area.

    Attributes:
        plan: the area.
        flows: of each customer.
        electrical: voltages and supply.
        supply_kwh: energy that left the transformer's low side, shape (days, slots); negative when solar feeds back.
        technical_kwh: loss of the low-voltage lines alone, shape (days,).
        unmetered: loads on the lines that no meter sees.
        is_dark: when the area had no supply, shape (days, slots).
    """

    plan: AreaPlan
    flows: tuple[TrueFlow, ...]
    electrical: BatchFlow
    supply_kwh: FloatArray
    technical_kwh: FloatArray
    unmetered: tuple[Unmetered, ...]
    is_dark: BoolArray


def run_area(
    *, plan: AreaPlan, around: Surroundings, source_pu: FloatArray, is_dark: BoolArray, settings: SimulationSettings
) -> AreaFlow:
    """Return what truly happened in an area: every load, every theft, every volt.

    The supply meter hangs on the low side of the transformer, so the transformer's own loss is outside the area.
    """
    flows = tuple(
        _draw_flow(customer=customer, fate=fate, around=around, is_dark=is_dark, settings=settings)
        for customer, fate in zip(plan.customers, plan.fates, strict=True)
    )
    load_node, load_w, load_var = _sum_boxes(flows, hours=settings.interval_minutes / 60)
    hours = settings.interval_minutes / 60
    unmetered = _draw_unmetered(plan, is_dark=is_dark, settings=settings)
    for one in unmetered:
        watt = np.zeros((load_w.shape[0], 1, 3))
        watt[:, 0, one.phase] = one.kwh.ravel() * (1000 / hours)
        load_node = np.append(load_node, one.node)
        load_w, load_var = np.concatenate([load_w, watt], axis=1), np.concatenate([load_var, 0.3 * watt], axis=1)
    plan, electrical = solve_area(plan, load_node=load_node, load_w=load_w, load_var=load_var, source_pu=source_pu)
    shape = (settings.days, settings.slots)
    supply = (electrical.source_w.sum(axis=1) * hours / 1000).reshape(shape)
    loss = ((electrical.source_w.sum(axis=1) - load_w.sum(axis=(1, 2))) * hours / 1000).reshape(shape)
    return AreaFlow(
        plan=plan,
        flows=flows,
        electrical=electrical,
        supply_kwh=supply,
        technical_kwh=loss.sum(axis=1),
        unmetered=unmetered,
        is_dark=is_dark,
    )


def solve_area(
    plan: AreaPlan, *, load_node: npt.NDArray[np.int64], load_w: FloatArray, load_var: FloatArray, source_pu: FloatArray
) -> tuple[AreaPlan, BatchFlow]:
    """Return the flow, and the plan reinforced as often as it takes to carry the load.

    Loads are drawn after the network was planned, as in life: where they coincide worse than planned, a company builds.
    """
    for _ in range(_MOST_REINFORCEMENTS):
        try:
            return plan, solve_batch(
                network=plan.layout.network(plan.transformer),
                load_node=load_node,
                load_w=load_w,
                load_var=load_var,
                source_pu=source_pu,
            )
        except PowerFlowDiverged:
            plan = replace(plan, layout=plan.layout.reinforced())
    raise PowerFlowDiverged(load_w.shape[0], f"area {plan.area_id} was reinforced {_MOST_REINFORCEMENTS} times")


def _draw_unmetered(plan: AreaPlan, *, is_dark: BoolArray, settings: SimulationSettings) -> tuple[Unmetered, ...]:
    rng = open_stream(seed=settings.seed, purpose="unmetered", number=plan.number)
    found: list[Unmetered] = []
    has_camera, has_hook_up = rng.uniform(size=2) < (0.1, settings.theft_rate)
    poles = np.flatnonzero(~plan.layout.is_service) + 1
    if has_camera:
        kwh = np.full(is_dark.shape, float(rng.uniform(0.04, 0.25)) * settings.interval_minutes / 60)
        found.append(_place_unmetered("unmetered_load", kwh=kwh, poles=poles, is_dark=is_dark, rng=rng))
    if has_hook_up:
        level = np.full(is_dark.shape, float(rng.uniform(0.4, 1.6)) * settings.interval_minutes / 60)
        theft = draw_theft(kind=AttackKind.HOOK_UP, wiring="1P", days=settings.days, slots=settings.slots, rng=rng)
        kwh = inject_theft(theft=theft, true_kwh=level).extra_kwh
        found.append(_place_unmetered("hook_up", kwh=kwh, poles=poles, is_dark=is_dark, rng=rng))
    return tuple(found)


def _place_unmetered(
    kind: str, *, kwh: FloatArray, poles: npt.NDArray[np.int64], is_dark: BoolArray, rng: np.random.Generator
) -> Unmetered:
    kwh = np.where(is_dark, 0.0, kwh)
    return Unmetered(kind=kind, node=int(rng.choice(poles)), phase=int(rng.integers(0, 3)), kwh=kwh)


def _draw_flow(
    *, customer: Customer, fate: Fate, around: Surroundings, is_dark: BoolArray, settings: SimulationSettings
) -> TrueFlow:
    rng = open_stream(seed=settings.seed, purpose="loads", number=customer.number)
    hours = settings.interval_minutes / 60
    use = draw_use(customer=customer, fate=fate, around=around, rng=rng).astype(np.float64) * hours
    solar = draw_solar(customer=customer, fate=fate, around=around, rng=rng)
    use[is_dark] = 0.0
    if solar is not None:
        solar[is_dark] = 0.0
    if customer.phase >= 0:
        share = np.eye(3)[customer.phase]
    else:
        share = rng.dirichlet((14.0, 14.0, 14.0)) if customer.kind is not Kind.SOLAR_PLANT else np.full(3, 1 / 3)
    effect = None
    if fate.theft is not None:
        effect = inject_theft(theft=fate.theft, true_kwh=use, phase_share=(share[0], share[1], share[2]))
    return TrueFlow(
        customer=customer,
        fate=fate,
        use_kwh=use,
        solar_kwh=None if solar is None else solar.astype(np.float64) * hours,
        effect=effect,
        phase_share=share,
        reactive_ratio=float(np.tan(np.arccos(customer.power_factor))),
    )


def _sum_boxes(flows: tuple[TrueFlow, ...], *, hours: float) -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray]:
    """Return the loaded nodes, and W and var of each by step and phase."""
    nodes = np.unique([flow.customer.node for flow in flows])
    steps = flows[0].use_kwh.size
    watt = np.zeros((steps, nodes.size, 3))
    var = np.zeros_like(watt)
    for flow in flows:
        place = int(np.searchsorted(nodes, flow.customer.node))
        drawn = flow.drawn_kwh.ravel() * (1000 / hours)
        use = drawn if flow.solar_kwh is None else drawn + flow.solar_kwh.ravel() * (1000 / hours)
        for phase in np.flatnonzero(flow.phase_share):
            watt[:, place, phase] += drawn * flow.phase_share[phase]
            var[:, place, phase] += use * (flow.phase_share[phase] * flow.reactive_ratio)
    return nodes, watt, var


def is_current_hidden(flow: TrueFlow) -> bool:
    """Return whether the thief's meter sees less current together with less energy."""
    return flow.fate.theft is not None and CATALOGUE[flow.fate.theft.kind].hides_current


def lost_voltage_phases(flow: TrueFlow) -> tuple[npt.NDArray[np.bool_], int]:
    """Return the phases whose voltage the meter does not see, shape (3,), and the day from which."""
    theft = flow.fate.theft
    if theft is not None and theft.kind is AttackKind.DEAD_PHASE_VOLTAGE:
        return phase_registration(theft=theft) < 0.5, theft.onset_day
    if flow.fate.fault is not None and flow.fate.fault[0] is Fault.PHASE_VOLTAGE_LOST:
        spell = flow.fate.fault[1]
        lost = np.zeros(3, dtype=np.bool_)
        lost[int(spell.strength * 3)] = True
        return lost, spell.onset_day
    return np.zeros(3, dtype=np.bool_), 0


def has_reverse_register(customer: Customer, fate: Fate) -> bool:
    """Return whether the customer's meter counts what is fed in."""
    return customer.kind is Kind.SOLAR_PLANT or Benign.SOLAR in fate.benign
