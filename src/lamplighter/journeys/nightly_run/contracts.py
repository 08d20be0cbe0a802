"""Every table of the lake that a night may touch, and every other one, by name."""

from __future__ import annotations

from lamplighter.base.governance import declared_contracts
from lamplighter.business.billing import tables as billing
from lamplighter.business.customers import tables as customers
from lamplighter.business.detection import tables as detection
from lamplighter.business.line_loss import tables as line_loss
from lamplighter.business.metering import tables as metering
from lamplighter.business.network import tables as network
from lamplighter.business.trusted_energy import tables as trusted_energy

CONTRACTS = declared_contracts(
    network.TABLES,
    customers.TABLES,
    metering.TABLES,
    trusted_energy.TABLES,
    line_loss.TABLES,
    detection.TABLES,
    billing.TABLES,
)
"""Table name -> contract."""
