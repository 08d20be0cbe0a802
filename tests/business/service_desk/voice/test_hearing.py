"""What was heard, how sure one is, and what is made of it."""

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from lamplighter.base.settings import Home
from lamplighter.business.service_desk.voice import hearing, weights
from lamplighter.business.service_desk.voice.detection import Silero, cut
from lamplighter.business.service_desk.voice.engines import EngineFailed
from lamplighter.business.service_desk.voice.hearing import (
    EngineRecogniser,
    Heard,
    can_hear,
    hear_recording,
    open_ears,
    weigh_segments,
)
from lamplighter.business.service_desk.voice.rules import voice_rules
from lamplighter.business.service_desk.voice.settings import VoiceSettingsInvalid, read_voice_settings
from lamplighter.business.service_desk.voice.sound import read_wav
from lamplighter.business.service_desk.voice.weights import PinnedWeights, VoiceNeedsExtra, WeightsBroken
from tests.business.service_desk.voice.fakes import ears, utterances
from tests.business.service_desk.voice.sounds import silence

PROMPT = voice_rules().hearing.prompt_zh


class TestSegments:
    def test_come_in_simplified_characters_with_numbers_as_figures(self):
        assert weigh_segments([("戶號一零零零零零零二四八", -0.1)], prompt=PROMPT).text == "户号1000000248"

    def test_are_as_sure_as_their_tokens_on_average(self):
        # exp(−(0.2 × 4 + 0.6 × 4) / 8) = exp(−0.4) = 0.67.
        assert weigh_segments([("我要报修", -0.2), ("家里停电", -0.6)], prompt=PROMPT).confidence == 0.67

    @pytest.mark.parametrize(
        "made_up", ["户号、电费、电价、电表", "我的电价,我的电价,我的电价。", "供电服务热线的普通话录音"]
    )
    def test_that_echo_the_prompt_or_repeat_themselves_are_not_believed(self, made_up: str) -> None:
        assert not weigh_segments([(made_up, -0.1)], prompt=PROMPT).is_clear

    def test_that_only_name_what_the_prompt_names_are_believed(self):
        assert weigh_segments([("我家停电了", -0.1)], prompt=PROMPT).is_clear
        assert weigh_segments([("电费", -0.1)], prompt=PROMPT).is_clear

    def test_of_nothing_are_nothing(self):
        assert weigh_segments([], prompt=PROMPT) == Heard("", 0.0)


class TestARecording:
    def test_is_heard_utterance_by_utterance_with_its_times(self):
        found = hear_recording(utterances(2), ears=ears("我家停电了", ("电费", 0.3)), language="zh")

        assert [(each.heard.text, each.heard.is_clear) for each in found] == [("我家停电了", True), ("电费", False)]
        assert [each.start for each in found] == pytest.approx([1.0, 3.0], abs=0.032)

    def test_leaves_out_what_only_sounded_like_speech(self):
        assert hear_recording(utterances(1), ears=ears(""), language="zh") == ()


class TestACompany:
    def test_without_the_extra_is_told_in_words_what_voice_needs(self, tmp_path, monkeypatch):
        monkeypatch.setattr(hearing, "has_extra", lambda: False)

        assert not can_hear(Home(tmp_path))
        with pytest.raises(VoiceNeedsExtra, match=r"\./run voice"):
            open_ears(Home(tmp_path))

    def test_may_name_an_engine_of_its_own_instead(self, tmp_path, monkeypatch):
        monkeypatch.setattr(hearing, "has_extra", lambda: False)
        home = company(tmp_path, '[hearing]\nengine = "http://127.0.0.1:9/hear"\n')

        assert can_hear(home)
        assert isinstance(open_ears(home).recogniser, EngineRecogniser)

    @pytest.mark.parametrize(
        "own",
        [
            '[hearing]\nengine = "http://asr.example/hear"',
            '[hearing]\nmodel = "x"',
            "[sight]",
            "hearing = 3",
            "[hearing",
        ],
        ids=["not encrypted", "unknown field", "unknown section", "no section", "no TOML"],
    )
    def test_whose_settings_mean_nothing_is_told_so(self, own: str, tmp_path: Path) -> None:
        with pytest.raises(VoiceSettingsInvalid, match=r"voice\.toml"):
            read_voice_settings(company(tmp_path, own))


def company(folder: Path, settings: str) -> Home:
    home = Home(folder)
    home.settings.mkdir(parents=True)
    (home.settings / "voice.toml").write_text(settings, encoding="utf-8")
    return home


