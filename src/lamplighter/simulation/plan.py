"""The plan of a feeder: its areas, their networks, customers and fates, and what the archive says of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamplighter.simulation.fates import Benign, Fate, draw_fates, redraw_archive_errors
from lamplighter.simulation.grid import Layout, Transformer, choose_transformer, draw_layout
from lamplighter.simulation.organisation import area_position, station_id, station_of_feeder
from lamplighter.simulation.people import Customer, Kind, draw_kinds, draw_size, read_population
from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings

NUMBERS_PER_AREA = 200  # room for 190 customers and the area's own meter
_SUPPLY_SLOT = 199
_CURRENT_RATINGS = (75, 100, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1200)
_CHARACTERS = {"town": 0.4, "village": 0.42, "street": 0.18}


@dataclass(frozen=True, kw_only=True)
class AreaPlan:
    """One transformer area as it truly is.

    Attributes:
        number: number of the area in the company.
        character: town, village or street.
        place: longitude and latitude of the transformer.
        transformer: its rating and losses.
        layout: the true lines, with their recorded lengths.
        customers: in order of their numbers.
        fates: of each customer.
        supply_ratio: true ratio of the supply meter's current transformers.
        supply_recorded_ratio: what the archive says.
    """

    number: int
    character: str
    place: tuple[float, float]
    transformer: Transformer
    layout: Layout
    customers: tuple[Customer, ...]
    fates: tuple[Fate, ...]
    supply_ratio: float
    supply_recorded_ratio: float

    @property
    def area_id(self) -> str:
        """Return the id of the area in every file."""
        return area_id(self.number)

    @property
    def supply_number(self) -> int:
        """Return the number the supply meter's asset number is made from."""
        return self.number * NUMBERS_PER_AREA + _SUPPLY_SLOT

    def node_id(self, node: int) -> str:
        """Return the id of a node of the area's network."""
        return f"{self.area_id}-N{node:03d}"

    def box_id(self, box: int) -> str:
        """Return the id of a meter box of the area."""
        return f"{self.area_id}-B{box:02d}"


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Where the archive says a customer's meter is; for most it is true.

    Attributes:
        area: number of the area recorded.
        box: number of the box recorded.
        node: node recorded.
    """

    area: int
    box: int
    node: int


@dataclass(frozen=True, kw_only=True)
class FeederPlan:
    """One feeder with its areas and the archive's view of every customer, by customer number."""

    number: int
    areas: tuple[AreaPlan, ...]
    archive: dict[int, Archive]

    @property
    def station_id(self) -> str:
        """Return the station that runs the feeder."""
        return station_id(station_of_feeder(self.number))


def area_id(number: int) -> str:
    """Return the id of an area."""
    return f"T{number:06d}"


def feeder_id(number: int) -> str:
    """Return the id of a feeder."""
    return f"F{number:05d}"


def plan_feeder(*, number: int, settings: SimulationSettings) -> FeederPlan:
    """Return the plan of one feeder; it depends on the seed and the feeder's number only."""
    first = number * settings.areas_per_feeder
    count = min(settings.areas_per_feeder, settings.areas - first)
    areas = tuple(_plan_area(feeder=number, position=k, number=first + k, settings=settings) for k in range(count))
    rng = open_stream(seed=settings.seed, purpose="archive", number=number)
    archive: dict[int, Archive] = {}
    for area in areas:
        for customer, fate in zip(area.customers, area.fates, strict=True):
            archive[customer.number] = Archive(area=area.number, box=customer.box, node=customer.node)
            if Benign.WRONG_AREA in fate.benign and len(areas) > 1:
                # A neighbour on the same feeder, and one of its boxes: how archives go wrong after rebuilding.
                wrong = areas[(area.number - first + int(rng.choice([1, len(areas) - 1]))) % len(areas)]
                like = wrong.customers[int(rng.integers(0, len(wrong.customers)))]
                archive[customer.number] = Archive(area=wrong.number, box=like.box, node=like.node)
    return FeederPlan(number=number, areas=areas, archive=archive)


