"""Speech to text as the product does it: seconds of CPU a second of sound, and errors on a machine's voice.

``python -m benchmarks.voice`` needs the extra ``asr`` and espeak-ng. No recordings of people can be had here: espeak-ng
is hardly intelligible in Chinese, so its errors say what the voice is worth rather than the recogniser.
"""

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.measuring import publish
from lamplighter.base.messages import LANGUAGES, Language
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.voice.detection import cut
from lamplighter.business.service_desk.voice.hearing import Ears, open_ears
from lamplighter.business.service_desk.voice.sound import Samples, seconds_of

NOTES = (
    "A machine's voice, not people's: no recordings of customers could be had, and these errors say nothing of a "
    "hotline. Measure on one's own recordings, dialects and bad lines among them, before telephones are answered.",
    "espeak-ng is hardly intelligible in Chinese, to people as well: its errors are mostly that voice's.",
    "A confidence says how sure the model is of its words, not that they are right: nonsense of the Chinese voice is "
    "believed as well. Whoever answers telephones sets `clear_share` by his own recordings.",
    "whisper-base (faster-whisper, int8, one thread, beam of 5) after Silero VAD; errors are edits over words said, "
    "digits each for itself. CPU is that of the process, the median of the utterances.",
)
SAID: dict[Language, list[str]] = {
    "en": [
        "My account number is one two three four five six seven eight.",
        "Why is my bill so high this month?",
        "There is no power in our house since this morning.",
        "When will the power come back?",
        "I would like to complain about the service.",
        "Please send somebody to look at the meter.",
    ],
    "zh": [
        "我家电费怎么突然这么高",
        "我家停电了什么时候来电",
        "我要投诉",
        "怀疑电表不准",
        "户号一二三四五六七八",
        "转人工",
    ],
}
VOICES: dict[Language, str] = {"en": "en-us", "zh": "cmn"}


def speak(words: str, voice: str, folder: Path) -> Samples:
    """Return words spoken by espeak-ng with a second of silence on either side, 16,000 samples a second."""
    file = folder / "said.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", "140", "-w", str(file), words], check=True)
    content = file.read_bytes()
    rate = int.from_bytes(content[24:28], "little")
    samples = np.frombuffer(content[44:], "<i2").astype(np.float32) / 32768
    at = np.arange(0, len(samples) - 1, rate / 16000)
    sound = np.interp(at, np.arange(len(samples)), samples).astype(np.float32)
    quiet = np.zeros(16000, np.float32)
    return np.concatenate([quiet, sound, quiet])


def errors(heard: list[str], said: list[str]) -> int:
    """Return how many words or signs must be put in, left out or changed."""
    row = list(range(len(said) + 1))
    for at, one in enumerate(heard, start=1):
        before, row[0] = row[0], at
        for step, other in enumerate(said, start=1):
            before, row[step] = row[step], min(row[step] + 1, row[step - 1] + 1, before + (one != other))
    return row[-1]


def units(words: str, language: Language) -> list[str]:
    """Return what errors are counted in: words of English, digits each for itself; signs of Chinese."""
    digits = dict(zip(["one", "two", "three", "four", "five", "six", "seven", "eight"], "12345678", strict=True))
    if language == "zh":
        return re.findall(r"[\u4e00-\u9fff\d]", words.translate(str.maketrans("一二三四五六七八", "12345678")))
    return [sign for word in re.findall(r"[a-z']+|\d", words.lower()) for sign in [digits.get(word, word)]]


def measure_language(language: Language, ears: Ears, folder: Path) -> dict[str, object]:
    """Return what was measured in one language, and what was heard of each sentence."""
    wrong = total = single = 0
    hearing, detecting, confidence = [], [], []
    for words in SAID[language]:
        sound = speak(words, VOICES[language], folder)
        started = time.process_time()
        utterances = cut(sound, scorer=ears.new_scorer())
        detecting.append((time.process_time() - started) / seconds_of(sound))
        single += len(utterances) == 1
        heard: list[str] = []
        for each in utterances:
            started = time.process_time()
            found = ears.recogniser.hear(each.samples, language=language)
            hearing.append((time.process_time() - started) / seconds_of(each.samples))
            heard += units(found.text, language)
            confidence.append(found.confidence)
            print(language, words, "->", found.text, found.confidence, flush=True)
        wrong += errors(heard, units(words, language))
        total += len(units(words, language))
    return {
        "voice": f"espeak-ng {VOICES[language]}",
        "sentences": len(SAID[language]),
        "one utterance found": single,
        "error rate (words, signs of Chinese)": wrong / total,
        "confidence (median)": median(confidence),
        "CPU s a second of speech": median(hearing),
        "CPU s a second of sound, detection": median(detecting),
    }


def main() -> None:
    """Measure and publish."""
    if shutil.which("espeak-ng") is None:
        raise SystemExit("benchmarks.voice: install espeak-ng first.")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        ears = open_ears(Home(folder / "home"))
        # The first utterance of a process is dearer than those that follow.
        ears.recogniser.hear(np.zeros(16000, np.float32), language="en")
        rows = [measure_language(language, ears, folder) for language in LANGUAGES]
    publish("voice", rows=rows, notes=NOTES)


if __name__ == "__main__":
    main()
