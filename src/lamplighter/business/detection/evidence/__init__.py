"""The evidence layers, one file each, all of one signature: ``evidence(material, settings) -> LayerResult``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lamplighter.business.detection.evidence import balance, context, handover, meter, peers, shape, voltage
from lamplighter.business.detection.material import LayerFunction
from lamplighter.business.detection.records import Layer

LAYERS: Mapping[Layer, LayerFunction] = MappingProxyType(
    {
        Layer.BALANCE: balance.evidence,
        Layer.HANDOVER: handover.evidence,
        Layer.VOLTAGE: voltage.evidence,
        Layer.SHAPE: shape.evidence,
        Layer.PEERS: peers.evidence,
        Layer.METER: meter.evidence,
        Layer.CONTEXT: context.evidence,
    }
)
"""Adding a layer means adding a file and its entry here; its reasons go into ``reasons.toml``."""

SCORES: Mapping[Layer, Mapping[str, int]] = MappingProxyType(
    {
        Layer.BALANCE: balance.SCORES,
        Layer.HANDOVER: handover.SCORES,
        Layer.VOLTAGE: voltage.SCORES,
        Layer.SHAPE: shape.SCORES,
        Layer.PEERS: peers.SCORES,
        Layer.METER: meter.SCORES,
        Layer.CONTEXT: context.SCORES,
    }
)
"""What a trained fusion reads of each layer: score -> direction in which it may count."""
