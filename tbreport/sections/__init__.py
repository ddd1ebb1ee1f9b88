"""The sections of a report, in their order: a new one is one file and one line here."""

from __future__ import annotations

from tbreport.sections.audio import AUDIO
from tbreport.sections.baseline import BASELINE
from tbreport.sections.custom import CUSTOM
from tbreport.sections.data_quality import DATA_QUALITY
from tbreport.sections.embeddings import EMBEDDINGS
from tbreport.sections.filters import FILTERS
from tbreport.sections.findings import FINDINGS
from tbreport.sections.gates import GATES
from tbreport.sections.gradients import GRADIENTS
from tbreport.sections.graph import GRAPH
from tbreport.sections.hparams import HPARAMS
from tbreport.sections.images import IMAGES
from tbreport.sections.kit import Section
from tbreport.sections.mesh import MESH
from tbreport.sections.overview import OVERVIEW
from tbreport.sections.pr_curves import PR_CURVES
from tbreport.sections.scalars import SCALARS
from tbreport.sections.tensors import TENSORS
from tbreport.sections.text import TEXT
from tbreport.sections.weights import WEIGHTS

SECTIONS: tuple[Section, ...] = (
    GATES,
    FINDINGS,
    BASELINE,
    OVERVIEW,
    HPARAMS,
    SCALARS,
    GRADIENTS,
    WEIGHTS,
    FILTERS,
    EMBEDDINGS,
    IMAGES,
    AUDIO,
    TEXT,
    PR_CURVES,
    MESH,
    GRAPH,
    CUSTOM,
    TENSORS,
    DATA_QUALITY,
)
