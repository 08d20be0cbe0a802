"""Writes: taking files in, in two steps.

*Stage*: a file is read in a stream, what it says is put on disk by month and bucket, what is wrong with it beside. A
file that turns out unreadable leaves nothing behind. *Settle*: month by month and bucket by bucket, what was staged is
merged with what the lake knows and added in one transaction, with the count of each file and the rows set aside.
"""

from lamplighter.business.metering.operations.intake import FileReport, Intake, IntakeSettings
from lamplighter.business.metering.operations.release import ReleaseReport, release_quarantined
from lamplighter.business.metering.operations.rows import RowSubject

__all__ = ["FileReport", "Intake", "IntakeSettings", "ReleaseReport", "RowSubject", "release_quarantined"]
