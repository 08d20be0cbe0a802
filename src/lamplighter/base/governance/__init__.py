"""Governance of data: the contract of every lake table, from which checks and reference pages are made.

A *contract* names a table once, with the meaning, unit and type of each column, its key, how it is cut into parts and
how its versions are told apart. Rooms declare their contracts in ``tables.py``.
"""

from lamplighter.base.governance.contract import (
    Column,
    Contract,
    ContractBroken,
    Partition,
    Versions,
    declared_contracts,
)

__all__ = ["Column", "Contract", "ContractBroken", "Partition", "Versions", "declared_contracts"]
