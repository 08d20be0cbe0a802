"""The person (or program) on whose behalf something is read or written; without Django, so that every room can ask."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text


class Level(StrEnum):
    """Levels of the organisation, top to bottom."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    STATION = "station"


class Role(StrEnum):
    """What somebody works as; the names are those of the groups. Texts stand under ``security.role``."""

    INSPECTOR = "inspector"
    INSPECTION_LEADER = "inspection_leader"
    LINE_LOSS_ANALYST = "line_loss_analyst"
    SERVICE_AGENT = "service_agent"
    SERVICE_SUPERVISOR = "service_supervisor"
    MARKETING_ANALYST = "marketing_analyst"
    EQUIPMENT_ENGINEER = "equipment_engineer"
    TRAINER = "trainer"
    MANAGER = "manager"
    DATA_STEWARD = "data_steward"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


class Right(StrEnum):
    """One thing one may see or do. Texts stand under ``security.right``."""

    SEE_FIGURES = "see_figures"
    """The company's figures, without anybody's name: supply, loss, areas."""
    SEE_SUSPICIONS = "see_suspicions"
    """Who is suspected, and why."""
    SEE_CUSTOMERS = "see_customers"
    """A customer's archive and meters, masked."""
    SEE_CURVES = "see_curves"
    """What a customer used in each interval: it shows when somebody is at home."""
    SEE_RANDOM_SLOTS = "see_random_slots"
    """Which visits were drawn at random: whoever makes the visit must not know."""
    UNMASK = "unmask"
    """A customer's personal data in clear, for a purpose, each time recorded."""
    SEE_AUDIT = "see_audit"
    """The audit trail."""
    SEE_SECURITY = "see_security"
    """Who had personal data shown, exported what, was locked out."""
    DECIDE_SUSPICIONS = "decide_suspicions"
    """Take a suspicion up, dismiss it, or ask for more data."""
    DECIDE_PROPOSALS = "decide_proposals"
    """Say whether a correction of the archive that the night proposes is right."""
    SEE_CASES = "see_cases"
    """Inspection cases with their files; what one may do in a case is the chain's to say."""
    SEE_MESSAGES = "see_messages"
    """Messages to customers and staff, masked, and proof of their service."""
    HANDLE_MESSAGES = "handle_messages"
    """Take a message back, have it sent again, keep proof of its service."""
    PLAN_VISITS = "plan_visits"
    """Crews, and who goes where on a day."""
    SEE_OWN_VISITS = "see_own_visits"
    """The day of the crew one goes with."""
    SEE_TICKETS = "see_tickets"
    """What customers asked, and where it stands."""
    REGISTER_TICKETS = "register_tickets"
    """Take a customer's matter down."""
    SUPERVISE_TICKETS = "supervise_tickets"
    """Watch a ticket from above."""
    SEE_CONTACTS = "see_contacts"
    """One's own conversations with customers and their scores; with the next right those of one's unit."""
    INSPECT_CONTACTS = "inspect_contacts"
    """Conversations of one's unit: decide on appeals, draw samples, rate them."""
    SEE_OUTCOMES = "see_outcomes"
    """What inspections found, how often the list was right, and the models behind it."""
    RELEASE_MODELS = "release_models"
    """Train a model, propose and approve which one makes the lists; for whom the whole company is his."""
    CHANGE_PROCESSES = "change_processes"
    """Bring a changed process or decision table; release one for whom the whole company is his."""
    MANAGE_STAFF = "manage_staff"
    """Accounts, units and roles of staff."""
    SEE_TOKENS = "see_tokens"
    """Which other systems have a token, and revoke one."""
    MAKE_TOKENS = "make_tokens"
    """Make a token for another system; it opens nothing until it is released."""
    RELEASE_TOKENS = "release_tokens"
    """Let a token be used that somebody else made."""


