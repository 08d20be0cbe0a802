"""The evidence layers, one file each, all of one signature: ``evidence(material, settings) -> LayerResult``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lamplighter.business.detection.evidence import balance, context, handover, meter, peers, shape
from lamplighter.business.detection.material import LayerFunction
from lamplighter.business.detection.records import Layer

LAYERS: Mapping[Layer, LayerFunction] = MappingProxyType(
    {
        Layer.BALANCE: balance.evidence,
        Layer.HANDOVER: handover.evidence,
        Layer.SHAPE: shape.evidence,
        Layer.PEERS: peers.evidence,
        Layer.METER: meter.evidence,
        Layer.CONTEXT: context.evidence,
    }
)
"""Adding a layer means adding a file and its entry here; its reasons go into ``reasons.toml``."""
