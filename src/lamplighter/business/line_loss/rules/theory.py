"""Forms of the technical loss after DL/T 686, for networks known only by a few figures."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

PHASE_FACTORS = {"3P4W": 3.5, "3P3W": 3.0, "1P": 2.0}
"""N of TLL-1: conductors that carry the current, the neutral of a four-wire line counted half."""


def form_factor_squared(*, load_factor: float, least_load: float) -> float:
    """Return K², by which the loss of a varying current exceeds that of its mean (TLL-3).

    Args:
        load_factor: mean / peak, 0 to 1.
        least_load: lowest / peak, 0 to 1.

    Example:
        >>> round(form_factor_squared(load_factor=0.6, least_load=0.2), 4)
        1.1481
        >>> round(form_factor_squared(load_factor=0.4, least_load=0.1), 3)
        2.125
    """
    f, a = load_factor, least_load
    if f >= 0.5:
        return (a + (1 - a) ** 2 / 3) / ((1 + a) / 2) ** 2
    return (f * (1 + a) - a) / f**2


def loss_factor(*, load_factor: float, is_distribution: bool = True) -> float:
    """Return mean loss / peak loss (TLL-4).

    Example:
        >>> round(loss_factor(load_factor=0.6), 3), round(loss_factor(load_factor=0.6, is_distribution=False), 3)
        (0.396, 0.432)
    """
    linear = 0.15 if is_distribution else 0.3
    return linear * load_factor + (1 - linear) * load_factor**2


def equivalent_resistance_ohm(
    *, branch_kwh: npt.NDArray[np.float64], branch_ohm: npt.NDArray[np.float64], total_kwh: float
) -> float:
    """Return the resistance at the head that loses as much as all branches do (TLL-2, by energy).

    Args:
        branch_kwh: energy through each branch, shape (branches,).
        branch_ohm: resistance of one conductor of each, shape (branches,), ohm.
        total_kwh: energy at the head.

    Example:
        The whole energy through 0.1 ohm, then half of it through each of two branches of 0.2 ohm:

        >>> round(equivalent_resistance_ohm(
        ...     branch_kwh=np.array([100.0, 50.0, 50.0]), branch_ohm=np.array([0.1, 0.2, 0.2]), total_kwh=100.0), 6)
        0.2
    """
    return float((branch_kwh**2 * branch_ohm).sum() / total_kwh**2)


def line_loss_kwh(*, wiring: str, k_squared: float, mean_a: float, resistance_ohm: float, hours: float) -> float:
    """Return the loss of a low-voltage line: N K² I² R T / 1000 (TLL-1).

    Args:
        wiring: 3P4W, 3P3W or 1P.
        k_squared: see :func:`form_factor_squared`.
        mean_a: mean current at the head, A.
        resistance_ohm: see :func:`equivalent_resistance_ohm`.
        hours: length of the period.

    Example:
        >>> round(line_loss_kwh(wiring="3P4W", k_squared=1.1, mean_a=80, resistance_ohm=0.08, hours=720), 2)
        1419.26
    """
    return PHASE_FACTORS[wiring] * k_squared * mean_a**2 * resistance_ohm * hours / 1000


def voltage_loss_coefficient(*, power_factor: float, reactance_ratio: float) -> float:
    """Return K_p, power loss share / voltage drop share (TLL-5).

    Args:
        power_factor: cos phi of the load.
        reactance_ratio: X / R of the line.

    Example:
        >>> round(voltage_loss_coefficient(power_factor=0.9, reactance_ratio=0.5), 4)
        0.9939
    """
    tangent = math.tan(math.acos(power_factor))
    return (1 + tangent**2) / (1 + reactance_ratio * tangent)


def imbalance(*, phase_a: npt.NDArray[np.float64]) -> float:
    """Return beta = (greatest - mean) / mean of three phase currents (TLL-6).

    Example:
        >>> round(imbalance(phase_a=np.array([120.0, 90.0, 60.0])), 3)
        0.333
    """
    return float(phase_a.max() / phase_a.mean() - 1)


def imbalance_factor(*, beta: float, heavy_phases: int, light_phases: int) -> float:
    """Return by how much an unbalanced line loses more than a balanced one, its neutral of twice the resistance
    (TLL-6).

    Args:
        beta: see :func:`imbalance`.
        heavy_phases, light_phases: (1, 2), (1, 1) or (2, 1) of the three.

    Example:
        >>> [round(imbalance_factor(beta=0.2, heavy_phases=h, light_phases=l), 4) for h, l in ((1, 2), (1, 1), (2, 1))]
        [1.08, 1.1067, 1.32]
    """
    grows = {(1, 2): 2.0, (1, 1): 8 / 3, (2, 1): 8.0}[heavy_phases, light_phases]
    return 1 + grows * beta**2


def hot_resistance_ohm(*, ohm_at_20: float, temperature_c: float) -> float:
    """Return the resistance of a conductor at a temperature (TLL-9).

    Example:
        >>> round(hot_resistance_ohm(ohm_at_20=0.5, temperature_c=70), 6)
        0.6
    """
    return ohm_at_20 * (1 + 0.004 * (temperature_c - 20))


def transformer_loss_kwh(
    *,
    energy_kwh: npt.NDArray[np.float64],
    hours: npt.NDArray[np.float64] | float,
    rated_kva: npt.NDArray[np.float64],
    no_load_kw: npt.NDArray[np.float64],
    load_kw: npt.NDArray[np.float64],
    power_factor: float,
    k_squared: float,
) -> npt.NDArray[np.float64]:
    """Return the loss of transformers over a period: P0 T + Pk K² (S_mean / S_rated)² T (TLL-8, each transformer by
    itself).

    Args:
        energy_kwh: energy through each over the period, shape (transformers,).
        hours: length of the period.
        rated_kva, no_load_kw, load_kw: nameplates, shape (transformers,).
        power_factor: cos phi of the load.
        k_squared: form factor of the load.

    Example:
        A 100 kVA transformer (0.2 kW, 1.5 kW) at a flat 47.5 kW and cos phi 0.95, half its rating, for a day:

        >>> one = lambda value: np.array([value])
        >>> transformer_loss_kwh(energy_kwh=one(47.5 * 24), hours=24, rated_kva=one(100.0), no_load_kw=one(0.2),
        ...     load_kw=one(1.5), power_factor=0.95, k_squared=1.0).round(6).tolist()
        [13.8]
    """
    mean_kva = energy_kwh / hours / power_factor
    return np.asarray(hours * (no_load_kw + load_kw * k_squared * (mean_kva / rated_kva) ** 2))


def medium_voltage_loss_kwh(
    *, k_squared: float, mean_a: float, line_ohm: float, transformer_ohm: float, no_load_kw: float, hours: float
) -> float:
    """Return the loss of a 10 kV line with its transformers: 3 K² I² (R_el + R_eT) T / 1000 + P0 T (TLL-8).

    Example:
        >>> round(medium_voltage_loss_kwh(
        ...     k_squared=1.1, mean_a=100, line_ohm=0.5, transformer_ohm=0.3, no_load_kw=4.0, hours=24), 2)
        729.6
    """
    return 3 * k_squared * mean_a**2 * (line_ohm + transformer_ohm) * hours / 1000 + no_load_kw * hours


def transformers_equivalent_ohm(
    *, voltage_kv: float, rated_kva: npt.NDArray[np.float64], load_loss_kw: npt.NDArray[np.float64]
) -> float:
    """Return the resistance at the head that stands for all transformers' load losses: U² sum(Pk) 10³ / (sum S)²
    (TLL-8).

    Example:
        >>> two = np.array([100.0, 100.0])
        >>> transformers_equivalent_ohm(voltage_kv=10, rated_kva=two, load_loss_kw=np.array([1.5, 1.5]))
        7.5
    """
    return float(voltage_kv**2 * load_loss_kw.sum() * 1e3 / rated_kva.sum() ** 2)
