"""Audio: every kept clip with a player, a waveform, a spectrogram and its measures."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts.waveform import Waveform
from tbreport.model import AudioClip, AudioSeries, Finding, Logs
from tbreport.options import Options
from tbreport.sections.choice import choose_tags, evenly, grouped, title_in_group
from tbreport.sections.kit import Chapter, Figure, Note, Panel, Section, Sound
from tbreport.sections.words import counted
from tbreport.stats import format_bytes, format_duration, format_number

MOST_TAGS = 40
MOST_STEPS = 3  # clips weigh much: first, middle and last of a tag and run
MOST_BYTES = 2 << 20  # of one clip; a larger one is measured and drawn, but not packed in
CLIPPED = 0.999  # of full scale

# What browsers play (developer.mozilla.org, "Web audio codec guide"); the first bytes must agree.
_PLAYED = {
    "audio/wav": (b"RIFF",),
    "audio/x-wav": (b"RIFF",),
    "audio/mpeg": (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"ID3"),
    "audio/mp3": (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"ID3"),
    "audio/ogg": (b"OggS",),
    "audio/flac": (b"fLaC",),
}
_MIME = {"audio/x-wav": "audio/wav", "audio/mp3": "audio/mpeg"}


@dataclass(frozen=True)
class Samples:
    """A decoded WAV: ``values`` float32 (n,) of the first channel in -1..1; ``rate`` in Hz."""

    values: NDArray[np.float32]
    rate: int
    channels: int

    @property
    def facts(self) -> str:
        """Rate, length, peak and the share of samples at full scale."""
        peak = float(np.abs(self.values).max()) if len(self.values) else 0.0
        clipped = float((np.abs(self.values) >= CLIPPED).mean()) if len(self.values) else 0.0
        said = [
            f"{self.rate:,} Hz",
            format_duration(len(self.values) / self.rate),
            f"peak {format_number(peak)}",
        ]
        if self.channels > 1:
            said.insert(1, f"{self.channels} channels")
        if clipped:
            said.append(f"{clipped:.1%} clipped")
        return " · ".join(said)


def build(logs: Logs, findings: Sequence[Finding], options: Options) -> Chapter | None:
    """One panel a tag with the clips of all runs, newest first."""
    tags = {tag for run in logs.runs for tag in run.audio}
    if not tags:
        return None
    choice = choose_tags(tags, MOST_TAGS)
    panels = tuple(_panel(logs, tag, group) for group, tag in grouped(choice.tags))
    notes: tuple[Note, ...] = ()
    if choice.left_out:
        notes = (Note(f"{counted(choice.left_out, 'further tag')} not shown."),)
    return Chapter("audio", "Audio", panels, count=len(tags), notes=notes)


def _panel(logs: Logs, tag: str, group: str) -> Panel:
    figures: list[Figure] = []
    sounds: list[Sound] = []
    notes: list[Note] = []
    runs = []
    for place, run in logs.coloured:
        series = run.audio.get(tag)
        if series is None or not len(series):
            continue
        runs.append(run.name)
        if len(series) > MOST_STEPS or series.logged > len(series):
            shown = min(MOST_STEPS, len(series))
            notes.append(Note(f"{run.name}: {shown} of {counted(series.logged, 'step')} shown."))
        for step, clip in _clips(series):
            caption = f"step {step:,}" + (f" · {clip.label}" if clip.label else "")
            _add(clip, caption, tag, run.name, place, figures, sounds, notes)
    return Panel(
        title_in_group(tag),
        group=group,
        small=counted(len(sounds), "clip"),
        tag=tag,
        runs=tuple(runs),
        figures=tuple(figures),
        sounds=tuple(sounds),
        notes=tuple(notes),
    )


def _clips(series: AudioSeries) -> list[tuple[int, AudioClip]]:
    chosen = evenly(range(len(series)), MOST_STEPS)[::-1]
    return [(int(series.steps[index]), clip) for index in chosen for clip in series.clips[index]]


def _add(
    clip: AudioClip,
    caption: str,
    tag: str,
    run: str,
    place: int,
    figures: list[Figure],
    sounds: list[Sound],
    notes: list[Note],
) -> None:
    """Whatever can be shown of one clip, and a note on what can't."""
    samples = decode_wav(clip.data)
    if samples is not None:
        alt = f"Waveform and spectrogram of {tag} in {run}, {caption}: {samples.facts}."
        figure = Figure(
            Waveform(alt, samples.values, samples.rate, place), f"{caption} · {samples.facts}", run
        )
        figures.append(figure)
    mime = playable(clip)
    if not mime:
        notes.append(
            Note(f"{run}, {caption}: {format_bytes(len(clip.data))} of a kind no browser plays.")
        )
    elif len(clip.data) > MOST_BYTES:
        notes.append(
            Note(f"{run}, {caption}: {format_bytes(len(clip.data))}, too large to pack in.")
        )
    else:
        sounds.append(Sound(clip.data, mime, caption, run))


def playable(clip: AudioClip) -> str:
    """The MIME type to play the clip as, or "" unless type and first bytes are of a closed list."""
    kind = clip.content_type.split(";")[0].strip().lower() or "audio/wav"
    starts = _PLAYED.get(kind, ())
    return _MIME.get(kind, kind) if clip.data.startswith(starts or (b"\0" * 99,)) else ""


def decode_wav(data: bytes) -> Samples | None:
    """The first channel of a PCM WAV of 8, 16, 24 or 32 bits; None for anything else."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError, ValueError, RuntimeError):
        return None
    count = len(raw) // (width * channels) if width and channels else 0
    if rate <= 0 or count == 0 or width > 4:
        return None
    return Samples(_first_channel(raw[: count * width * channels], width, channels), rate, channels)


def _first_channel(raw: bytes, width: int, channels: int) -> NDArray[np.float32]:
    octets = np.frombuffer(raw, np.uint8).reshape(-1, channels, width)[:, 0]
    if width == 1:  # the only unsigned one
        return ((octets[:, 0].astype(np.float32) - 128) / 128).astype(np.float32)
    padded = np.zeros((len(octets), 4), np.uint8)
    padded[:, 4 - width :] = octets  # little-endian: the sign is in the last byte
    values = np.ascontiguousarray(padded).view("<i4")[:, 0]
    return (values / 2.0**31).astype(np.float32)


AUDIO = Section(
    "audio", "Audio", "Every clip with a player, its waveform and its spectrogram.", build
)
