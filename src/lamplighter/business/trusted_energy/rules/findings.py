"""What a rule found, before it becomes rows: one mask over meters and days, with the figures that go with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.records import Severity
from lamplighter.business.trusted_energy.tables import METER_FLAG

Figures = npt.NDArray[Any] | float
WHOLE_DAY = -1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one channel. Arrays have shape (M, D); a single number holds for all.

    Attributes:
        rule_id: the rule; a rule that is off finds nothing.
        channel: what was looked at.
        where: meters and days it speaks of.
        value: what was found; ``threshold`` what it was held against.
        first_slot: first slot concerned, -1 for the whole day; ``span`` how many slots.
        severity: another than the rule's own.
    """

    rule_id: str
    channel: str
    where: npt.NDArray[np.bool_]
    value: Figures = np.nan
    threshold: Figures = np.nan
    first_slot: Figures = WHOLE_DAY
    span: Figures = 0.0
    severity: Severity | None = None


def flag_rows(findings: Iterable[Finding], *, block: AreaBlock, policy: Policy) -> pa.Table:
    """Return the findings about the block's own meters on worked days as rows of ``core_meter_flag``, without
    ``known_at``.

    Example:
        >>> from datetime import date
        >>> from lamplighter.base.engine.block import empty_block
        >>> from lamplighter.business.trusted_energy.policy import load_policy
        >>> where = np.array([[False, True]])
        >>> found = Finding("V-05", "energy_kwh", where, value=90.0, threshold=96.0, first_slot=4.0, span=6.0)
        >>> rows = flag_rows([found], block=empty_block(meters=1, days=2), policy=load_policy(on=date(2025, 1, 1)))
        >>> rows.select(["rule_id", "severity", "first_slot", "value"]).to_pylist()
        [{'rule_id': 'V-05', 'severity': 'fail', 'first_slot': 4, 'value': 90.0}]
    """
    wanted = block.is_home[:, None] & (np.arange(len(block.days)) >= block.first_worked)[None, :]
    meter_ids, days = pa.array(block.meter_ids, pa.string()), pa.array(block.days)
    schema = pa.schema([field for field in METER_FLAG.schema if field.name != "known_at"])
    tables = [schema.empty_table()]
    for finding in findings:
        rule = policy.rules[finding.rule_id]
        m_of, d_of = np.nonzero(finding.where & wanted) if rule.is_on else (np.zeros(0, np.intp),) * 2
        if not len(m_of):
            continue

        def at(figures: Figures, m_of: Any = m_of, d_of: Any = d_of) -> npt.NDArray[np.float64]:
            if isinstance(figures, np.ndarray):
                return np.asarray(np.broadcast_to(figures, wanted.shape)[m_of, d_of], np.float64)
            return np.full(len(m_of), float(figures))

        value, threshold = at(finding.value), at(finding.threshold)
        columns = [
            meter_ids.take(pa.array(m_of)),
            days.take(pa.array(d_of)),
            pa.repeat(finding.channel, len(m_of)),
            pa.repeat(finding.rule_id, len(m_of)),
            pa.repeat(rule.version, len(m_of)),
            pa.repeat(str(finding.severity or rule.severity), len(m_of)),
            pa.array(at(finding.first_slot).astype(np.int16)),
            pa.array(at(finding.span).astype(np.int16)),
            pa.array(value, mask=~np.isfinite(value)),
            pa.array(threshold, mask=~np.isfinite(threshold)),
        ]
        tables.append(pa.Table.from_arrays(columns, schema=schema))
    return pa.concat_tables(tables)
