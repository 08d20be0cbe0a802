"""From a text to its meaning: alerts first, then the intent with its confidence, then what was named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from lamplighter.business.service_desk.limits import ServiceLimits, limits_on
from lamplighter.business.service_desk.records import HAZARD, OTHER, Alert, Candidate, Understanding
from lamplighter.business.service_desk.understanding.alerts import find_dangers, find_vulnerable, is_steering
from lamplighter.business.service_desk.understanding.focus import asked_in
from lamplighter.business.service_desk.understanding.slots import find_slots
from lamplighter.business.service_desk.understanding.splitting import joins_questions, split_questions
from lamplighter.methods.language.classifier import Classifier
from lamplighter.methods.language.writing import plain_writing

_COMPLAINT: Final = re.compile(
    r"投诉|举报你们|12398|12345|曝光|讨个?说法|给个说法|(态度|服务).{0,5}(差|恶劣|不好|烂)|踢皮球|complain",
    re.IGNORECASE,
)
_LONGEST: Final = 2_000


@dataclass(frozen=True)
class Reader:
    """Understands texts.

    Args:
        classifier: of intents.
    """

    classifier: Classifier

    def understand(self, text: str, *, today: date) -> Understanding:
        """Return what a text means; of a very long one, what its first 2,000 characters mean and all its alerts.

        Args:
            text: as it was written.
            today: day it was said.
        """
        whole = plain_writing(text)
        plain = whole[:_LONGEST]
        parts = split_questions(plain)
        shares = self.classifier.shares([asked_in(each) for each in (plain, *(parts if len(parts) > 1 else ()))])
        best = np.argsort(-shares[0], kind="stable")[:3]
        candidates = [Candidate(self.classifier.classes[at], round(float(shares[0, at]), 4)) for at in best]
        dangers = find_dangers(whole)
        limits = limits_on(today)
        leading, more = self._lead(candidates, shares[1:], dangers, limits, is_joined=joins_questions(plain))
        if leading.intent != HAZARD and is_steering(whole):
            leading, more = Candidate(OTHER, 1.0), ()
        if leading.intent != candidates[0].intent:
            candidates = [leading, *(each for each in candidates if each.intent != leading.intent)][:3]
        return Understanding(
            text=plain,
            intent=leading.intent,
            confidence=leading.confidence,
            candidates=tuple(candidates),
            more=more,
            slots=find_slots(plain, today=today),
            dangers=dangers,
            vulnerable=find_vulnerable(whole),
            is_complaint=leading.intent == "complaint" or bool(_COMPLAINT.search(whole)),
            is_unsure=leading.confidence < limits.sure_share,
        )

    def _lead(
        self,
        candidates: list[Candidate],
        parts: np.ndarray,
        dangers: tuple[Alert, ...],
        limits: ServiceLimits,
        *,
        is_joined: bool,
    ) -> tuple[Candidate, tuple[str, ...]]:
        asked = [
            Candidate(self.classifier.classes[int(row.argmax())], round(float(row.max()), 4))
            for row in parts
            if row.max() >= limits.further_share
        ]
        leading = candidates[0]
        in_scope = [each for each in asked if each.intent != OTHER]
        # A sentence is less than the whole: it leads where that is unclear, or is said to be several questions.
        may_lead = is_joined or leading.intent == OTHER or leading.confidence < limits.sure_share
        if in_scope and may_lead and leading.confidence < in_scope[0].confidence:
            leading = in_scope[0]
        if any(alert.is_certain for alert in dangers):
            leading = Candidate(HAZARD, 1.0)
        also = dict.fromkeys(each.intent for each in in_scope if each.intent != leading.intent)
        return leading, tuple(also)
