"""Opening, closing, service words, soothing, and the need said again."""

from __future__ import annotations

from lamplighter.business.service_desk.quality.checks.finding import Case
from lamplighter.business.service_desk.quality.checks.words import is_denied, is_done
from lamplighter.business.service_desk.quality.records import Turn, Who


def check_opening(case: Case) -> None:
    """A greeting and who speaks, in the agent's first words."""
    agent = case.dialogue.of(Who.AGENT)
    if not agent:
        case.cannot_judge("opening", "no_agent")
        return
    phrases, limits = case.rubric.phrases, case.rubric.limits
    began = agent[0].start
    early = []
    for turn in case.dialogue.turns[case.dialogue.turns.index(agent[0]) :]:
        is_late = began is not None and turn.start is not None and turn.start - began > limits.opening_seconds
        if turn.who is not Who.AGENT or is_late:
            break
        early.append(turn)
    words = " ".join(turn.plain for turn in early)
    if not phrases["greeting"].search(words):
        case.deduct("opening.greeting", agent[0])
    if not phrases["introduction"].search(words):
        case.deduct("opening.introduction", agent[0])


def check_closing(case: Case) -> None:
    """A farewell in the agent's last words, unless the customer left before it could be said."""
    agent = case.dialogue.of(Who.AGENT)
    if not agent or any(deduction.item == "veto.hang_up" for deduction in case.deductions):
        return
    last = agent[-2:]
    if any(case.rubric.phrases["farewell"].search(turn.plain) for turn in last):
        return
    if case.dialogue.ended_by == "customer" and not is_done(case):
        case.cannot_judge("closing", "customer_left")
        return
    case.deduct("closing.farewell", agent[-1])


def check_service_words(case: Case) -> None:
    """Some service word in what the agent said, whatever the length."""
    agent = case.dialogue.of(Who.AGENT)
    if agent and not any(case.rubric.phrases["service_words"].search(turn.plain) for turn in agent):
        case.deduct("polite.service_words", agent[0])


def check_soothing(case: Case) -> None:
    """An upset customer hears an apology or understanding within the agent's next two turns."""
    turns = case.dialogue.turns
    upset = next((at for at, turn in enumerate(turns) if turn.who is Who.CUSTOMER and _is_upset(case, turn)), None)
    if upset is None:
        return
    following = [turn for turn in turns[upset + 1 :] if turn.who is Who.AGENT]
    if not following:
        case.cannot_judge("empathy", "customer_left")
        return
    # Said before he was upset does not count; said at any later turn does.
    if not any(case.rubric.phrases["soothing"].search(turn.plain) for turn in following):
        case.deduct("empathy.soothing", following[0], upset=turns[upset].plain)


def _is_upset(case: Case, turn: Turn) -> bool:
    return bool(case.rubric.phrases["upset"].search(turn.plain))


def check_restated(case: Case) -> None:
    """Before something is registered for the customer, what was understood is said again."""
    phrases = case.rubric.phrases
    agent = case.dialogue.of(Who.AGENT)
    registered = next((turn for turn in agent if _is_registered(case, turn)), None)
    if registered is None:
        case.cannot_judge("restate", "nothing_registered")
        return
    said = [turn for turn in agent if turn.i <= registered.i or turn is agent[-1]]
    if any(phrases["confirmation"].search(turn.plain) for turn in said) or _is_echoed(case):
        return
    case.deduct("restate.confirmed", registered)


def _is_registered(case: Case, turn: Turn) -> bool:
    return any(not is_denied(turn.plain, found) for found in case.rubric.phrases["registration"].finditer(turn.plain))


def _is_echoed(case: Case) -> bool:
    """Whether the agent said again a longer piece of what the customer said before."""
    heard: set[str] = set()
    for turn in case.dialogue.turns:
        pieces = {turn.plain[at : at + 4] for at in range(len(turn.plain) - 3)}
        if turn.who is Who.CUSTOMER:
            heard |= pieces
        elif pieces & heard:
            return True
    return False
