"""A customer who speaks: sound → utterances → the same dialogue as the web chat → an answer, spoken where it can be."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from lamplighter.base.messages import language, text
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.answers.conversation import mask_numbers
from lamplighter.business.service_desk.chats.operations import ChatOver
from lamplighter.business.service_desk.chats.queries import last_spoken_second
from lamplighter.business.service_desk.chats.records import ChatView, Timing
from lamplighter.business.service_desk.identity import identity_rules
from lamplighter.business.service_desk.records import Answer
from lamplighter.business.service_desk.voice.claims import Claims, find_claims
from lamplighter.business.service_desk.voice.detection import Began, Cutter
from lamplighter.business.service_desk.voice.engines import EngineFailed
from lamplighter.business.service_desk.voice.hearing import Ears, Heard, SaidByVoice, hear_recording
from lamplighter.business.service_desk.voice.rules import voice_rules
from lamplighter.business.service_desk.voice.sound import Samples, SoundRefused, seconds_of
from lamplighter.business.service_desk.voice.speaking import Voice
from lamplighter.journeys.customer_chat import ChatDesk, SpokenLine

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Replied:
    """What came of an utterance.

    Attributes:
        said: what was heard, and when; long numbers masked.
        words: what is answered; empty where a person speaks, who reads it.
        spoken: the answer as sound; None where it cannot be spoken.
        timing: when the answer is spoken, or would be.
        answer: of the dialogue; None of what proves identity, or where a person speaks.
        is_barge_in: whether the customer spoke while an answer was being spoken.
    """

    said: SaidByVoice
    words: str
    spoken: Samples | None
    timing: Timing | None
    answer: Answer | None
    is_barge_in: bool = False


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The customer began to speak at ``at`` while an answer was being spoken: it is to stop."""

    at: float


