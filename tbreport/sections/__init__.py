"""The sections of a report, in their order: a new one is one file and one line here."""

from __future__ import annotations

from tbreport.sections.data_quality import DATA_QUALITY
from tbreport.sections.images import IMAGES
from tbreport.sections.kit import Section
from tbreport.sections.overview import OVERVIEW
from tbreport.sections.scalars import SCALARS
from tbreport.sections.text import TEXT

SECTIONS: tuple[Section, ...] = (OVERVIEW, SCALARS, IMAGES, TEXT, DATA_QUALITY)
