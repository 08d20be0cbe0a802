"""What a routing problem consists of. Times are minutes of the day, places are rows of the travel matrices."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

EARTH_RADIUS_KM = 6371.0088
"""Mean radius, IUGG."""


class ProblemFaulty(ValueError):
    """A routing problem contradicts itself: a defect of whoever made it. All faults are listed."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{len(faults)} contradictions in a routing problem: {'; '.join(faults[:5])}.")


@dataclass(frozen=True, slots=True)
class Visit:
    """A place that may be visited once.

    Args:
        key: names it, once in a problem.
        place: row of the travel matrices.
        service_minutes: length of the stop.
        prize: worth of the visit, in the currency of the costs.
        window: earliest and latest start of the service, minutes of the day; None = any time.
        is_required: goes before any number of visits that are not, whatever its prize.
        needs: skills that the crew must all have.
        only: the one crew that may come; empty = any.
        barred: crews that may not come.
    """

    key: str
    place: int
    service_minutes: float
    prize: float = 0.0
    window: tuple[float, float] | None = None
    is_required: bool = False
    needs: frozenset[str] = frozenset()
    only: str = ""
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pause:
    """A rest within a shift: at the depot before setting out, or between two services, on the way if need be.

    Args:
        earliest: earliest start, minutes of the day.
        latest: latest start.
        minutes: length. A crew that is back by ``latest`` owes none.
    """

    earliest: float
    latest: float
    minutes: float


@dataclass(frozen=True, slots=True)
class Crew:
    """Who drives a route.

    Args:
        key: names it, once in a problem.
        depot: place it sets out from and comes back to, row of the travel matrices.
        shift: from and to, minutes of the day.
        skills: what it can do.
        pause: its rest; None = none.
        most_visits: bound of its visits; None = none.
    """

    key: str
    depot: int
    shift: tuple[float, float]
    skills: frozenset[str] = frozenset()
    pause: Pause | None = None
    most_visits: int | None = None

    def may_serve(self, visit: Visit) -> bool:
        """Tell whether the crew is allowed at a visit, whatever the time.

        Example:
            >>> crew = Crew("K1", depot=0, shift=(480.0, 1020.0), skills=frozenset({"high"}))
            >>> crew.may_serve(Visit("a", 1, 30.0, needs=frozenset({"high"})))
            True
            >>> crew.may_serve(Visit("b", 1, 30.0, only="K2"))
            False
        """
        return visit.needs <= self.skills and visit.only in ("", self.key) and self.key not in visit.barred


@dataclass(frozen=True, eq=False)
class Travel:
    """Minutes and kilometres from each place to each other, shape (P, P) both, 0 on the diagonal."""

    minutes: Floats
    km: Floats


@dataclass(frozen=True, eq=False)
class Problem:
    """A day of routing.

    Args:
        visits: what may be visited.
        crews: who may go.
        travel: between places.
        minute_cost: of a minute of a crew between setting out and coming back, its rest left out.
        km_cost: of a kilometre.

    Raises:
        ProblemFaulty: a name twice, a place outside the matrices, a period that ends before it begins, a figure that is
            negative or not finite.
    """

    visits: tuple[Visit, ...]
    crews: tuple[Crew, ...]
    travel: Travel
    minute_cost: float = 0.0
    km_cost: float = 0.0

    def __post_init__(self) -> None:
        if faults := self._faults():
            raise ProblemFaulty(faults)

    @cached_property
    def visit_of(self) -> dict[str, Visit]:
        """Each visit by its key."""
        return {visit.key: visit for visit in self.visits}

    @cached_property
    def crew_of(self) -> dict[str, Crew]:
        """Each crew by its key."""
        return {crew.key: crew for crew in self.crews}

    def _faults(self) -> list[str]:
        places = len(self.travel.minutes)
        names = Counter([visit.key for visit in self.visits]) + Counter([crew.key for crew in self.crews])
        faults = [f"{key} stands twice" for key, count in names.items() if count > 1]
        for matrix in (self.travel.minutes, self.travel.km):
            if matrix.shape != (places, places) or not np.isfinite(matrix).all() or (matrix < 0.0).any():
                faults.append("travel is not a square matrix of figures from 0 up")
        for visit in self.visits:
            if not 0 <= visit.place < places:
                faults.append(f"{visit.key} lies outside the matrix")
            if not (math.isfinite(visit.service_minutes) and visit.service_minutes >= 0.0):
                faults.append(f"{visit.key} takes {visit.service_minutes} minutes")
            if not math.isfinite(visit.prize):
                faults.append(f"{visit.key} is worth {visit.prize}")
            if visit.window is not None and visit.window[0] > visit.window[1]:
                faults.append(f"the window of {visit.key} ends before it begins")
        for crew in self.crews:
            if not 0 <= crew.depot < places:
                faults.append(f"{crew.key} sets out from outside the matrix")
            if crew.shift[0] > crew.shift[1] or (crew.pause and crew.pause.earliest > crew.pause.latest):
                faults.append(f"shift or pause of {crew.key} ends before it begins")
        return faults


def straight_travel(*, longitude: Floats, latitude: Floats, detour: float, speed_kmh: float) -> Travel:
    """Return travel between places by the great circle, lengthened by a factor.

    Args:
        longitude: degrees, shape (P,).
        latitude: degrees, shape (P,).
        detour: length of the road over the straight line.
        speed_kmh: mean speed on the road.

    Source:
        Haversine formula.

    Example:
        A tenth of a degree of latitude is 11.12 km:

        >>> travel = straight_travel(
        ...     longitude=np.array([120.0, 120.0]), latitude=np.array([30.0, 30.1]), detour=1.5, speed_kmh=30.0)
        >>> travel.km.round(2).tolist(), travel.minutes.round(1).tolist()
        ([[0.0, 16.68], [16.68, 0.0]], [[0.0, 33.4], [33.4, 0.0]])
    """
    east, north = np.radians(longitude), np.radians(latitude)
    half = (
        np.sin((north[:, None] - north) / 2.0) ** 2
        + np.cos(north[:, None]) * np.cos(north) * np.sin((east[:, None] - east) / 2.0) ** 2
    )
    km: Floats = 2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))) * detour
    return Travel(minutes=km / speed_kmh * 60.0, km=km)
