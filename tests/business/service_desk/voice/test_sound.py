"""Sound from telephones and browsers: what is read, and what is refused with a sentence."""

import numpy as np
import pytest

from lamplighter.business.service_desk.voice.rules import SoundRules
from lamplighter.business.service_desk.voice.sound import (
    Decoder,
    Encoding,
    SoundFormat,
    SoundRefused,
    read_sound,
    read_wav,
    write_wav,
)
from tests.business.service_desk.voice.sounds import pcm, silence, tone, wav


class TestAWavFile:
    def test_of_16_bit_is_read_as_it_was_written(self):
        samples = read_wav(wav(struct_pcm(0, 16384, -32768)), name="a.wav")

        assert samples.tolist() == [0.0, 0.5, -1.0]

    @pytest.mark.parametrize(
        ("tag", "code", "value"),
        # ITU-T G.711: the loudest and the quietest codes of either law, in 16 bit.
        [(7, 0x80, 32124), (7, 0x00, -32124), (7, 0xFF, 0), (6, 0xAA, 32256), (6, 0x2A, -32256), (6, 0xD5, 8)],
    )
    def test_of_g711_is_read_by_its_law(self, tag: int, code: int, value: int) -> None:
        samples = read_wav(wav(bytes([code]), tag=tag, bits=8), name="call.wav")

        assert samples.tolist() == [value / 32768]

    def test_of_8_khz_has_twice_as_many_samples_and_the_same_tone(self):
        samples = read_wav(wav(pcm(tone(1.0, rate=8000)), rate=8000), name="call.wav")

        assert len(samples) == 16000
        spectrum = np.abs(np.fft.rfft(samples[2000:14000] * np.hanning(12000)))
        # Bins of 16000 / 12000 Hz: the tone of 440 Hz lies in bin 330, its mirror at 7560 Hz is gone.
        assert int(spectrum.argmax()) == 330
        assert spectrum[5670] < spectrum[330] / 300
        assert abs(float(np.abs(samples[2000:14000]).max()) - 0.5) < 0.01

    def test_is_the_same_after_being_written_and_read(self):
        samples = tone(0.1)

        assert np.abs(read_wav(write_wav(samples), name="a.wav") - samples).max() < 1e-4

    def test_of_a_stream_whose_size_was_not_known_is_read_to_its_end(self):
        content = bytearray(wav(pcm(silence(0.5))))
        content[40:44] = b"\xff\xff\xff\xff"

        assert len(read_wav(bytes(content), name="a.wav")) == 8000

    @pytest.mark.parametrize(
        ("content", "why", "said"),
        [
            (b"OggS and more", "no_wav", "call.wav is no WAV file"),
            (b"RIFF\x00\x00\x00\x00WAVE", "broken", "incomplete"),
            (wav(b"")[:30], "broken", "incomplete"),
            (wav(b""), "empty", "no sound"),
            (wav(bytes(8), channels=2), "channels", "2 channels"),
            (wav(bytes(8), tag=3, bits=32), "encoding", "format 3, 32 bit"),
            (wav(bytes(8), bits=24), "encoding", "24 bit"),
            (wav(bytes(8), rate=44100), "rate", "44100"),
            (wav(bytes(8), rate=0), "rate", "8000 or 16000"),
        ],
        ids=["other file", "head alone", "cut short", "nothing in it", "stereo", "float", "24 bit", "CD", "no rate"],
    )
    def test_that_cannot_be_used_is_refused_with_why_and_what_next(self, content: bytes, why: str, said: str) -> None:
        with pytest.raises(SoundRefused, match=said) as refused:
            read_wav(content, name="call.wav")

        assert (refused.value.why, refused.value.name) == (why, "call.wav")

    def test_longer_or_larger_than_the_rules_allow_is_refused(self):
        rules = SoundRules((16000,), longest_seconds=1.0, longest_question_seconds=1.0, largest_bytes=40_000)

        assert len(read_wav(wav(pcm(silence(1.0))), name="a.wav", rules=rules)) == 16000
        with pytest.raises(SoundRefused, match="1 s at most"):
            read_wav(wav(pcm(silence(1.1))), name="a.wav", rules=rules)
        with pytest.raises(SoundRefused, match="MB at most"):
            read_wav(wav(pcm(silence(1.5))), name="a.wav", rules=rules)

    def test_on_disk_is_named_by_its_file_alone(self, tmp_path):
        (tmp_path / "call.wav").write_bytes(b"nothing")

        with pytest.raises(SoundRefused, match=r"^call\.wav is no WAV"):
            read_sound(tmp_path / "call.wav")


class TestALine:
    @pytest.mark.parametrize("encoding", list(Encoding))
    @pytest.mark.parametrize("rate", [8000, 16000])
    def test_gives_the_same_samples_wherever_its_chunks_are_cut(self, encoding: Encoding, rate: int) -> None:
        content = np.random.default_rng(3).integers(0, 256, 3200, dtype=np.uint8).tobytes()
        form = SoundFormat(encoding, rate)
        whole = Decoder(form).decode(content)
        decoder = Decoder(form)

        parts = [decoder.decode(content[at : at + 321]) for at in range(0, len(content), 321)]

        assert np.allclose(np.concatenate(parts), whole, atol=1e-6)

    def test_of_another_rate_is_refused(self):
        with pytest.raises(SoundRefused, match="line 7 has 11025"):
            Decoder(SoundFormat(rate=11025), "line 7")


def struct_pcm(*values: int) -> bytes:
    return np.array(values, "<i2").tobytes()
