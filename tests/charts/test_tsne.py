"""t-SNE: neighbours stay neighbours, and the bytes do not depend on the machine's threads."""

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from tbreport.charts import BadData
from tbreport.charts.tsne import FEWEST, MANY, PERPLEXITY, tsne
from tbreport.points import neighbours
from tbreport.workers import Workers

FORK = multiprocessing.get_context("fork")
# Half of the points are equal to others, which is where threads would choose differently.
TIES = "np.random.default_rng(0).integers(0, 2, (1100, 10)).astype('f4')"


def cloud(count, dimensions, seed=0):
    return np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)


def two_clouds(count, dimensions):
    points = cloud(2 * count, dimensions)
    points[count:] += 12
    return points


@pytest.mark.slow
def test_the_digits_keep_their_neighbours():
    digits = load_digits()
    found = tsne(digits.data)
    near = neighbours(found.places, 10).rows
    assert (digits.target[near] == digits.target[:, None]).mean() >= 0.95
    assert found.perplexity == PERPLEXITY
    theirs = trustworthiness(digits.data, found.places, n_neighbors=12)
    assert found.trust == pytest.approx(theirs, abs=1e-4) and found.trust > 0.985
    assert 0.5 < found.divergence < 1.2


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_number_of_threads():
    code = (
        "import hashlib, numpy as np\n"
        "from tbreport.charts.tsne import tsne\n"
        f"found = tsne({TIES})\n"
        "print(hashlib.sha256(found.places.tobytes()).hexdigest(), found.divergence, found.trust)"
    )
    printed = set()
    for threads in ("1", "2", "3"):
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        command = [sys.executable, "-W", "error", "-c", code]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=600, check=True
        )
        printed.add(done.stdout)
    assert len(printed) == 1


def _places(points):
    return tsne(points).places.tobytes()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
@pytest.mark.parametrize("pool", [partial(ProcessPoolExecutor, 1, FORK), partial(Workers, 1, int)])
def test_a_forked_worker_makes_the_same_map(pool):
    points = two_clouds(MANY // 2, 5)
    here = _places(points)  # starts OpenMP's threads, which a fork does not have
    with pool() as worker:
        assert worker.submit(_places, points).result(timeout=300) == here


def test_two_clouds_are_two_clusters():
    found = tsne(two_clouds(60, 70))
    assert found.places.shape == (120, 2)
    np.testing.assert_allclose(found.places.mean(axis=0), 0, atol=1e-9)
    near = neighbours(found.places, 5).rows
    assert ((near < 60) == (np.arange(120) < 60)[:, None]).all()


@pytest.mark.parametrize(
    "points",
    [
        cloud(FEWEST, 3),
        cloud(40, 1),
        np.outer(np.arange(30.0), np.ones(4)),
        np.repeat(cloud(2, 4), 20, axis=0),
        cloud(30, 4) * np.float32(1e37),
        cloud(30, 4) * np.float32(1e-37),
        cloud(12, 300),
    ],
    ids=["fewest", "one dimension", "a line", "two points", "huge", "tiny", "wide"],
)
def test_odd_clouds_have_a_map(points):
    found = tsne(points)
    assert found.places.shape == (len(points), 2)
    assert np.isfinite(found.places).all() and found.places.std() > 0
    assert np.isfinite(found.divergence) and 0 <= found.trust <= 1


@pytest.mark.parametrize("points", [cloud(FEWEST - 1, 3), np.ones((20, 3)), np.zeros((0, 3))])
def test_what_has_no_map_says_so_in_a_sentence(points):
    with pytest.raises(BadData, match=r"^(t-SNE needs|All points are equal).*\.$"):
        tsne(points)
