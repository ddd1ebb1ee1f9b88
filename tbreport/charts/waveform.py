"""A sound as a picture: its waveform above its spectrogram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tbreport.charts import Drawing
from tbreport.charts.style import SEQUENCE, run_colour

Floats = NDArray[np.float64]

WIDTH, HEIGHT = 560, 210  # CSS pixels
FLOOR_DB = -80.0  # below the loudest; quieter is drawn as silence
_WINDOWS = (64, 128, 256, 512, 1024)  # samples of a spectrum: about 100 of them in the picture


@dataclass(frozen=True, eq=False)
class Waveform:
    """One channel: ``samples`` float32 (n,) in -1..1, ``rate`` in Hz, ``colour`` of the run."""

    alt: str
    samples: NDArray[np.float32]
    rate: float
    colour: int = 0

    def draw(self) -> Drawing:
        """The envelope of the samples, and the power over frequency below it."""
        import matplotlib

        from tbreport.charts import figure as surface

        with matplotlib.rc_context(surface.settings()):
            figure = surface.make(WIDTH, HEIGHT)
            seconds = max(len(self.samples), 1) / self.rate
            wave = surface.add_axes(figure, (44, 8, WIDTH - 18, 80))
            x, low, high = self._envelope(seconds)
            colour = run_colour(self.colour)
            wave.fill_between(x, low, high, color=colour, linewidth=0.8, edgecolor=colour)
            wave.set(xlim=(0, seconds), ylim=(-1, 1), yticks=[-1, 0, 1], xticklabels=[])
            spectrum = surface.add_axes(figure, (44, 98, WIDTH - 18, HEIGHT - 22), grid=False)
            power = self._power()
            spectrum.imshow(
                power, origin="lower", aspect="auto", cmap=SEQUENCE, vmin=FLOOR_DB, vmax=0,
                extent=(0, seconds, 0, self.rate / 2000), interpolation="nearest",
            )  # fmt: skip
            spectrum.set_ylabel("kHz", labelpad=2)
            spectrum.set_xlim(0, seconds)
            return surface.finish(figure)

    def _envelope(self, seconds: float) -> tuple[Floats, Floats, Floats]:
        """The smallest and largest sample of each of at most 500 columns."""
        columns = min(len(self.samples), 500) or 1
        starts = np.linspace(0, len(self.samples), columns, endpoint=False).astype(int)
        if not len(self.samples):
            return np.zeros(1), np.zeros(1), np.zeros(1)
        samples = self.samples.astype(np.float64)
        low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
        return starts / self.rate, low, high

    def _power(self) -> Floats:
        """Decibels below the loudest: Hann windows that overlap by half; (frequencies, times)."""
        wanted = max(len(self.samples) / 50, _WINDOWS[0])
        size = max((window for window in _WINDOWS if window <= wanted), default=_WINDOWS[0])
        samples = np.pad(self.samples, (0, max(0, size - len(self.samples))))
        hop = max(size // 2, len(samples) // 800)
        frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
        power = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)) ** 2
        loudest = power.max() or 1.0
        decibels: Floats = np.maximum(10 * np.log10(power.T / loudest + 1e-12), FLOOR_DB)
        return decibels