@dataclass
class VoiceCall:
    """A call from its beginning to its end, with somebody who speaks.

    Args:
        home: of the company.
        ears: what it hears with.
        voice: what it speaks with.
        secret: of the conversation; another one once identity is proven.
        clock: gives the instant.
    """

    home: Home
    ears: Ears
    voice: Voice
    secret: str
    clock: Callable[[], dt.datetime]
    claims: Claims = field(default_factory=Claims)
    _spoken_until: float = 0.0
    _line_begins: float = 0.0
    _cutter: Cutter | None = None

    @classmethod
    def begin(cls, *, home: Home, ears: Ears, voice: Voice, origin: str, clock: Callable[[], dt.datetime]) -> VoiceCall:
        """Begin a call.

        Raises:
            TooMuch: too many were begun from this line.
        """
        secret, _ = ChatDesk(home, clock()).begin(origin, channel="call")
        return cls(home, ears, voice, secret, clock)

    def greet(self) -> Samples | None:
        """Return the greeting spoken; None where it cannot be."""
        sound = self._speak(text("chat.page.hello"))
        self._spoken_until = seconds_of(sound) if sound is not None else 0.0
        return sound

    def take_recording(self, samples: Samples) -> Iterator[Replied]:
        """Answer what is said in a recording, utterance by utterance; it follows what was said before.

        Raises:
            ChatOver: the conversation has ended.
            TooMuch: too much was said within a minute.
        """
        # Whoever recorded it heard what was spoken before, and of what is answered now nothing yet.
        after = max(self._spoken_until, last_spoken_second(self._open_chat(ChatDesk(self.home, self.clock())).number))
        for each in hear_recording(samples, ears=self.ears, language=language()):
            yield self._reply(replace(each, start=after + each.start, end=after + each.end), is_live=False)

    def feed(self, samples: Samples) -> Iterator[Replied | Interrupted]:
        """Take what arrived on the line: an answer comes once a pause ends what was said.

        Raises:
            ChatOver, TooMuch: what the names say.
        """
        if self._cutter is None:
            self._cutter = Cutter(self.ears.new_scorer())
            # A line that broke and came back goes on where the call was.
            self._line_begins = last_spoken_second(self._open_chat(ChatDesk(self.home, self.clock())).number)
        for told in self._cutter.feed(samples):
            if isinstance(told, Began):
                if self._line_begins + told.start < self._spoken_until:
                    yield Interrupted(self._line_begins + told.start)
                continue
            yield from self._hear(told.start, told.end, told.samples)

    def finish(self) -> Iterator[Replied]:
        """Answer what the end of the line cuts off."""
        for told in self._cutter.finish() if self._cutter else []:
            yield from self._hear(told.start, told.end, told.samples)

    def _hear(self, start: float, end: float, samples: Samples) -> Iterator[Replied]:
        heard = self.ears.recogniser.hear(samples, language=language())
        if heard.text:
            yield self._reply(SaidByVoice(self._line_begins + start, self._line_begins + end, heard), is_live=True)

    def _open_chat(self, desk: ChatDesk) -> ChatView:
        chat = desk.find(self.secret)
        if chat is None:
            raise ChatOver
        return chat

    def _reply(self, said: SaidByVoice, *, is_live: bool) -> Replied:
        desk = ChatDesk(self.home, self.clock())
        chat = self._open_chat(desk)
        is_barge_in, spoken = is_live and said.start < self._spoken_until, _Spoken(self, said.end)
        heard = Timing(round(said.start, 3), round(said.end, 3), said.heard.confidence)
        line = SpokenLine(heard, said.heard.is_clear, spoken.time_answer)
        masked = replace(said, heard=Heard(mask_numbers(said.heard.text), said.heard.confidence))
        answer, words = None, self._identify(desk, chat, said.heard, line)
        if not words:
            answer = desk.say(chat, said.heard.text, line=line)
            words = answer.text if answer else ""
        return Replied(masked, words, spoken.sound, spoken.timing, answer, is_barge_in)

    def _identify(self, desk: ChatDesk, chat: ChatView, heard: Heard, line: SpokenLine) -> str:
        """Check who speaks where he says so, and return what is answered; empty where he speaks of something else."""
        if chat.account_id or not heard.is_clear:
            return ""
        found = find_claims(heard.text, today=desk.now.date())
        claims = self.claims.joined(found)
        conversation = desk.conversation_of(chat, desk.tools_of(chat))
        if not claims.account_id or conversation.has_danger(heard.text, now=desk.now):
            return ""
        self.claims = claims
        if not found.is_fact:
            return ""
        if not claims.code and len(claims.facts) < identity_rules().facts:
            more = text("voice.call.more_facts")
            desk.keep_identifying(chat, more, line=line)
            return more
        # What was heard wrongly is said again from the beginning; an attempt is counted once.
        self.claims = Claims(claims.account_id)
        facts = dict(claims.facts)
        secret = desk.identify(chat, account_id=claims.account_id, facts=facts, code=claims.code, line=line)
        self.secret = secret or self.secret
        return text("chat.turn.proven" if secret else "chat.turn.not_proven")

    def _speak(self, words: str) -> Samples | None:
        try:
            return self.voice.speak(words, spoken=language())
        except (EngineFailed, SoundRefused) as failed:
            # The words go out all the same; a line that cannot speak them shows or reads them another way.
            log.warning("customer_voice.speech_failed", extra={"kind": type(failed).__name__})
            return None


@dataclass
class _Spoken:
    """An answer being spoken: its sound, and when."""

    call: VoiceCall
    after: float
    sound: Samples | None = None
    timing: Timing | None = None

    def time_answer(self, words: str) -> Timing:
        """Speak an answer, and return from when to when it is heard."""
        self.sound = self.call._speak(words)
        lasts = len(words) * voice_rules().hearing.seconds_a_sign if self.sound is None else seconds_of(self.sound)
        self.timing = Timing(round(self.after, 3), round(self.after + lasts, 3))
        # What was only shown is not talked over.
        self.call._spoken_until = self.timing.end if self.sound is not None else self.after
        return self.timing