@dataclass(frozen=True, slots=True)
class UnitPath:
    """The four units a row belongs to; where a level is missing it repeats the nearest above.

    Example:
        >>> UnitPath("P", "C", "N", "S").at(Level.COUNTY)
        'N'
    """

    province_id: str
    city_id: str
    county_id: str
    station_id: str

    def at(self, level: Level) -> str:
        """Return the unit of a level."""
        found: str = getattr(self, f"{level}_id")
        return found


class RightMissing(LamplighterError):
    """Somebody asked for what none of his roles allows."""

    def __init__(self, right: Right) -> None:
        self.right = right
        super().__init__(text("security.right_missing", right=text(f"security.right.{right}")))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: seen rows are those of his unit and the units below, and only what his roles allow.

    Args:
        staff_id: number of the staff account.
        name: name to show.
        unit_id: his unit; empty = of no unit, sees no row.
        level: level of the unit.
        roles: what he works as.
        rights: what the roles allow.

    Example:
        >>> clerk = Actor(1, "Li", "N1", Level.COUNTY, frozenset(), frozenset({Right.SEE_FIGURES}))
        >>> clerk.sees(UnitPath("P", "C", "N1", "S7")), clerk.sees(UnitPath("P", "C", "N2", "S9"))
        (True, False)
        >>> clerk.may(Right.SEE_CUSTOMERS)
        False
    """

    staff_id: int
    name: str
    unit_id: str
    level: Level
    roles: frozenset[Role]
    rights: frozenset[Right]

    def may(self, right: Right) -> bool:
        """Say whether a role of his allows it."""
        return right in self.rights

    def require(self, right: Right) -> None:
        """Refuse what none of his roles allows.

        Raises:
            RightMissing: none does.
        """
        if not self.may(right):
            raise RightMissing(right)

    def sees(self, path: UnitPath) -> bool:
        """Say whether a row of these units is his to see."""
        return bool(self.unit_id) and path.at(self.level) == self.unit_id


@cache
def rights_by_role() -> Mapping[Role, frozenset[Right]]:
    """Return what each role allows.

    Example:
        >>> Right.SEE_RANDOM_SLOTS in rights_by_role()[Role.INSPECTION_LEADER]
        True
        >>> Right.SEE_RANDOM_SLOTS in rights_by_role()[Role.INSPECTOR]
        False
    """
    rows = tomllib.loads(resources.files(__package__).joinpath("roles.toml").read_text(encoding="utf-8"))["role"]
    return MappingProxyType({Role(row["name"]): frozenset(map(Right, row["rights"])) for row in rows})


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """Return what several roles allow together.

    Example:
        >>> rights_of([]) == frozenset()
        True
    """
    return frozenset(right for role in roles for right in rights_by_role()[role])


def write_actor(actor: Actor) -> dict[str, Any]:
    """Return an actor as JSON keeps him: whoever works for him later works with the unit and roles he had.

    Example:
        >>> clerk = Actor(1, "Li", "N1", Level.COUNTY, frozenset({Role.MANAGER}), rights_of([Role.MANAGER]))
        >>> read_actor(write_actor(clerk)) == clerk
        True
    """
    return {
        "staff_id": actor.staff_id,
        "name": actor.name,
        "unit_id": actor.unit_id,
        "level": actor.level.value,
        "roles": sorted(actor.roles),
        "rights": sorted(actor.rights),
    }


def read_actor(kept: Mapping[str, Any]) -> Actor:
    """Return the actor that `write_actor` wrote; a role or right that is no more is left out."""
    roles, rights = {role.value for role in Role}, {right.value for right in Right}
    return Actor(
        staff_id=kept["staff_id"],
        name=kept["name"],
        unit_id=kept["unit_id"],
        level=Level(kept["level"]),
        roles=frozenset(Role(name) for name in kept["roles"] if name in roles),
        rights=frozenset(Right(name) for name in kept["rights"] if name in rights),
    )
