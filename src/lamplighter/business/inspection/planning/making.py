"""Make a plan, and change it by hand: nothing is refused, what breaks is said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.inspection.planning.records import Draft, Plan, Why
from lamplighter.business.inspection.planning.settings import PlanSettings
from lamplighter.methods.optimisation import Search, Unserved, solve, time_route

WHY = {
    Unserved.NOT_ALLOWED: Why.NO_SKILL,
    Unserved.OUT_OF_REACH: Why.TOO_FAR,
    Unserved.NOT_WORTH: Why.NOT_WORTH,
    Unserved.NO_TIME: Why.NO_TIME,
}


class NotPlannable(LamplighterError):
    """A stop was asked for that the day's problem does not have: set aside, not listed, or no such crew."""

    def __init__(self, name: str, *, why: str) -> None:
        self.name, self.why = name, why
        super().__init__(text("planning.error.not_plannable", name=name, why=why))


def make_plan(
    *, draft: Draft, settings: PlanSettings, locked: Mapping[str, str] | None = None, removed: Collection[str] = ()
) -> Plan:
    """Return the plan that the search finds for a day; the same draft gives the same plan.

    Args:
        draft: the day.
        settings: ``search.*``.
        locked: account -> crew: stops that stay with their crew.
        removed: accounts taken out by hand, which stay out.
    """
    kept = dict(locked or {})
    problem = replace(
        draft.problem,
        visits=tuple(
            replace(visit, only=kept[visit.key], is_required=True) if visit.key in kept else visit
            for visit in draft.problem.visits
            if visit.key not in removed
        ),
    )
    found = solve(
        problem,
        search=Search(
            iterations=int(settings.number("search.iterations")),
            seed=draft.on.toordinal(),
            most_seconds=settings.number("search.most_seconds"),
        ),
    )
    why = {account: WHY[reason] for account, reason in found.unserved.items()}
    orders = {route.crew: route.keys for route in found.routes}
    for account, crew in kept.items():
        if account in found.unserved:
            # Locked by a person although something breaks: it stays, and the plan says what breaks.
            orders[crew] = _least_breach(draft, crew=crew, order=orders[crew], account=account)
    plan = time_plan(
        draft=draft,
        orders=orders,
        why=why | dict.fromkeys(removed, Why.REMOVED),
        locked=kept,
    )
    return replace(plan, is_cut_short=found.is_cut_short)


def _least_breach(draft: Draft, *, crew: str, order: Sequence[str], account: str) -> tuple[str, ...]:
    tried = [
        time_route(
            problem=draft.problem,
            crew=draft.problem.crew_of[crew],
            order=(*order[:place], account, *order[place:]),
        )
        for place in range(len(order) + 1)
    ]
    return min(tried, key=lambda route: (sum(breach.amount for breach in route.breaches), route.end)).keys


def improve_plan(*, plan: Plan, settings: PlanSettings) -> Plan:
    """Return the plan made anew around its locked stops; accounts taken out by hand stay out."""
    crew_of = {account: crew for crew, order in plan.orders.items() for account in order}
    return make_plan(
        draft=plan.draft,
        settings=settings,
        locked={account: crew_of[account] for account in plan.locked},
        removed=[account for account, why in plan.why.items() if why is Why.REMOVED],
    )


def time_plan(
    *, draft: Draft, orders: Mapping[str, Sequence[str]], why: Mapping[str, Why], locked: Collection[str] = ()
) -> Plan:
    """Return a plan with the times of given orders.

    Args:
        draft: the day.
        orders: accounts of each crew in order.
        why: reasons of accounts in no order; those of the draft are added, and what remains had no time.
        locked: accounts that stay with their crew.
    """
    routes = tuple(
        time_route(problem=draft.problem, crew=crew, order=orders.get(crew.key, ())) for crew in draft.problem.crews
    )
    planned = {account for route in routes for account in route.keys}
    reasons = {
        account: why.get(account) or draft.set_aside.get(account) or Why.NO_TIME
        for account in draft.suspicions
        if account not in planned
    }
    return Plan(draft=draft, routes=routes, why=reasons, locked=frozenset(locked) & planned)


def insert_stop(*, plan: Plan, account: str, crew: str, place: int) -> Plan:
    """Return the plan with a suspicion put among a crew's stops.

    Args:
        plan: before.
        account: which; where it is planned already, it is moved.
        crew: whose.
        place: 0 = first; beyond the last = last.

    Raises:
        NotPlannable: the account is set aside (danger, no place ...) or not listed; there is no such crew.
    """
    if crew not in plan.draft.problem.crew_of:
        raise NotPlannable(crew, why=text("planning.no_such_crew"))
    if account not in plan.draft.problem.visit_of:
        reason = plan.why.get(account)
        raise NotPlannable(account, why=text(f"planning.why.{reason}" if reason else "planning.not_listed"))
    orders = {name: [each for each in order if each != account] for name, order in plan.orders.items()}
    orders[crew].insert(max(place, 0), account)
    return time_plan(draft=plan.draft, orders=orders, why=plan.why, locked=plan.locked)


def move_stop(*, plan: Plan, account: str, crew: str, place: int) -> Plan:
    """Return the plan with a planned stop elsewhere; see `insert_stop`.

    Raises:
        NotPlannable: the account is in no crew's day; there is no such crew.
    """
    _must_be_planned(plan, account)
    return insert_stop(plan=plan, account=account, crew=crew, place=place)


def remove_stop(*, plan: Plan, account: str) -> Plan:
    """Return the plan without a stop, also if it was locked; its reason says that a person took it out.

    Raises:
        NotPlannable: the account is in no crew's day.
    """
    _must_be_planned(plan, account)
    orders = {crew: [each for each in order if each != account] for crew, order in plan.orders.items()}
    return time_plan(
        draft=plan.draft, orders=orders, why={**plan.why, account: Why.REMOVED}, locked=plan.locked - {account}
    )


def lock_stop(*, plan: Plan, account: str, is_locked: bool = True) -> Plan:
    """Return the plan with a stop that stays with its crew when the plan is made anew, or no longer does.

    Raises:
        NotPlannable: the account is in no crew's day.
    """
    _must_be_planned(plan, account)
    return replace(plan, locked=plan.locked | {account} if is_locked else plan.locked - {account})


def _must_be_planned(plan: Plan, account: str) -> None:
    if not any(account in order for order in plan.orders.values()):
        raise NotPlannable(account, why=text("planning.not_planned"))
