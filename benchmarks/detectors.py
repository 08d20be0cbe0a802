"""What people use today to find the unusual: detectors without labels on features of daily energy."""

from __future__ import annotations

import numpy as np
from pyod.models.copod import COPOD
from pyod.models.ecod import ECOD
from pyod.models.hbos import HBOS
from pyod.models.iforest import IForest
from pyod.models.knn import KNN

Floats = np.ndarray


def daily_features(daily_kwh: Floats) -> Floats:
    """Return what such detectors are given, shape (N, 12), no NaN: level, spread, zeros, drop, weekend, trend.

    Args:
        daily_kwh: shape (N, D), NaN = unknown.
    """
    known = np.isfinite(daily_kwh)
    filled = np.where(known, daily_kwh, np.nan_to_num(np.nanmedian(daily_kwh, axis=1), nan=0.0)[:, None])
    mean = np.maximum(filled.mean(axis=1), 1e-3)
    scaled = filled / mean[:, None]
    third = filled.shape[1] // 3
    weeks = scaled[:, : filled.shape[1] // 7 * 7].reshape(len(filled), -1, 7)
    day = np.arange(filled.shape[1]) - filled.shape[1] / 2
    return np.stack(
        [
            np.log(mean),
            scaled.std(axis=1),
            (filled <= 0.01).mean(axis=1),
            scaled[:, -third:].mean(axis=1) / np.maximum(scaled[:, :third].mean(axis=1), 1e-3),
            scaled.min(axis=1),
            scaled.max(axis=1),
            np.abs(np.diff(scaled, axis=1)).mean(axis=1),
            scaled @ day / (day @ day),
            weeks.mean(axis=1).std(axis=1),
            weeks.mean(axis=2).std(axis=1),
            np.quantile(scaled, 0.1, axis=1),
            1.0 - known.mean(axis=1),
        ],
        axis=1,
    )


def daily_detectors(daily_kwh: Floats, *, seed: int) -> dict[str, Floats]:
    """Return the score of each account by each detector, greater = more unusual, shape (N,) each."""
    features = daily_features(daily_kwh)
    scaled = (features - features.mean(axis=0)) / np.maximum(features.std(axis=0), 1e-9)
    models = {
        "isolation forest": IForest(random_state=seed, n_estimators=200),
        "ECOD": ECOD(),
        "COPOD": COPOD(),
        "HBOS": HBOS(),
        "nearest neighbours": KNN(n_neighbors=20),
    }
    return {f"{name}, daily": np.asarray(model.fit(scaled).decision_scores_) for name, model in models.items()}
