"""t-SNE maps against scikit-learn's at its defaults: time and trustworthiness.

Run it by hand on a quiet machine: ``python benchmarks/embeddings.py [points] [dimensions]
[rounds]``, by default 5,000 x 128 and 1 round, which takes a minute. Both sides take turns, so that
a slow moment hits both; the last line says whether the goals are met.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as the command line sets it, for both sides

import numpy as np
from sklearn.manifold import TSNE
from sklearn.manifold import trustworthiness as their_trustworthiness

from tbreport.charts.tsne import NEIGHBOURS, tsne

MOST_TIME = 0.55  # of scikit-learn's
MOST_TRUST_LOST = 0.002
CLUSTERS = 20
COMPARED = 2_000  # points whose trustworthiness is reckoned for both


def clusters(points: int, dimensions: int) -> np.ndarray:
    """Gaussian clusters of float32, about as far apart as they are wide."""
    random = np.random.default_rng(0)
    centres = random.normal(0, 1, (CLUSTERS, dimensions))
    which = np.arange(points) % CLUSTERS
    return (centres[which] + random.normal(0, 1, (points, dimensions))).astype(np.float32)


def ours(data: np.ndarray) -> np.ndarray:
    return tsne(data).places


def theirs(data: np.ndarray) -> np.ndarray:
    return TSNE(random_state=0).fit_transform(data)


def timed(make, data: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Wall and processor seconds of one map, and the map."""
    wall, processor = time.perf_counter(), time.process_time()
    places = make(data)
    return time.perf_counter() - wall, time.process_time() - processor, places


def main(points: int = 5_000, dimensions: int = 128, rounds: int = 1) -> int:
    data = clusters(points, dimensions)
    tsne(data[:100])  # imports are not what is measured
    theirs(data[:100])
    some = np.random.default_rng(1).permutation(points)[:COMPARED]
    ratios, lost = [], []
    print(f"{points:,} x {dimensions}, {os.cpu_count()} processors")
    for number in range(rounds):
        turns = [("tbreport", ours), ("scikit-learn", theirs)]
        found = {}
        for name, make in turns if number % 2 == 0 else turns[::-1]:
            wall, processor, places = timed(make, data)
            trust = their_trustworthiness(data[some], places[some], n_neighbors=NEIGHBOURS)
            found[name] = wall, trust
            print(
                f"  {name:12}  {wall:6.2f} s  {processor:6.2f} s CPU  trustworthiness {trust:.4f}"
            )
        ratios.append(found["tbreport"][0] / found["scikit-learn"][0])
        lost.append(found["scikit-learn"][1] - found["tbreport"][1])
    ratio, worse = statistics.median(ratios), statistics.median(lost)
    met = ratio <= MOST_TIME and worse <= MOST_TRUST_LOST
    print(
        f"time {ratio:.2f}x (goal {MOST_TIME}), trustworthiness {-worse:+.4f}"
        f" (goal -{MOST_TRUST_LOST}): {'met' if met else 'NOT met'}"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
