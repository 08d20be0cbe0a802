"""What the archive says of the 10 kV side: its customers, their meters, the feeder's meter, the line."""

from __future__ import annotations

from datetime import timedelta

from lamplighter.simulation.grid import read_conductors
from lamplighter.simulation.high_readings import FEEDER_CT_RATIO, FEEDER_PT_RATIO
from lamplighter.simulation.high_voltage import FeederFlow, HighCustomer, feeder_meter_number
from lamplighter.simulation.people import Kind, draw_name, draw_telephone, meter_id
from lamplighter.simulation.plan import FeederPlan, feeder_id
from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings

Row = dict[str, object]


def list_high_customers(plan: FeederPlan, *, high: tuple[HighCustomer, ...], settings: SimulationSettings) -> list[Row]:
    """Return the rows of the customers file for 10 kV customers: two-part, by their transformer's kVA."""
    rows: list[Row] = []
    for customer in high:
        rng = open_stream(seed=settings.seed, purpose="person", number=customer.number)
        near = plan.areas[int(rng.integers(0, len(plan.areas)))].place
        rows.append(
            {
                "account_id": customer.account_id,
                "name": draw_name(kind=Kind.WORKSHOP, rng=rng, place=""),
                "class": "industrial",
                "contract_kw": round(customer.transformer.rated_kva * 0.9, 1),
                "contract_kva": customer.transformer.rated_kva,
                "voltage_kv": 10.0,
                "price_class": "industrial_two_part" if customer.transformer.rated_kva >= 315 else "industrial",
                "address": f"工业路{int(rng.integers(1, 300))}号",
                "telephone": draw_telephone(rng=rng),
                "opened_on": settings.start_on - timedelta(days=int(rng.integers(300, 5000))),
                "longitude": round(near[0] + float(rng.uniform(-0.002, 0.002)), 6),
                "latitude": round(near[1] + float(rng.uniform(-0.002, 0.002)), 6),
                "is_protected": False,
            }
        )
    return rows


def list_high_meters(plan: FeederPlan, *, high: tuple[HighCustomer, ...], settings: SimulationSettings) -> list[Row]:
    """Return the rows of the meters file of the 10 kV side."""
    installed = settings.start_on - timedelta(days=900)
    rows: list[Row] = [
        {
            "meter_id": meter_id(number=feeder_meter_number(feeder=plan.number, settings=settings)),
            "feeder_id": feeder_id(plan.number),
            "role": "feeder",
            "phase": "ABC",
            "wiring": "3P3W",
            "ct_ratio": FEEDER_CT_RATIO,
            "pt_ratio": FEEDER_PT_RATIO,
            "multiplier": FEEDER_CT_RATIO * FEEDER_PT_RATIO,
            "rated_voltage_v": 100.0,
            "basic_current_a": 1.5,
            "max_current_a": 6.0,
            "node_id": f"{feeder_id(plan.number)}-N000",
            "installed_on": installed,
        }
    ]
    rows.extend(
        {
            "meter_id": meter_id(number=customer.number),
            "account_id": customer.account_id,
            "feeder_id": feeder_id(plan.number),
            "role": "customer",
            "phase": "ABC",
            "wiring": "3P4W" if customer.is_metered_low else "3P3W",
            "ct_ratio": customer.ct_ratio,
            "pt_ratio": customer.pt_ratio,
            "multiplier": customer.ct_ratio * customer.pt_ratio,
            "rated_voltage_v": 220.0 if customer.is_metered_low else 100.0,
            "basic_current_a": 1.5,
            "max_current_a": 6.0,
            "node_id": f"{feeder_id(plan.number)}-N{customer.node:03d}",
            "installed_on": installed,
        }
        for customer in high
    )
    return rows


def list_feeder_lines(plan: FeederPlan, *, line: FeederFlow) -> list[Row]:
    """Return the rows of the lines file of the 10 kV line."""
    conductor = read_conductors()["feeder"][0]
    return [
        {
            "feeder_id": feeder_id(plan.number),
            "from_node": f"{feeder_id(plan.number)}-N{int(start):03d}",
            "to_node": f"{feeder_id(plan.number)}-N{k + 1:03d}",
            "phases": "ABC",
            "conductor": conductor.name,
            "length_m": round(float(length), 1),
            "ohm_per_km": conductor.ohm_per_km,
            "reactance_ohm_per_km": conductor.reactance_ohm_per_km,
        }
        for k, (start, length) in enumerate(zip(line.from_node, line.length_m, strict=True))
    ]
