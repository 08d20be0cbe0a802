"""From facts to amounts, whatever the kind: the one door of the calculators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from lamplighter.business.inspection.records.amounts import Amounts
from lamplighter.business.inspection.records.facts import (
    ApplianceFacts,
    BreachFacts,
    Facts,
    LateFeeFacts,
    MeteringErrorFacts,
    TheftFacts,
)
from lamplighter.business.inspection.rules.appliance import work_out_appliance
from lamplighter.business.inspection.rules.breach import work_out_breach
from lamplighter.business.inspection.rules.late_fee import work_out_late_fee
from lamplighter.business.inspection.rules.law import load_law
from lamplighter.business.inspection.rules.metering_error import work_out_metering_error
from lamplighter.business.inspection.rules.sheet import governing_day
from lamplighter.business.inspection.rules.theft import work_out_theft


def work_out(facts: Facts, *, chosen: Mapping[str, str] | None = None, law_file: Path | None = None) -> Amounts:
    """Return what facts come to under the law of the day of the act.

    Args:
        facts: of a theft, a breach, a metering error, a late payment or a damaged appliance.
        chosen: switches that somebody set, by name.
        law_file: rules of the company or its province.

    Raises:
        LamplighterError: as the calculator of the kind.
    """
    chosen = chosen or {}
    law = load_law(on=governed_on(facts, chosen=chosen), file=law_file)
    match facts:
        case TheftFacts():
            return work_out_theft(facts, law=law, chosen=chosen)
        case BreachFacts():
            return work_out_breach(facts, law=law, chosen=chosen)
        case MeteringErrorFacts():
            return work_out_metering_error(facts, law=law, chosen=chosen)
        case LateFeeFacts():
            return work_out_late_fee(facts, law=law, chosen=chosen)
        case ApplianceFacts():
            return work_out_appliance(facts, law=law, chosen=chosen)


def governed_on(facts: Facts, *, chosen: Mapping[str, str]) -> date:
    """Return the day whose law governs the facts."""
    match facts:
        case TheftFacts() | BreachFacts():
            last = facts.ended_on or facts.found_on
            return governing_day(first_on=facts.started_on, last_on=last, chosen=chosen)
        case MeteringErrorFacts():
            return facts.corrected_on
        case LateFeeFacts():
            return facts.paid_on
        case ApplianceFacts():
            return facts.damaged_on
