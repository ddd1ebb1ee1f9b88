import io
import wave

import numpy as np
import pytest

from tbreport.model import AudioClip, AudioSeries
from tbreport.options import Options
from tbreport.sections import audio
from tests.make import START, logs, run
from tests.sections.plain import said


def wav(values, width=2, rate=8000, channels=1):
    """Samples in -1..1 as a PCM WAV; every channel but the first is silent."""
    full = 2 ** (8 * width - 1)
    frames = np.zeros((len(values), channels), np.int64)
    frames[:, 0] = np.clip(np.round(np.asarray(values) * full), -full, full - 1)
    if width == 1:
        frames += 128
    raw = b"".join(int(v).to_bytes(width, "little", signed=width > 1) for v in frames.flat)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(raw)
    return buffer.getvalue()


TONE = np.sin(np.arange(800) / 8)


def series(*clips, tag="sound"):
    steps = np.arange(len(clips))
    kept = tuple((clip,) for clip in clips)
    return AudioSeries(tag, steps, START + steps.astype(float), clips=kept, logged=len(clips))


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_pcm_of_every_width_is_decoded(width, channels):
    found = audio.decode_wav(wav(TONE, width, 16000, channels))
    assert (found.rate, found.channels, len(found.values)) == (16000, channels, 800)
    assert np.abs(found.values - TONE).max() < max(2.0 ** -(8 * width - 2), 1e-7)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"<script>", wav(TONE)[:40], wav([])])
def test_what_is_no_sound_is_none(data):
    assert audio.decode_wav(data) is None


@pytest.mark.parametrize(
    ("clip", "mime"),
    [
        (AudioClip(wav(TONE), "audio/wav"), "audio/wav"),
        (AudioClip(wav(TONE), ""), "audio/wav"),
        (AudioClip(b"\xff\xfb\x90", "audio/mpeg"), "audio/mpeg"),
        (AudioClip(b"<script>alert(1)</script>", "text/html"), ""),
        (AudioClip(b"<script>alert(1)</script>", "audio/wav"), ""),
        (AudioClip(wav(TONE), "audio/mpeg"), ""),
        (AudioClip(b"", ""), ""),
    ],
)
def test_only_bytes_that_are_what_they_say_are_played(clip, mime):
    assert audio.playable(clip) == mime


def test_a_panel_plays_and_draws_newest_first():
    clips = [AudioClip(wav(TONE * level), "audio/wav", 8000.0) for level in (0.2, 0.6, 1.2)]
    (panel,) = audio.build(logs(run("a", {}, series(*clips))), (), Options()).panels
    assert [sound.caption for sound in panel.sounds] == ["step 2", "step 1", "step 0"]
    assert panel.figures[0].caption.startswith("step 2 · 8,000 Hz · 100 ms · peak 1 · ")
    assert "clipped" in panel.figures[0].caption
    assert "clipped" not in panel.figures[1].caption
    assert panel.figures[0].chart.draw().png.startswith(b"\x89PNG")


def test_what_can_not_be_played_is_said():
    clip = AudioClip(b"<script>alert(1)</script>", "text/html")
    (panel,) = audio.build(logs(run("a", {}, series(clip))), (), Options()).panels
    assert not panel.sounds
    assert said(panel) == ["a, step 0: 25 B of a kind no browser plays."]
