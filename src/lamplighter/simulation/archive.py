"""What the company's archive says: areas, lines, customers and meters, errors of the archive included."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from lamplighter.simulation.fates import Benign, Fate, Fault
from lamplighter.simulation.people import (
    Customer,
    Kind,
    draw_name,
    draw_telephone,
    meter_id,
    read_population,
)
from lamplighter.simulation.plan import (
    AreaPlan,
    FeederPlan,
    area_id,
    customer_ratio,
    feeder_id,
    recorded_customer_ratio,
)
from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings

Row = dict[str, object]

_LETTERS = ("A", "B", "C")
_METRE = 1 / 111_000  # degrees of latitude; longitude is taken alike, which is near enough at 28 degrees


def list_areas(plan: FeederPlan, *, names: dict[int, str]) -> Iterator[Row]:
    """Yield the rows of the areas file."""
    for area in plan.areas:
        yield {
            "area_id": area.area_id,
            "name": names[area.number],
            "feeder_id": feeder_id(plan.number),
            "station_id": plan.station_id,
            "kind": "public",
            "rated_kva": area.transformer.rated_kva,
            "no_load_loss_kw": area.transformer.no_load_w / 1000,
            "load_loss_kw": area.transformer.load_w / 1000,
            "longitude": area.place[0],
            "latitude": area.place[1],
        }


def list_lines(plan: FeederPlan) -> Iterator[Row]:
    """Yield the low-voltage rows of the lines file, with recorded lengths."""
    for area in plan.areas:
        layout = area.layout
        for line in range(layout.from_node.size):
            conductor = layout.conductor[line]
            yield {
                "area_id": area.area_id,
                "from_node": area.node_id(int(layout.from_node[line])),
                "to_node": area.node_id(line + 1),
                "phases": "ABCN",
                "conductor": conductor.name,
                "length_m": float(layout.recorded_length_m[line]),
                "ohm_per_km": conductor.ohm_per_km,
                "reactance_ohm_per_km": conductor.reactance_ohm_per_km,
            }


def name_areas(plan: FeederPlan, *, settings: SimulationSettings) -> dict[int, str]:
    """Return a name for each area of the feeder, by area number."""
    rng = open_stream(seed=settings.seed, purpose="area.names", number=plan.number)
    first = rng.permutation(list("东西南北上下前后新老大小"))
    last = rng.permutation(list("街巷桥村坪湾坡塘井庙园垭"))
    word = {"town": "小区", "village": "组", "street": "商业街"}
    return {
        area.number: f"{first[k % 12]}{last[(k * 5 + k // 12) % 12]}{word[area.character]}{k + 1}号台区"
        for k, area in enumerate(plan.areas)
    }


def list_customers(plan: FeederPlan, *, names: dict[int, str], settings: SimulationSettings) -> list[Row]:
    """Return the rows of the customers file, in the order of their account numbers: it must not tell the true area."""
    rows: list[Row] = []
    for area in plan.areas:
        for customer, fate in zip(area.customers, area.fates, strict=True):
            rows.append(_describe_customer(customer, fate, area=area, plan=plan, names=names, settings=settings))
    return sorted(rows, key=lambda row: str(row["account_id"]))


def _describe_customer(
    customer: Customer,
    fate: Fate,
    *,
    area: AreaPlan,
    plan: FeederPlan,
    names: dict[int, str],
    settings: SimulationSettings,
) -> Row:
    rng = open_stream(seed=settings.seed, purpose="person", number=customer.number)
    facts = read_population()["kind"][customer.kind.value]
    recorded = plan.archive[customer.number]
    # The address follows the archive; the place was taken on site by a surveyor with a hand-held receiver.
    place_name = names[recorded.area].split("号")[0]
    xy = area.layout.xy_m[customer.node] + rng.normal(0, 25.0, 2)
    opened = settings.start_on - timedelta(days=int(rng.integers(200, 5000)))
    return {
        "account_id": customer.account_id,
        "name": draw_name(kind=customer.kind, rng=rng, place=place_name),
        "class": facts["class"],
        "contract_kw": customer.contract_kw,
        "voltage_kv": 0.22 if customer.wiring == "1P" else 0.38,
        "price_class": facts["price_class"],
        "address": f"{place_name}{int(rng.integers(1, 400))}号",
        "telephone": draw_telephone(rng=rng),
        "opened_on": opened,
        "longitude": round(area.place[0] + float(xy[0]) * _METRE, 6),
        "latitude": round(area.place[1] + float(xy[1]) * _METRE, 6),
        "is_protected": bool(rng.uniform() < 0.01),
    }


def list_meters(plan: FeederPlan, *, settings: SimulationSettings) -> list[Row]:
    """Return the rows of the meters file below the feeder, in the order of their asset numbers."""
    rows: list[Row] = []
    for area in plan.areas:
        rows.append(_describe_supply(area, settings=settings))
        for customer, fate in zip(area.customers, area.fates, strict=True):
            rows.extend(_describe_meters(customer, fate, area=area, plan=plan, settings=settings))
    return sorted(rows, key=lambda row: str(row["meter_id"]))


def _describe_supply(area: AreaPlan, *, settings: SimulationSettings) -> Row:
    rng = open_stream(seed=settings.seed, purpose="asset", number=area.supply_number)
    return {
        "meter_id": meter_id(number=area.supply_number),
        "area_id": area.area_id,
        "role": "supply",
        "phase": "ABC",
        "wiring": "3P4W",
        "ct_ratio": area.supply_recorded_ratio,
        "pt_ratio": 1.0,
        "multiplier": area.supply_recorded_ratio,
        "rated_voltage_v": 220.0,
        "basic_current_a": 1.5,
        "max_current_a": 6.0,
        "node_id": area.node_id(0),
        "installed_on": settings.start_on - timedelta(days=int(rng.integers(100, 3000))),
    }


def recorded_ratio(customer: Customer, fate: Fate) -> float:
    """Return the current-transformer ratio the archive has for a customer; 1 for a direct meter."""
    if customer.wiring != "CT":
        return 1.0
    ratio = customer_ratio(customer.contract_kw)
    if fate.fault is not None and fate.fault[0] is Fault.WRONG_RATIO:
        return recorded_customer_ratio(ratio=ratio, strength=fate.fault[1].strength)
    return ratio


def recorded_phase(customer: Customer, fate: Fate) -> str:
    """Return the phase label the archive has: A, B, C or ABC."""
    if customer.phase < 0:
        return "ABC"
    shift = 0
    if fate.fault is not None and fate.fault[0] is Fault.WRONG_PHASE:
        shift = 1 if fate.fault[1].strength < 0.5 else 2
    return _LETTERS[(customer.phase + shift) % 3]


def _describe_meters(
    customer: Customer, fate: Fate, *, area: AreaPlan, plan: FeederPlan, settings: SimulationSettings
) -> list[Row]:
    rng = open_stream(seed=settings.seed, purpose="asset", number=customer.number)
    recorded = plan.archive[customer.number]
    recorded_area = next(one for one in plan.areas if one.number == recorded.area)
    ratio = recorded_ratio(customer, fate)
    current = {"1P": (5.0, 60.0), "3P": (5.0, 60.0), "CT": (1.5, 6.0)}[customer.wiring]
    row: Row = {
        "meter_id": meter_id(number=customer.number),
        "account_id": customer.account_id,
        "area_id": area_id(recorded.area),
        "role": "solar" if customer.kind is Kind.SOLAR_PLANT else "customer",
        "phase": recorded_phase(customer, fate),
        "wiring": "1P" if customer.wiring == "1P" else "3P4W",
        "ct_ratio": ratio,
        "pt_ratio": 1.0,
        "multiplier": ratio,
        "rated_voltage_v": 220.0,
        "basic_current_a": current[0],
        "max_current_a": current[1],
        "box_id": recorded_area.box_id(recorded.box),
        "node_id": recorded_area.node_id(recorded.node),
        "installed_on": settings.start_on - timedelta(days=int(rng.integers(60, 3200))),
    }
    spell = fate.benign.get(Benign.METER_EXCHANGE)
    if spell is None:
        return [row]
    changed_on = settings.start_on + timedelta(days=spell.onset_day)
    new = {**row, "meter_id": meter_id(number=customer.number, turn=1), "installed_on": changed_on}
    # Both count on the day of the exchange: the first day without the old one is the next.
    return [{**row, "removed_on": changed_on + timedelta(days=1)}, new]


def list_assignments(plan: FeederPlan, *, settings: SimulationSettings) -> list[Row]:
    """Return the rows of the assignments file: areas on the feeder, and meters on their areas from installation on."""
    since = settings.start_on - timedelta(days=3650)
    rows: list[Row] = [
        {"area_id": area.area_id, "parent_id": feeder_id(plan.number), "valid_from": since} for area in plan.areas
    ]
    rows.extend(
        {
            "meter_id": row["meter_id"],
            "parent_id": row["area_id"],
            "valid_from": row["installed_on"],
            "valid_to": row.get("removed_on"),
        }
        for row in list_meters(plan, settings=settings)
    )
    return rows
