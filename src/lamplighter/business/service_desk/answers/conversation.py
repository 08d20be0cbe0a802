"""One conversation: what was understood, who speaks, what was looked up, and what is said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from lamplighter.base.messages import text
from lamplighter.business.service_desk.answers.phrasing import Phraser, phrase_safely
from lamplighter.business.service_desk.answers.plans import Plan, plans, pleasantry
from lamplighter.business.service_desk.figures import figures_said, spell_figure, unsupported_figures
from lamplighter.business.service_desk.identity import Identity
from lamplighter.business.service_desk.knowledge.graph import Edge, edges_of
from lamplighter.business.service_desk.records import (
    HAZARD,
    OTHER,
    Answer,
    Facts,
    Figure,
    HandOver,
    SlotKind,
    Understanding,
)
from lamplighter.business.service_desk.tools import ServiceTools, ToolFailed
from lamplighter.business.service_desk.understanding.alerts import is_always_urgent
from lamplighter.business.service_desk.understanding.intents import intents
from lamplighter.business.service_desk.understanding.reading import Reader
from lamplighter.business.service_desk.voice.rules import voice_rules

_MISUNDERSTOOD: Final = 2
_SUPPLY: Final = frozenset(
    ("outage_now", "restore_time", "planned_outage", "arrears_reconnect", "prepay_alert", "voltage", HAZARD)
)
_LONG_NUMBER: Final = re.compile(r"\d(?=(?:[\s-]?\d){4,})")


@dataclass
class Conversation:
    """A conversation with one who asks.

    Args:
        reader: what understands him.
        tools: what is looked up.
        identity: who checks him.
        asker: telephone or session attempts are counted by.
        knowledge: what is known, of all times.
        phraser: what may put answers into other words.
        unheard: how often running what was said could not be heard clearly.
        is_place_asked: a repair was taken down of which nobody knows where it is; the next place said is its.
    """

    reader: Reader
    tools: ServiceTools
    identity: Identity
    asker: str
    knowledge: Sequence[Edge]
    phraser: Phraser | None = None
    account_id: str = ""
    said: list[str] = field(default_factory=list)
    looked_up: list[Figure] = field(default_factory=list)
    promised: list[str] = field(default_factory=list)
    misunderstood: int = 0
    unheard: int = 0
    is_place_asked: bool = False

    def identify(self, *, account_id: str, facts: Mapping[str, str], now: datetime) -> bool:
        """Check two facts; from then on the account's facts may be told."""
        if self.identity.check_facts(account_id=account_id, facts=facts, asker=self.asker, now=now):
            self.account_id = account_id
            return True
        return False

    def identify_by_code(self, *, account_id: str, code: str, now: datetime) -> bool:
        """Check a code that was sent to the telephone on file; from then on the account's facts may be told."""
        if self.identity.check_code(account_id=account_id, code=code, asker=self.asker, now=now):
            self.account_id = account_id
            return True
        return False

    def reply(self, words: str, *, now: datetime, is_clear: bool = True) -> Answer:
        """Return what is said to a customer's words; every figure in it has a source.

        Args:
            words: as they came.
            now: the instant; today's rules hold.
            is_clear: False where they were spoken and hardly heard: danger counts all the same, nothing else does.
        """
        meant = self.reader.understand(words, today=now.date())
        self.said.append(mask_numbers(meant.text[:300]))
        draft = self._draft(meant, now, is_clear=is_clear)
        missing = unsupported_figures(draft.text, allowed=draft.figures)
        if missing:
            # Never seen with our own templates; a tool's words may carry what no figure of it accounts for.
            draft = self._hand_over(meant, "unsupported_figure", missing=[said.written for said in missing])
        draft = self._take_down(draft, meant)
        spoken, written_by = draft.text, "templates"
        if meant.intent != HAZARD and not meant.dangers:
            spoken, written_by = phrase_safely(draft.text, figures=draft.figures, phraser=self.phraser)
        return replace(draft, text=spoken, written_by=written_by, figures=figures_said(spoken, allowed=draft.figures))

    def has_danger(self, words: str, *, now: datetime) -> bool:
        """Say whether words tell of danger: then the assistant speaks, even beside a person."""
        meant = self.reader.understand(words, today=now.date())
        return meant.intent == HAZARD or bool(meant.dangers)

    def overhear(self, words: str) -> None:
        """Note words that a person answers."""
        self.said.append(mask_numbers(words[:300]))

    def advise(self, words: str, *, now: datetime) -> Answer | None:
        """Return what a person may answer to a customer's words: facts and clauses, nothing set going, no hand-over.

        Args:
            words: the customer's last ones.
            now: the instant; today's rules hold.

        Returns:
            None where the words are not understood, or nothing is known of what they are about.
        """
        meant = self.reader.understand(words, today=now.date())
        if meant.dangers or meant.intent == HAZARD:
            return self._compose(replace(meant, intent=HAZARD), now)
        if meant.intent == OTHER or meant.is_unsure:
            return None
        plan = plans().get(meant.intent, Plan())
        if plan.is_of_account and not self.account_id:
            return self._ask_identity(meant, now, is_blocked=False)
        facts = None
        if plan.tool:
            try:
                facts = self._look_up(plan, meant)
            except ToolFailed:
                facts = None
        found = self._compose(meant, now, facts=facts)
        return found if found.text and not unsupported_figures(found.text, allowed=found.figures) else None

    def _draft(self, meant: Understanding, now: datetime, *, is_clear: bool) -> Answer:
        if meant.dangers or meant.intent == HAZARD:
            return self._answer_danger(meant, now)
        urgent = [alert for alert in meant.vulnerable if is_always_urgent(alert.kind) or meant.intent in _SUPPLY]
        if urgent:
            return self._hand_over(meant, "vulnerable", is_urgent=True, clauses_on=now)
        if not is_clear:
            return self._answer_unheard(meant)
        self.unheard = 0
        if self.is_place_asked and (noted := self._note_place(meant)):
            return noted
        if meant.intent == OTHER and (kind := pleasantry(meant.text)):
            return Answer(text(f"service_desk.answer.{kind}"), (), (), None, meant)
        if meant.intent == OTHER or meant.is_unsure:
            return self._answer_unsure(meant, now)
        self.misunderstood = 0
        plan = plans().get(meant.intent, Plan())
        if meant.is_complaint and meant.intent != "complaint":
            return self._hand_over(meant, "complaint", clauses_on=now)
        if plan.is_of_account and not self.account_id:
            account_id = meant.slot(SlotKind.ACCOUNT) or ""
            is_blocked = self.identity.is_blocked(account_id=account_id, asker=self.asker, now=now)
            return self._ask_identity(meant, now, is_blocked=is_blocked)
        if not plan.tool:
            return self._compose(meant, now, reason=plan.person)
        try:
            facts = self._look_up(plan, meant)
        except ToolFailed as failed:
            reason = plan.person or ("tool_absent" if failed.is_absent else "tool_failed")
            return self._hand_over(meant, reason, missing=[failed.tool], clauses_on=now)
        self.looked_up.extend(facts.figures)
        return self._compose(meant, now, facts=facts, reason=plan.person)

    def _take_down(self, draft: Answer, meant: Understanding) -> Answer:
        """Have a person's work taken down where something is connected that can, and say its number and promise."""
        if draft.hand_over is None or draft.is_taken_down:
            return draft
        business = HAZARD if meant.dangers else meant.intent
        code = plans().get(business, Plan()).ticket
        if draft.hand_over.reason == "complaint":
            code = plans()["complaint"].ticket
        try:
            facts = self.tools.open_ticket(self.account_id, code, meant, draft.hand_over)
        except ToolFailed:
            return draft
        figures = (*draft.figures, *facts.figures, *facts.beside)
        self.is_place_asked = (
            not self.account_id and code == plans()[HAZARD].ticket and not meant.slot(SlotKind.ADDRESS)
        )
        where = [text("service_desk.answer.where")] if self.is_place_asked else []
        spoken = _join([draft.text, _say_facts(facts), *where])
        if unsupported_figures(spoken, allowed=figures):
            return draft
        return replace(draft, text=spoken, figures=figures, is_taken_down=True)

    def _note_place(self, meant: Understanding) -> Answer | None:
        """Add where it is, and whom to call, to the repair that was taken down; None where neither was said."""
        place, contact = meant.slot(SlotKind.ADDRESS) or "", meant.slot(SlotKind.TELEPHONE) or ""
        if not place and not contact:
            return None
        try:
            facts = self.tools.add_place(place, contact)
        except ToolFailed:
            return None
        self.is_place_asked = not place
        return Answer(_say_facts(facts), facts.figures, (), None, meant)

    def _look_up(self, plan: Plan, meant: Understanding) -> Facts:
        month = meant.slot(SlotKind.MONTH) or ""
        arguments: dict[str, tuple[Any, ...]] = {
            "bill_breakdown": (self.account_id, month),
            "compare_bills": (self.account_id, month),
            "usage_curve": (self.account_id, month),
            "compare_tariffs": (self.account_id,),
            "outage_here": (self.account_id, meant.slot(SlotKind.ADDRESS) or meant.text),
            "application_progress": (self.account_id, meant.text),
            "request_appointment": (self.account_id, meant.slot(SlotKind.DAY) or "", meant.slot(SlotKind.TIME) or ""),
            "request_meter_test": (self.account_id,),
            "register_complaint": (self.account_id, mask_numbers(meant.text)),
        }
        facts: Facts = getattr(self.tools, plan.tool)(*arguments[plan.tool])
        return facts

    def _answer_danger(self, meant: Understanding, now: datetime) -> Answer:
        is_certain = meant.intent == HAZARD or any(alert.is_certain for alert in meant.dangers)
        if is_certain:
            return self._hand_over(meant, "danger", is_urgent=True, clauses_on=now, business=HAZARD)
        return self._hand_over(meant, "danger_asked", is_urgent=True, clauses_on=now, business=HAZARD)

    def _answer_unheard(self, meant: Understanding) -> Answer:
        self.unheard += 1
        # What was hardly heard says nothing of what it is about.
        unknown = replace(meant, intent=OTHER, slots=(), more=(), is_complaint=False)
        if self.unheard > voice_rules().hearing.asked_again:
            return self._hand_over(unknown, "unheard")
        return Answer(text("service_desk.answer.unheard"), (), (), None, unknown)

    def _answer_unsure(self, meant: Understanding, now: datetime) -> Answer:
        self.misunderstood += 1
        if self.misunderstood >= _MISUNDERSTOOD:
            return self._hand_over(meant, "misunderstood")
        if meant.intent == OTHER:
            return Answer(text("service_desk.answer.other"), (), (), None, meant)
        known = intents()
        guesses = [known[each.intent].name for each in meant.candidates if each.intent != OTHER]
        return Answer(text("service_desk.answer.unsure", guesses=_list(guesses)), (), (), None, meant)

    def _ask_identity(self, meant: Understanding, now: datetime, *, is_blocked: bool) -> Answer:
        if is_blocked:
            return self._hand_over(meant, "identity_blocked")
        clauses = self._clauses(meant.intent, now)
        sentences = [text("service_desk.answer.identity"), *(edge.sentence() for edge in clauses)]
        return Answer(
            _join(sentences),
            tuple(figure for edge in clauses for figure in _named(edge)),
            tuple(edge.clause for edge in clauses),
            None,
            meant,
            edges=tuple(edge.id for edge in clauses),
        )

    def _clauses(self, business: str, now: datetime) -> list[Edge]:
        return list(edges_of(business, on_date=now.date(), edges=self.knowledge))

    def _compose(self, meant: Understanding, now: datetime, *, facts: Facts | None = None, reason: str = "") -> Answer:
        clauses = self._clauses(meant.intent, now)
        for further in meant.more:
            if not plans().get(further, Plan()).is_of_account:
                clauses.extend(self._clauses(further, now))
        sentences = [] if facts is None else [_say_facts(facts)]
        sentences += [edge.sentence() for edge in clauses]
        figures = [*((*facts.figures, *facts.beside) if facts else ())]
        figures += [figure for edge in clauses for figure in _named(edge)]
        hand_over = self._dossier(meant, reason) if reason else None
        if hand_over:
            sentences.append(text(f"service_desk.hand_over.say.{reason}"))
        return Answer(
            _join(sentences),
            tuple(figures),
            tuple(dict.fromkeys(edge.clause for edge in clauses)),
            hand_over,
            meant,
            is_taken_down=facts is not None and facts.opened,
            curve=facts.curve if facts else None,
            edges=tuple(dict.fromkeys(edge.id for edge in clauses)),
        )

    def _hand_over(
        self,
        meant: Understanding,
        reason: str,
        *,
        is_urgent: bool = False,
        missing: Sequence[str] = (),
        clauses_on: datetime | None = None,
        business: str = "",
    ) -> Answer:
        clauses = self._clauses(business or meant.intent, clauses_on) if clauses_on else []
        sentences = [text(f"service_desk.hand_over.say.{reason}"), *(edge.sentence() for edge in clauses)]
        return Answer(
            _join(sentences),
            tuple(figure for edge in clauses for figure in _named(edge)),
            tuple(edge.clause for edge in clauses),
            self._dossier(meant, reason, is_urgent=is_urgent, missing=missing),
            meant,
            edges=tuple(edge.id for edge in clauses),
        )

    def _dossier(
        self, meant: Understanding, reason: str, *, is_urgent: bool = False, missing: Sequence[str] = ()
    ) -> HandOver:
        promise = text(f"service_desk.hand_over.promise.{'urgent' if is_urgent else 'person'}")
        self.promised.append(promise)
        name, nothing = intents()[meant.intent].name, text("service_desk.hand_over.nothing")
        return HandOver(
            reason=reason,
            is_urgent=is_urgent or bool(meant.dangers),
            summary=text(
                "service_desk.hand_over.summary",
                name=name,
                named=_list(
                    [f"{text(f'service_desk.slot.{each.kind}')} {mask_numbers(each.value)}" for each in meant.slots]
                )
                or nothing,
                alerts=_list([alert.written for alert in (*meant.dangers, *meant.vulnerable)]) or nothing,
                is_known=text("house.yes" if self.account_id else "house.no"),
            ),
            said=tuple(self.said),
            looked_up=tuple(self.looked_up),
            promised=tuple(dict.fromkeys(self.promised)),
            missing=tuple(missing),
        )


def _named(edge: Edge) -> tuple[Figure, ...]:
    """Return the figures of a clause, called what the clause is: its own names are those of its sentence's gaps."""
    return tuple(replace(figure, label=text(f"service_desk.relation.{edge.relation}")) for figure in edge.values)


def _say_facts(facts: Facts) -> str:
    if facts.sentence:
        return facts.sentence
    parts = [
        text(
            "service_desk.answer.fact",
            name=figure.label or text(f"service_desk.figure.{figure.name}"),
            figure=spell_figure(figure),
        )
        for figure in facts.figures
    ]
    parts += [text("service_desk.answer.fact", name=name, figure=words) for name, words in facts.words.items()]
    return text("service_desk.answer.facts", facts=_list(parts))


def _list(parts: Sequence[str]) -> str:
    return text("service_desk.answer.comma").join(parts)


def _join(sentences: Sequence[str]) -> str:
    return ("" if sentences and _is_chinese(sentences[0]) else " ").join(sentences)


def _is_chinese(sentence: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in sentence)


def mask_numbers(value: str) -> str:
    """Return words with their long numbers masked but for the last four digits.

    Example:
        >>> mask_numbers("户号1000000248")
        '户号******0248'
    """
    return _LONG_NUMBER.sub("*", value)
