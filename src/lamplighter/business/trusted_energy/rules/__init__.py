"""The rules: pure arithmetic over a block, one file per family. :func:`work_days` applies them all.

``screening`` takes away what cannot be true, ``registers`` holds slots against dials, ``filling``, ``profiles`` and
``exchange`` estimate; ``shape``, ``level``, ``siblings``, ``archive`` and ``clocks`` only say what they find.
"""

from lamplighter.business.trusted_energy.rules.work import work_days

__all__ = ["work_days"]
