"""The border to criminal law: the stolen quantity by the judicial interpretation, and when to think of the police."""

from __future__ import annotations

from decimal import Decimal

from lamplighter.business.inspection.records.amounts import Concern, Line, Role, phrase
from lamplighter.business.inspection.records.facts import CrimeFacts, TheftFacts
from lamplighter.business.inspection.rules.law import Law
from lamplighter.business.inspection.rules.sheet import FactMissing, Sheet, rounded


def criminal_quantity(facts: CrimeFacts, *, law: Law) -> Line:
    """Return the stolen energy as criminal proceedings reckon it where it cannot be established.

    Raises:
        FactMissing: not one normal month is known.

    Source:
        Judicial Interpretation 2013 No. 8, Art. 4(1)(3): the mean of the six normal months before, fewer where there
        are fewer.

    Example:
        >>> from datetime import date
        >>> from lamplighter.business.inspection.rules.law import load_law
        >>> facts = CrimeFacts(normal_kwh=(Decimal(3000),) * 6, after_kwh=Decimal(800), months=Decimal(10))
        >>> criminal_quantity(facts, law=load_law(on=date(2025, 3, 1))).value
        Decimal('22000.00')
    """
    if not facts.normal_kwh:
        raise FactMissing("normal_kwh", kind="criminal_quantity")
    rule = law.rule("criminal.quantity")
    taken = facts.normal_kwh[-int(law.rule("criminal.months_before").number) :]
    step = law.rule("rounding.energy").number
    mean = rounded(sum(taken, Decimal(0)) / len(taken), step)
    energy = rounded(max(mean - facts.after_kwh, Decimal(0)) * facts.months, step)
    return Line(
        label=phrase("inspection.line.criminal_energy"),
        formula=phrase(
            "inspection.formula.criminal", mean=mean, count=len(taken), after=facts.after_kwh, months=facts.months
        ),
        value=energy,
        unit="kWh",
        clause=rule.clause,
        evidence=rule.evidence,
        role=Role.QUANTITY,
    )


def note_crime(sheet: Sheet, *, stolen_yuan: Decimal, facts: TheftFacts) -> None:
    """Say when the stolen value may reach a crime; the value is the fee alone, never the penalty.

    The province picks the threshold within a national range: below the range nothing is said, within it and above it
    is said which.
    """
    law = sheet.law
    low, high = law.rule("criminal.large_from"), law.rule("criminal.large_upto")
    times = law.rule("criminal.thefts_two_years").number
    share = law.rule("criminal.half_share").number if facts.earlier_penalty else Decimal(1)
    if facts.thefts_two_years >= times:
        sheet.warn(Concern.NOTE, phrase("inspection.warning.crime_repeated", times=facts.thefts_two_years))
    if stolen_yuan >= high.number * share:
        said = phrase("inspection.warning.crime_large", value=stolen_yuan, from_=high.number * share)
        sheet.warn(Concern.NOTE, said)
    elif stolen_yuan >= low.number * share:
        fields = {"value": stolen_yuan, "low": low.number * share, "high": high.number * share}
        sheet.warn(Concern.NOTE, phrase("inspection.warning.crime_range", **fields))