def _plan_area(*, feeder: int, position: int, number: int, settings: SimulationSettings) -> AreaPlan:
    rng = open_stream(seed=settings.seed, purpose="plan", number=number)
    low, high = settings.customers_per_area
    count = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))))
    character = str(rng.choice(list(_CHARACTERS), p=list(_CHARACTERS.values())))
    kinds = draw_kinds(character=character, count=count, rng=rng)
    if character == "village" and float(rng.uniform()) < 0.6:
        # A few roofs that feed all they make into the grid, with a meter and an account of their own.
        for turn in range(min(int(rng.integers(1, 4)), count - 1)):
            kinds[-1 - turn] = Kind.SOLAR_PLANT
    sizes = [draw_size(kind=kind, rng=rng) for kind in kinds]
    boxes = _assign_boxes(wirings=[size[0] for size in sizes], character=character, rng=rng)
    box_kw = np.bincount(boxes, weights=[max(size[1], 0.3) for size in sizes]).astype(np.float64)
    is_heavy = np.bincount(boxes, weights=[size[0] != "1P" for size in sizes]) > 0
    is_large = np.bincount(boxes, weights=[size[0] == "CT" for size in sizes]) > 0
    layout, box_node = draw_layout(
        box_kw=box_kw,
        box_single_kw=_largest_single(boxes, sizes=sizes),
        is_heavy=is_heavy | (box_kw > 2.5),
        is_large=is_large,
        span_m={"town": 95.0, "village": 170.0, "street": 100.0}[character],
        difficulty=settings.difficulty,
        rng=rng,
    )
    phases = _assign_phases(sizes=sizes, rng=rng)
    customers = tuple(
        Customer(
            number=number * NUMBERS_PER_AREA + k,
            kind=kind,
            wiring=wiring,
            phase=phases[k],
            mean_kw=mean_kw,
            contract_kw=contract_kw,
            power_factor=factor,
            node=int(box_node[boxes[k]]),
            box=int(boxes[k]),
        )
        for k, (kind, (wiring, mean_kw, contract_kw, factor)) in enumerate(zip(kinds, sizes, strict=True))
    )
    transformer = choose_transformer(mean_kw=float(box_kw.sum()), rng=rng)
    ratio = _choose_ratio(transformer.rated_kva)
    is_wrong = float(rng.uniform()) < read_population()["fault_share"]["supply_wrong_ratio"] * (
        0.5 + settings.difficulty
    )
    fates = draw_fates(
        customers=customers, settings=settings, rng=open_stream(seed=settings.seed, purpose="fates", number=number)
    )
    if settings.wrong_area_share is not None or settings.wrong_phase_share is not None:
        # A stream of their own: what else befalls a customer does not change with the share of errors.
        error_rng = open_stream(seed=settings.seed, purpose="archive.errors", number=number)
        fates = redraw_archive_errors(customers=customers, fates=fates, settings=settings, rng=error_rng)
    return AreaPlan(
        number=number,
        character=character,
        place=area_position(feeder=feeder, area_of_feeder=position, settings=settings),
        transformer=transformer,
        layout=layout,
        customers=customers,
        fates=fates,
        supply_ratio=ratio,
        supply_recorded_ratio=_neighbour_ratio(ratio) if is_wrong else ratio,
    )


def _assign_boxes(*, wirings: list[str], character: str, rng: np.random.Generator) -> np.ndarray:
    """Return the box of each customer: three-phase customers have one alone, the others share by what is usual here."""
    low, high = {"town": (5, 12), "village": (1, 4), "street": (2, 6)}[character]
    boxes, box, room = [], -1, 0
    for wiring in wirings:
        if wiring != "1P":
            box += 1
            boxes.append(box)
            room = 0
            continue
        if room == 0:
            box += 1
            room = int(rng.integers(low, high + 1))
        boxes.append(box)
        room -= 1
    return np.array(boxes)


def _largest_single(boxes: np.ndarray, *, sizes: list[tuple[str, float, float, float]]) -> np.ndarray:
    """Return the largest load of one customer of each box; on one phase it drops as much as six times on three."""
    largest = np.zeros(int(boxes.max()) + 1)
    for box, (wiring, _, contract_kw, _) in zip(boxes, sizes, strict=True):
        largest[box] = max(largest[box], contract_kw * (6.0 * 0.8 if wiring == "1P" else 2.2))
    return largest


def _assign_phases(*, sizes: list[tuple[str, float, float, float]], rng: np.random.Generator) -> list[int]:
    """Spread single-phase customers: mostly to the least loaded phase, sometimes to whatever was near."""
    load = np.zeros(3)
    phases = []
    for wiring, mean_kw, _, _ in sizes:
        if wiring != "1P":
            phases.append(-1)
            continue
        phase = int(load.argmin()) if float(rng.uniform()) < 0.7 else int(rng.integers(0, 3))
        load[phase] += mean_kw
        phases.append(phase)
    return phases


def _choose_ratio(rated_kva: float) -> float:
    rated_a = rated_kva / (1.732 * 0.4)
    return next((r for r in _CURRENT_RATINGS if r >= rated_a), _CURRENT_RATINGS[-1]) / 5


def _neighbour_ratio(ratio: float) -> float:
    place = _CURRENT_RATINGS.index(round(ratio * 5))
    return _CURRENT_RATINGS[max(place - 1, 0) if place else 1] / 5


def customer_ratio(contract_kw: float) -> float:
    """Return the ratio of the current transformers of a customer with this contract.

    Example:
        >>> customer_ratio(60.0)
        20.0
    """
    rated_a = contract_kw / (1.732 * 0.4 * 0.9)
    return next((r for r in _CURRENT_RATINGS if r >= rated_a), _CURRENT_RATINGS[-1]) / 5


def recorded_customer_ratio(*, ratio: float, strength: float) -> float:
    """Return the wrong ratio that an archive error recorded for a customer: one size up or down."""
    place = _CURRENT_RATINGS.index(round(ratio * 5))
    step = 1 if strength < 0.5 else -1
    place = place + step if 0 <= place + step < len(_CURRENT_RATINGS) else place - step
    return _CURRENT_RATINGS[place] / 5
