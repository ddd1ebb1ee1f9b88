"""A logged image: decoded from bytes that nobody trusts and encoded anew.

Only the pixels reach the report. What an image file may carry besides (scripts in an SVG, EXIF,
a second format in the tail) is left behind, and an image too large to decode is refused by its
header.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tbreport.charts import BadData, Drawing
from tbreport.limits import DEFAULT

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
MOST_DECODED = 250_000_000  # pixels of all frames together: a frame needs those before it
MAX_SIDE = 640  # device pixels; shown at half of them
TINY = 64  # pixels of the longer side up to which an image is enlarged by nearest neighbour
ENLARGED = 160  # CSS pixels that a tiny image should come near to
HEAVY = 100_000  # bytes from which a picture is reduced to 256 colours
GAP = 4  # device pixels between the frames of a strip

# Python's warning filters belong to the whole process: two threads changing them at once would
# leave them changed.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, eq=False)
class Photo:
    """An encoded image: PNG, JPEG, GIF, BMP, WebP or TIFF.

    Large ones are shrunk to ``max_side`` device pixels and shown at half of that; tiny ones
    (a side of at most 64) keep their pixels and are shown enlarged by a whole factor. Of an
    animation up to ``frames`` evenly spaced frames stand side by side, the first and the last
    among them.
    """

    alt: str
    data: bytes
    frames: int = 6
    max_side: int = MAX_SIDE
    most_pixels: int = DEFAULT.image_pixels  # Pillow itself only warns below 89 million

    def draw(self) -> Drawing:
        """Decode and encode it anew. Raises BadData, in a sentence, for what can't be decoded."""
        images, note = decoded(self.data, max(1, self.frames), self.most_pixels)
        width, height = images[0].size
        tiny = max(width, height) <= TINY
        if not tiny:
            images = [_shrunk(image, self.max_side) for image in images]
        strip = _side_by_side(images, 1 if tiny else GAP)
        if tiny:
            factor = max(1, ENLARGED // max(width, height))
            return Drawing(png(strip), strip.width * factor, strip.height * factor, True, note)
        # Halves are rounded up, so that no picture is shown with more than 2 pixels for one.
        fine = 2 if max(width, height) > self.max_side // 2 else 1
        return Drawing(png(strip), -(-strip.width // fine), -(-strip.height // fine), note=note)


def decoded(
    data: bytes, most: int, most_pixels: int = DEFAULT.image_pixels
) -> tuple[list[Image], str]:
    """Up to ``most`` frames, 8 bits a channel, and a remark where these aren't all.

    Raises BadData, in a sentence, for what can't or must not be decoded.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("error")
        return _opened(data, most, most_pixels)


def _opened(data: bytes, most: int, most_pixels: int) -> tuple[list[Image], str]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > most_pixels:
                raise BadData(
                    f"The image claims {width:,} × {height:,} pixels; "
                    f"more than {most_pixels:,} are not decoded (limit image_pixels)."
                )
            return _frames(image, most)
    except BadData:
        raise
    except UnidentifiedImageError:
        raise BadData(_unknown(data)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadData("The image claims too many pixels to be decoded.") from None
    except Exception as error:  # whatever a decoder raises, it is the bytes that are ill
        raise BadData(f"The image is damaged: {_reason(error)}.") from error


def _unknown(data: bytes) -> str:
    if not data:
        return "The image is empty: no bytes were logged for it."
    start = data[:512].lstrip().lower()
    if start.startswith((b"<svg", b"<?xml", b"<!doctype", b"<html")):
        return "The image is SVG or HTML text, which is not shown."
    return (
        "The image is in no known format (PNG, JPEG, GIF, BMP, WebP, TIFF) or its start is damaged."
    )


def _reason(error: Exception) -> str:
    """What a decoder says, in one short line without addresses of objects."""
    line = (str(error).splitlines() or [""])[0].strip().rstrip(".")
    return line[:120] if line and " at 0x" not in line else type(error).__name__


def _frames(image: Image, most: int) -> tuple[list[Image], str]:
    count = int(getattr(image, "n_frames", 1))
    if count < 2:
        return [_eight_bit(image)], ""
    within = max(1, min(count, MOST_DECODED // (image.width * image.height)))
    places = sorted({round(place) for place in np.linspace(0, within - 1, min(most, within))})
    images = []
    for place in places:
        image.seek(place)
        images.append(_eight_bit(image))
    if len(places) == count:
        return images, f"{count} frames"
    beginning = f"the first {within:,} of " if within < count else ""
    return images, f"{len(places)} of {beginning}{count:,} frames"


def _eight_bit(image: Image) -> Image:
    """A copy in grey, RGB or RGBA; deeper numbers are scaled, not cut off."""
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, dtype=np.float64)
        if image.mode.startswith("I;16"):
            return Image.fromarray((values / 257 + 0.5).astype(np.uint8))
        finite = values[np.isfinite(values)]
        low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
        scaled = np.nan_to_num(values - low, nan=0.0, posinf=high - low, neginf=0.0)
        return Image.fromarray((scaled * (255 / max(high - low, 1e-300))).astype(np.uint8))
    if image.mode in ("1", "L"):
        return image.convert("L")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        copy = image.convert("RGBA")
        if copy.getchannel("A").getextrema() != (255, 255):
            return copy
    return image.convert("RGB")


def _shrunk(image: Image, side: int) -> Image:
    """The image with a longer side of at most ``side``, by averaging over areas."""
    from PIL.Image import Resampling

    longest = max(image.size)
    if longest <= side:
        return image
    size = (max(1, image.width * side // longest), max(1, image.height * side // longest))
    return image.resize(size, Resampling.BOX if longest > 4 * side else Resampling.LANCZOS)


def _side_by_side(images: list[Image], gap: int) -> Image:
    from PIL import Image

    if len(images) == 1:
        return images[0]
    width = sum(image.width for image in images) + gap * (len(images) - 1)
    strip = Image.new("RGBA", (width, max(image.height for image in images)), (0, 0, 0, 0))
    left = 0
    for image in images:
        strip.paste(image, (left, 0))
        left += image.width + gap
    return strip


def png(image: Image) -> bytes:
    """The PNG without metadata; a heavy one in 256 colours where that is smaller."""
    return min(_encodings(image), key=len)


def _encodings(image: Image) -> Iterator[bytes]:
    exact = _encoded(image)
    yield exact
    if len(exact) > HEAVY and image.mode != "L":
        yield _encoded(image.quantize(256))


def _encoded(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.info = {}  # what Pillow would write back: text, profiles, resolution
    image.save(buffer, format="PNG")
    return buffer.getvalue()
