"""What is said aloud: recorded prompts, the company's own engine for the rest, and half an answer never."""

import datetime as dt

import numpy as np

from lamplighter.base.messages import Language
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.voice.claims import Claims, find_claims
from lamplighter.business.service_desk.voice.sound import Samples, write_wav
from lamplighter.business.service_desk.voice.speaking import Silent, Voice, list_prompts, plan_speech
from tests.business.service_desk.voice.sounds import silence, tone

ASKED = "好的，正在为您转接人工。"


class Engine:
    """Speaks a tenth of a second for each sign, and keeps what it spoke."""

    def __init__(self) -> None:
        self.spoken: list[str] = []

    def speak(self, words: str, *, language: Language) -> Samples | None:
        self.spoken.append(words)
        return tone(0.1 * len(words))


class TestAnAnswer:
    def test_is_a_recorded_prompt_and_the_rest_by_the_engine_with_figures_in_words(self, tmp_path):
        folder = tmp_path / "zh"
        folder.mkdir()
        (folder / "service_desk.hand_over.say.asked.wav").write_bytes(write_wav(silence(2.0)))
        engine = Engine()

        sound = Voice(tmp_path, engine).speak(f"电费12.50元。{ASKED}", spoken="zh")

        assert engine.spoken == ["电费十二元五角。"]
        # Eight signs take 0.8 s, the prompt 2.0 s.
        assert sound is not None
        assert len(sound) == 12800 + 32000
        assert np.abs(sound[12800:]).max() == 0.0

    def test_that_cannot_be_spoken_to_its_end_is_not_spoken_at_all(self, tmp_path):
        (tmp_path / "zh").mkdir()
        (tmp_path / "zh" / "service_desk.hand_over.say.asked.wav").write_bytes(write_wav(silence(1.0)))
        voice = Voice(tmp_path, Silent())

        assert voice.speak(f"电费12.50元。{ASKED}", spoken="zh") is None
        assert voice.speak(ASKED, spoken="zh") is not None

    def test_in_english_keeps_its_figures(self):
        [part] = plan_speech("The bill is 12.50 yuan.", spoken="en")

        assert (part.message_id, part.words) == ("", "The bill is 12.50 yuan.")


class TestPrompts:
    def test_that_are_missing_are_listed_with_their_file(self, tmp_path):
        home = Home(tmp_path)
        before = list_prompts(home, spoken="zh")
        asked = next(each for each in before if each.words == ASKED)
        asked.file.parent.mkdir(parents=True)
        asked.file.write_bytes(write_wav(silence(1.0)))

        after = list_prompts(home, spoken="zh")

        assert asked.file.name == "service_desk.hand_over.say.asked.wav"
        assert sum(each.is_recorded for each in before) == 0
        assert [each.message_id for each in after if each.is_recorded] == ["service_desk.hand_over.say.asked"]

    def test_have_no_gap_in_them(self, tmp_path):
        assert not [each.message_id for each in list_prompts(Home(tmp_path)) if "{" in each.words]


class TestWhoSomebodySaysHeIs:
    TODAY = dt.date(2026, 3, 9)

    def test_is_account_and_facts_as_they_are_spoken(self):
        found = find_claims("户号是0012345671,我叫王建国,手机尾号5678", today=self.TODAY)

        assert found == Claims("0012345671", {"telephone": "5678", "name": "王建国"})

    def test_is_meter_address_and_code_as_well(self):
        assert find_claims("表号后四位8765", today=self.TODAY).facts == {"meter": "8765"}
        assert find_claims("地址是幸福路12号", today=self.TODAY).facts == {"address": "幸福路12号"}
        assert find_claims("验证码是123456", today=self.TODAY).code == "123456"

    def test_of_another_account_forgets_the_facts_of_the_one_before(self):
        one, other = Claims("1", {"name": "王建国"}), Claims("2", {"meter": "8765"})

        assert one.joined(Claims("", {"meter": "8765"})).facts == {"name": "王建国", "meter": "8765"}
        assert one.joined(other) == other
