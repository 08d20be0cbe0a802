"""Reading what line loss needs and what it found."""

from lamplighter.business.line_loss.queries.causes import (
    AreaUnexplained,
    ExplainedAreas,
    FeederUnexplained,
    explain_area,
    read_explanations,
    read_feeder_explanations,
)
from lamplighter.business.line_loss.queries.explain import AreaDay, AreaDayUnknown, MeterShare, explain_area_day
from lamplighter.business.line_loss.queries.inputs import (
    CompanyNetwork,
    months_known_by_month,
    read_company_network,
    read_day_energies,
    read_hangs,
    read_month_energies,
)
from lamplighter.business.line_loss.queries.results import (
    DAY_BUCKET,
    EXPORTED,
    MONTH_BUCKET,
    month_of,
    newest_worked_day,
    read_area_losses,
    read_area_months,
    read_feeder_losses,
    read_unit_losses,
)
from lamplighter.business.line_loss.queries.roll_up import PeriodLosses, roll_up_period

__all__ = [
    "DAY_BUCKET",
    "EXPORTED",
    "MONTH_BUCKET",
    "AreaDay",
    "AreaDayUnknown",
    "AreaUnexplained",
    "CompanyNetwork",
    "ExplainedAreas",
    "FeederUnexplained",
    "MeterShare",
    "PeriodLosses",
    "explain_area",
    "explain_area_day",
    "month_of",
    "months_known_by_month",
    "newest_worked_day",
    "read_area_losses",
    "read_area_months",
    "read_company_network",
    "read_day_energies",
    "read_explanations",
    "read_feeder_explanations",
    "read_feeder_losses",
    "read_hangs",
    "read_month_energies",
    "read_unit_losses",
    "roll_up_period",
]