class Engine(BaseHTTPRequestHandler):
    """A company's own recogniser; it keeps what it was sent."""

    answer: ClassVar[bytes] = b"{}"
    heard: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((str(self.headers["Content-Language"]), content))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *given: Any) -> None: ...


@pytest.fixture
def engine() -> Iterator[str]:
    Engine.heard = []
    with HTTPServer(("127.0.0.1", 0), Engine) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hear"
        server.shutdown()
        thread.join()


class TestAnEngine:
    def test_gets_the_utterance_as_a_file_and_its_words_are_made_alike(self, engine):
        Engine.answer = json.dumps({"text": "戶號幺二三四五六七八", "confidence": 0.75}).encode()

        heard = EngineRecogniser(engine, 5.0).hear(silence(0.5), language="zh")

        assert heard == Heard("户号12345678", 0.75)
        [(language, content)] = Engine.heard
        assert (language, len(read_wav(content, name="sent"))) == ("zh", 8000)

    @pytest.mark.parametrize("answer", [b"", b"[]", b'{"text": "a"}', b'{"text": "a", "confidence": 7}'])
    def test_that_answers_something_else_has_failed(self, engine: str, answer: bytes) -> None:
        Engine.answer = answer

        with pytest.raises(EngineFailed, match="did not answer as it should"):
            EngineRecogniser(engine, 5.0).hear(silence(0.1), language="zh")

    def test_that_is_not_there_has_failed(self):
        with pytest.raises(EngineFailed, match="URLError"):
            EngineRecogniser("http://127.0.0.1:9/hear", 1.0).hear(silence(0.1), language="zh")


@pytest.fixture
def halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PinnedWeights:
    """Two packages with half a model each, and the pin of the whole."""
    for name, content in (("model_part1", b"first "), ("model_part2", b"second")):
        # Of an earlier test, from its own folder.
        monkeypatch.delitem(sys.modules, name, raising=False)
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        (tmp_path / name / "bin").write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    digest = hashlib.sha256(b"first second").hexdigest()
    return PinnedWeights("tiny", {"model.bin": digest}, {"model.bin": ("model_part1/bin", "model_part2/bin")})


class TestWeights:
    def test_are_put_together_once_and_checked(self, halves, tmp_path):
        folder = weights.ensure_weights(tmp_path / "models", pins=halves)

        assert (folder / "model.bin").read_bytes() == b"first second"
        assert folder == weights.ensure_weights(tmp_path / "models", pins=halves)

    def test_that_are_not_the_pinned_ones_are_not_kept(self, halves, tmp_path):
        (tmp_path / "model_part2" / "bin").write_bytes(b"changed")

        with pytest.raises(WeightsBroken, match=r"model\.bin"):
            weights.ensure_weights(tmp_path / "models", pins=halves)
        assert list((tmp_path / "models" / "speech").iterdir()) == []

    def test_without_their_packages_are_asked_for(self, tmp_path):
        missing = PinnedWeights("none", {"model.bin": "0" * 64}, {"model.bin": ("no_such_package/bin",)})

        with pytest.raises(VoiceNeedsExtra):
            weights.ensure_weights(tmp_path, pins=missing)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("voice") / "said.wav"
    words = "My account number is one two three four five six seven eight."
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "140", "-w", str(file), words], check=True)
    content = file.read_bytes()
    rate = int.from_bytes(content[24:28], "little")
    samples = np.frombuffer(content[44:], "<i2").astype(np.float32) / 32768
    at = np.arange(0, len(samples) - 1, rate / 16000)
    resampled = np.interp(at, np.arange(len(samples)), samples).astype(np.float32)
    return np.concatenate([silence(1.0), resampled, silence(1.5)])


@pytest.mark.requires("asr", "espeak")
class TestWhisper:
    """The real recogniser and the real detector, on a machine's voice, which speaks English digits well."""

    def test_finds_the_one_utterance_and_hears_its_digits(self, spoken, tmp_path):
        ears = open_ears(Home(tmp_path))

        found = hear_recording(spoken, ears=ears, language="en")

        assert len(found) == 1
        assert found[0].start == pytest.approx(1.0, abs=0.15)
        assert "12345678" in found[0].heard.text
        assert found[0].heard.is_clear

    def test_takes_noise_for_nobody(self):
        hum = (0.05 * np.random.default_rng(1).standard_normal(48000)).astype(np.float32)

        assert cut(hum, scorer=Silero()) == ()
