"""Technical loss of a 10 kV line from its tree and the energies at its ends."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def tree_loss_kwh(
    *,
    parents: npt.NDArray[np.int64],
    ohm: Floats,
    energy_kwh: Floats,
    hours: float,
    voltage_kv: float,
    power_factor: float,
    k_squared: float,
) -> Floats:
    """Return what the conductors of a balanced three-phase line lose in each period: sum of 3 K² I² R T.

    Energies known by day or month give mean currents; K² makes up for their course inside the period.

    Args:
        parents: place of each node's parent, before the node itself, shape (nodes,); -1 at the root.
        ohm: resistance of one conductor from the parent, shape (nodes,).
        energy_kwh: energy taken at each node in each period, negative where it feeds, shape (nodes, periods).
        hours: length of a period.
        voltage_kv: voltage between phases.
        power_factor: cos phi.
        k_squared: form factor of the load.

    Source:
        TLL-8, branch by branch.

    Example:
        1 000 kW at 10 kV and cos phi 1 are 57.7 A; through 2 x 0.5 ohm they lose 3 x 57.7² x 1 ohm = 10 kW:

        >>> lost = tree_loss_kwh(
        ...     parents=np.array([-1, 0, 1]), ohm=np.array([0.0, 0.5, 0.5]),
        ...     energy_kwh=np.array([[0.0], [0.0], [24_000.0]]),
        ...     hours=24.0, voltage_kv=10.0, power_factor=1.0, k_squared=1.0)
        >>> round(float(lost[0]), 6)
        240.0
    """
    flow = energy_kwh.astype(np.float64, copy=True)
    for node in range(len(parents) - 1, 0, -1):
        flow[parents[node]] += flow[node]
    current_a = flow[1:] / hours / (3**0.5 * voltage_kv * power_factor)
    lost: Floats = (3 * k_squared * current_a**2 * ohm[1:, None]).sum(axis=0) * hours / 1000
    return lost
