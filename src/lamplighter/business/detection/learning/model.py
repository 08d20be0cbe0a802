"""A trained model: what it is made of, what it says of rows, and how it is written down."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.learning.features import LAYER_OF, depth_of
from lamplighter.business.detection.records import Depth, Floats, Layer
from lamplighter.methods.learning.boosting import Boosted
from lamplighter.methods.learning.calibration import Calibration, from_record, shift_prior, to_record

FORMAT = 1

ASSUMED_RATE = "assumed_theft_rate"
"""Entry of a card: the share of thieves the model takes for granted, where it was not learned from real ones."""


@dataclass(frozen=True)
class TheftModel:
    """Says how probable theft is and how much is stolen if so.

    Attributes:
        version: name and day of training; stands in every list.
        names: features, in the order of its columns.
        fusion: trees whose sum is the log-odds of theft, before calibration.
        energy: trees whose sum is the log of stolen kWh per kWh of the customer's scale, learned from thieves.
        calibrations: for each depth of data what turns log-odds into shares that come true where ``learned_rate`` of
            all steal; a depth that was not learned of is judged by the next shallower one, or the shallowest.
        learned_rate: share of thieves among the rows of calibration.
        card: what it was trained on, how well it did, what it cannot see.
    """

    version: str
    names: tuple[str, ...]
    fusion: Boosted
    energy: Boosted
    calibrations: Mapping[Depth, Calibration]
    learned_rate: float
    card: Mapping[str, Any] = field(default_factory=dict)

    def log_odds(self, features: Floats) -> Floats:
        """Return the log-odds of theft before calibration, shape (N,)."""
        return self.fusion.raw(features)

    def learned_share(self, features: Floats) -> Floats:
        """Return the probability of theft in a company where ``learned_rate`` of all steal, shape (N,)."""
        return apply_calibrations(
            self.calibrations, raw=self.log_odds(features), depth=depth_of(features, names=self.names)
        )

    def probability(self, features: Floats, *, theft_rate: float) -> Floats:
        """Return the probability of theft in a company where ``theft_rate`` of all steal, shape (N,).

        Args:
            features: shape (N, F), columns as ``names``.
            theft_rate: share of accounts that steal, above 0 and below 1.
        """
        return shift_prior(self.learned_share(features), learned=self.learned_rate, wanted=theft_rate)

    def stolen_share(self, features: Floats) -> Floats:
        """Return stolen kWh per kWh of the customer's scale, if its customer steals, shape (N,)."""
        return np.exp(self.energy.raw(features))

    def explain(self, features: Floats) -> Mapping[Layer, Floats]:
        """Return what each layer adds to the log-odds of each row (SHAP values summed inside layers), shape (N,)
        each."""
        added = self.fusion.contributions(features)
        layers = [LAYER_OF.get(name) for name in self.names]
        return {
            layer: added[:, [at for at, own in enumerate(layers) if own is layer]].sum(axis=1)
            for layer in Layer
            if layer in layers
        }

    def to_text(self) -> str:
        """Return the model as JSON: what is stored in the lake and in the package."""
        return json.dumps(
            {
                "format": FORMAT,
                "version": self.version,
                "names": self.names,
                "fusion": self.fusion.stages,
                "energy": self.energy.stages,
                "calibrations": {depth.value: to_record(found) for depth, found in self.calibrations.items()},
                "learned_rate": self.learned_rate,
                "card": self.card,
            },
            ensure_ascii=False,
            indent=1,
        )

    @classmethod
    def from_text(cls, text: str) -> TheftModel:
        """Return the model that `to_text` wrote down.

        Raises:
            ValueError: it was written by a format this version does not read.
        """
        record = json.loads(text)
        if record["format"] != FORMAT:
            raise ValueError(f"Models of format {record['format']} are not read here (but {FORMAT}): train it again.")
        return cls(
            version=record["version"],
            names=tuple(record["names"]),
            fusion=Boosted(tuple(record["fusion"])),
            energy=Boosted(tuple(record["energy"])),
            calibrations={Depth(depth): from_record(found) for depth, found in record["calibrations"].items()},
            learned_rate=record["learned_rate"],
            card=record["card"],
        )


def apply_calibrations(
    calibrations: Mapping[Depth, Calibration], *, raw: Floats, depth: npt.NDArray[np.object_]
) -> Floats:
    """Return the calibrated share of each row by the calibration of its depth, shape (N,).

    Args:
        calibrations: at least one.
        raw: log-odds, shape (N,).
        depth: `Depth` of each row, shape (N,).

    Example:
        >>> from lamplighter.methods.learning.calibration import BetaCalibration
        >>> as_it_is = {Depth.DAILY: BetaCalibration(a=1.0, b=1.0, c=0.0)}
        >>> apply_calibrations(as_it_is, raw=np.zeros(1), depth=np.array([Depth.MONTHLY], dtype=object)).tolist()
        [0.5]
    """
    order = list(Depth)
    known = [one for one in order if one in calibrations]
    share = np.full(len(raw), np.nan)
    for one in order:
        # What was never learned of at this depth is judged as the next shallower was.
        nearest = next((other for other in known if order.index(other) >= order.index(one)), known[-1])
        at = depth == one
        share[at] = calibrations[nearest].apply(raw[at])
    return share


def customer_scale_kwh(*, daily_kwh: Floats, peers_kwh: Floats, peer_share: float = 0.3) -> Floats:
    """Return the kWh a day stolen energy is measured by, shape (N,).

    The customer's own use, and at least a share of what its peers use, so that a meter standing still has a scale too.

    Example:
        >>> customer_scale_kwh(daily_kwh=np.array([10.0, 0.0]), peers_kwh=np.array([8.0, 8.0])).tolist()
        [10.0, 2.4]
    """
    own, peers = np.nan_to_num(daily_kwh, nan=0.0), np.nan_to_num(peers_kwh, nan=0.0)
    return np.maximum(np.maximum(own, peer_share * peers), 0.1)


@cache
def read_base_model() -> TheftModel:
    """Return the model that ships with the package."""
    resource = files("lamplighter.business.detection.learning").joinpath("base_model.json")
    return TheftModel.from_text(resource.read_text(encoding="utf-8"))


def check_names(model: TheftModel, known: Sequence[str]) -> tuple[str, ...]:
    """Return the features the model wants and nobody gives any more: a model older than the layers it reads.

    Example:
        >>> from lamplighter.methods.learning.calibration import BetaCalibration
        >>> model = TheftModel("t", ("a", "b"), Boosted(()), Boosted(()), {Depth.DAILY: BetaCalibration(1, 1, 0)}, 0.1)
        >>> check_names(model, ["a"])
        ('b',)
    """
    return tuple(name for name in model.names if name not in set(known))
