"""What each layer is worth: the same trees with and without its scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.worlds.judging import FIGURES
from benchmarks.worlds.making import World
from lamplighter.business.detection.learning.features import LAYER_OF
from lamplighter.business.detection.learning.training import predict_apart
from lamplighter.business.detection.records import Layer
from lamplighter.methods.learning.boosting import Growth

THEFTS_OF_LAYER: Mapping[Layer, tuple[str, ...]] = {
    Layer.BALANCE: ("slow_meter", "scale", "bypass_hours", "ct_ratio", "ct_short", "subtract", "random_scale"),
    Layer.HANDOVER: ("zero_use_live", "scale", "ct_short", "dead_phase_voltage", "cap"),
    Layer.VOLTAGE: ("hook_up",),
    Layer.SHAPE: ("mean", "random_mean", "cap", "zero_window", "zero_use_live", "subtract", "random_scale"),
    Layer.PEERS: ("mean", "random_mean", "zero_window", "reversed_day"),
    Layer.METER: ("neutral_tamper", "ct_short", "dead_phase_voltage", "slow_meter", "ct_ratio"),
    Layer.CONTEXT: ("ct_ratio", "zero_use_live", "scale"),
}
"""The thefts each layer is there for."""

_GROWTH = Growth(rounds=80, leaves=8, rate=0.1)
"""Smaller trees than the package's: forty models a world are grown, and only their differences are looked at."""


def ablation_notes(loads: str, worlds: Sequence[World]) -> list[str]:
    """Return what each layer is worth: AP lost without it, among its own thefts and among all others.

    Without outcomes or base model: trees of the world's own labels alone, so that a layer is judged by what it adds.
    """
    whole = [predict_apart(w.examples, groups=w.group, barred=w.is_barred, growth=_GROWTH, seed=1) for w in worlds]
    notes = []
    for layer in Layer:
        lost: dict[str, list[float]] = {"present": [], "absent": []}
        for world, before in zip(worlds, whole, strict=True):
            keep = np.array([LAYER_OF[name] is not layer for name in world.examples.names])
            after = predict_apart(
                world.examples.with_columns(keep), groups=world.group, barred=world.is_barred, growth=_GROWTH, seed=1
            )
            own = np.isin(world.kind.astype(str), THEFTS_OF_LAYER[layer])
            for word, rows in (("present", own | ~world.is_theft), ("absent", ~own)):
                at = np.flatnonzero(rows)
                lost[word].append(FIGURES["AP"](world, before, at) - FIGURES["AP"](world, after, at))
        told = ", ".join(
            f"{np.mean(v):+.3f} ({min(v):+.3f} to {max(v):+.3f}) with its thefts {word}" for word, v in lost.items()
        )
        notes.append(f"{loads}, worth of layer {layer.value} (AP with it less AP without): {told}.")
    return notes
