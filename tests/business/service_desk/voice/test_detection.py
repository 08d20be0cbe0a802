"""Utterances cut out of sound: where they begin and end, and that chunks do not matter."""

import numpy as np
import pytest

from lamplighter.business.service_desk.voice.detection import FRAME, Began, Cutter, Loudness, Utterance, cut
from lamplighter.business.service_desk.voice.rules import SpeechRules, voice_rules
from tests.business.service_desk.voice.sounds import noise, silence, tone

FRAME_SECONDS = FRAME / 16000  # 0.032
RULES = SpeechRules(start_share=0.5, stop_share=0.35, least_ms=160, pause_ms=700, pad_ms=200, longest_seconds=5.0)


def by_loudness() -> Loudness:
    return Loudness(voice_rules().loudness)


def times(found: tuple[Utterance, ...]) -> list[tuple[float, float]]:
    return [(each.start, each.end) for each in found]


class TestARecording:
    def test_is_cut_at_pauses_that_are_long_enough(self):
        # Silence 1 s, tone 1 s, pause 0.5 s (too short), tone 0.5 s, pause 1 s, tone 1 s, silence 1 s.
        parts = [silence(1), tone(1), silence(0.5), tone(0.5), silence(1), tone(1), silence(1)]

        found = times(cut(np.concatenate(parts), scorer=by_loudness(), rules=RULES))

        assert found == [pytest.approx(each, abs=FRAME_SECONDS) for each in ((1.0, 3.0), (4.0, 5.0))]

    def test_keeps_a_little_silence_on_either_side_of_an_utterance(self):
        [found] = cut(np.concatenate([silence(1), tone(1), silence(1)]), scorer=by_loudness(), rules=RULES)

        # 1.0 s of tone and 0.2 s before and after it, to a frame.
        assert len(found.samples) / 16000 == pytest.approx(1.4, abs=2 * FRAME_SECONDS)
        assert np.abs(found.samples[:2900]).max() == 0.0

    def test_of_silence_or_of_steady_noise_has_none(self):
        assert cut(silence(3), scorer=by_loudness(), rules=RULES) == ()
        assert cut(noise(3, level=0.003), scorer=by_loudness(), rules=RULES) == ()

    def test_hears_a_voice_above_steady_noise(self):
        sound = noise(4, level=0.003)
        sound[16000:32000] += tone(1)

        assert times(cut(sound, scorer=by_loudness(), rules=RULES)) == [pytest.approx((1.0, 2.0), abs=FRAME_SECONDS)]

    def test_takes_a_click_for_no_speech(self):
        # 0.1 s is under the least length of 0.16 s.
        assert cut(np.concatenate([silence(1), tone(0.1), silence(1)]), scorer=by_loudness(), rules=RULES) == ()

    def test_ends_an_utterance_with_the_recording(self):
        found = cut(np.concatenate([silence(1), tone(1)]), scorer=by_loudness(), rules=RULES)

        assert times(found) == [pytest.approx((1.0, 2.0), abs=FRAME_SECONDS)]

    def test_cuts_whoever_never_pauses_at_the_greatest_length(self):
        found = cut(np.concatenate([silence(1), tone(12)]), scorer=by_loudness(), rules=RULES)

        assert [round(each.end - each.start) for each in found] == [5, 5, 2]
        assert [each.start for each in found[1:]] == [each.end for each in found[:-1]]


class TestAStream:
    @pytest.mark.parametrize("milliseconds", [20, 100, 333])
    def test_gives_what_the_whole_recording_gives_however_it_is_cut(self, milliseconds: int) -> None:
        sound = np.concatenate([silence(1), tone(1), silence(1), tone(0.7), silence(1)])
        cutter, size = Cutter(by_loudness(), RULES), milliseconds * 16

        told = [each for at in range(0, len(sound), size) for each in cutter.feed(sound[at : at + size])]

        found = [each for each in told if isinstance(each, Utterance)]
        whole = cut(sound, scorer=by_loudness(), rules=RULES)
        assert [(each.start, each.end, len(each.samples)) for each in found] == [
            (each.start, each.end, len(each.samples)) for each in whole
        ]

    def test_says_that_somebody_began_before_he_is_done(self):
        cutter = Cutter(by_loudness(), RULES)
        cutter.feed(silence(1))

        assert cutter.feed(tone(0.1)) == []
        [began] = cutter.feed(tone(0.2))
        assert isinstance(began, Began)
        assert began.start == pytest.approx(1.0, abs=FRAME_SECONDS)
        assert cutter.is_speaking

    def test_brings_an_utterance_once_its_pause_is_over_and_not_before(self):
        cutter = Cutter(by_loudness(), RULES)
        cutter.feed(np.concatenate([silence(1), tone(1)]))

        assert cutter.feed(silence(0.6)) == []
        [said] = cutter.feed(silence(0.2))
        assert isinstance(said, Utterance)

    def test_of_an_hour_of_silence_keeps_hardly_anything(self):
        cutter = Cutter(by_loudness(), RULES)
        for _ in range(60):
            cutter.feed(silence(1))

        assert cutter.seconds == 60.0
        assert len(cutter._kept) < 8000
