"""Detection's two steps: the evidence of a block, and the list of the whole company."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.detection.archive_repair.table import proposal_table
from lamplighter.business.detection.evidence import LAYERS
from lamplighter.business.detection.fusion import PUBLISHED, contributions
from lamplighter.business.detection.material import Material, prepare_material
from lamplighter.business.detection.ranking import rank
from lamplighter.business.detection.records import Floats, LayerResult
from lamplighter.business.detection.settings import DetectionSettings, default_settings
from lamplighter.business.line_loss.records import AreaLosses
from lamplighter.business.trusted_energy.records import TrustedEnergy

__all__ = ["evidence_tables", "find_evidence", "rank"]


def find_evidence(
    *, block: AreaBlock, trusted: TrustedEnergy, losses: AreaLosses, settings: DetectionSettings | None = None
) -> dict[str, pa.Table]:
    """Return the evidence of every live customer meter of a block, as of its last day.

    Args:
        block: the bucket's dense arrays.
        trusted: trusted energy of the same block.
        losses: losses of the same block.
        settings: the package's newest when absent.

    Returns:
        ``out_evidence``, ``out_evidence_score``, ``out_archive_proposal`` and the tables of the layers, without
        ``known_at``, sorted by their keys, whatever the order of the meters.
    """
    settings = settings or default_settings()
    material = prepare_material(block=block, trusted=trusted, losses=losses, settings=settings)
    return evidence_tables(material, settings)


def evidence_tables(material: Material, settings: DetectionSettings) -> dict[str, pa.Table]:
    """Return what every layer says of prepared material, as :func:`find_evidence` does."""
    results = [layer(material, settings) for layer in LAYERS.values()]
    return {
        "out_evidence": _evidence_table(material, results, settings),
        "out_evidence_score": _score_table(material, results, settings),
        **{name: table for result in results for name, table in result.tables.items()},
        "out_archive_proposal": proposal_table(proposals=material.balance.repair.proposals, window=material.window),
    }


def published_log_odds(result: LayerResult, settings: DetectionSettings) -> Floats:
    """Return what a layer's findings add up to by the published weights, log-odds, shape (N,); NaN where the layer was
    not available."""
    found = result.findings
    meter = np.concatenate([finding.at for finding in found]) if found else np.zeros(0, np.int64)
    added = contributions(
        meter=meter,
        code=np.repeat(np.array([f.code for f in found], dtype=object), [len(f.at) for f in found]),
        strength=np.concatenate([finding.strength for finding in found]) if found else np.zeros(0),
        settings=settings,
    )
    order = np.lexsort((added, meter))
    total = np.bincount(meter[order], weights=added[order], minlength=len(result.is_available))
    return np.where(result.is_available, total, np.nan)


def _evidence_table(material: Material, results: list[LayerResult], settings: DetectionSettings) -> pa.Table:
    window = material.window
    ids = window.block.meter_ids[window.meters]
    found = [(result.layer, finding) for result in results for finding in result.findings if len(finding.at)]
    at = np.concatenate([f.at for _, f in found]) if found else np.zeros(0, np.int64)

    def stacked(name: str) -> npt.NDArray[np.float64]:
        return np.concatenate([getattr(f, name) for _, f in found]) if found else np.zeros(0)

    def words(per_finding: list[str]) -> pa.Array:
        lengths = [len(f.at) for _, f in found]
        return pa.array(np.repeat(np.array(per_finding, dtype=object), lengths), pa.string())

    def days(name: str) -> pa.Array:
        merged = np.concatenate([getattr(f, name) for _, f in found]) if found else np.zeros(0, "datetime64[D]")
        return pa.array(merged.astype("datetime64[D]"), pa.date32())

    def number(name: str) -> pa.Array:
        values = stacked(name)
        return pa.array(values, mask=~np.isfinite(values))

    speaks_for = [settings.reason(finding.code).is_for for _, finding in found]
    table = pa.table(
        {
            "account_id": pa.array(material.accounts[at], pa.string()),
            "meter_id": pa.array(ids[at], pa.string()),
            "as_of_on": pa.array(np.full(len(at), window.last_day), pa.date32()),
            "layer": words([layer.value for layer, _ in found]),
            "code": words([f.code for _, f in found]),
            "is_for": pa.array(np.repeat(np.array(speaks_for, bool), [len(f.at) for _, f in found]), pa.bool_()),
            "strength": pa.array(stacked("strength"), pa.float64()),
            "value": number("value"),
            "expected": number("expected"),
            "unit": words([f.unit for _, f in found]),
            "first_on": days("first_on"),
            "last_on": days("last_on"),
        }
    )
    return table.sort_by([("meter_id", "ascending"), ("layer", "ascending"), ("code", "ascending")])


def _score_table(material: Material, results: list[LayerResult], settings: DetectionSettings) -> pa.Table:
    window = material.window
    ids = window.block.meter_ids[window.meters]
    named: list[tuple[str, str, Floats]] = []
    for result in results:
        named.append((result.layer.value, f"{result.layer.value}_available", result.is_available.astype(np.float64)))
        named.append((result.layer.value, f"{result.layer.value}_{PUBLISHED}", published_log_odds(result, settings)))
        named += [(result.layer.value, score, values) for score, values in result.scores.items()]
    named.sort(key=lambda entry: entry[1])
    order = np.argsort(ids.astype(str), kind="stable")
    count = len(order)

    def repeated(words: list[str]) -> pa.Array:
        # One row a meter and score, the scores of a meter together.
        indices = pa.array(np.tile(np.arange(len(words), dtype=np.int32), count))
        return pa.DictionaryArray.from_arrays(indices, pa.array(words, pa.string())).dictionary_decode()

    def spread(words: npt.NDArray[np.object_]) -> pa.Array:
        indices = pa.array(np.repeat(np.arange(count, dtype=np.int32), len(named)))
        return pa.DictionaryArray.from_arrays(indices, pa.array(words[order], pa.string())).dictionary_decode()

    values = np.stack([values for _, _, values in named], axis=1)[order].ravel()
    return pa.table(
        {
            "account_id": spread(material.accounts),
            "meter_id": spread(ids),
            "as_of_on": pa.array(np.full(len(values), window.last_day), pa.date32()),
            "layer": repeated([layer for layer, _, _ in named]),
            "score": repeated([score for _, score, _ in named]),
            "value": pa.array(values, mask=~np.isfinite(values)),
        }
    )
