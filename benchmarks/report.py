"""Whole reports against what people write today: one process each, wall and CPU time, bytes.

Run it by hand on a quiet machine: ``python benchmarks/report.py LOGDIR [ROUNDS] [NAIVE]``.

LOGDIR holds scalars only, such as a million of them: eight runs of 200 tags and 625 steps each.
NAIVE is a script ``NAIVE LOGDIR OUT`` to compare with: by default the one below, tbparse and
pyplot, a chart a tag, base64 into a template. The contestants take turns; ratios are medians over
rounds with their range. Both sides are checked to hold the same number of figures.
"""

from __future__ import annotations

import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FIGURES = re.compile(r'<figure(?:>| [^>]*data-tag="([^"]+)")')

NAIVE = """
import base64, io, sys
import jinja2, matplotlib
from tbparse import SummaryReader
matplotlib.use("agg")
import matplotlib.pyplot as plt
frame = SummaryReader(sys.argv[1], extra_columns={"dir_name"}).scalars
images = []
for tag in sorted(frame.tag.unique()):
    figure, axes = plt.subplots(figsize=(6.4, 3.6), dpi=100)
    for name, group in frame[frame.tag == tag].groupby("dir_name"):
        axes.plot(group.step, group.value, label=name, lw=1.2)
    axes.set_title(tag); axes.set_xlabel("step"); axes.grid(alpha=0.3); axes.legend(fontsize=7)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    plt.close(figure)
    images.append((tag, base64.b64encode(buffer.getvalue()).decode()))
template = ("<!doctype html><h1>report</h1>{% for tag, image in images %}<figure><figcaption>"
            "{{tag}}</figcaption><img src='data:image/png;base64,{{image}}'></figure>{% endfor %}")
open(sys.argv[2], "w").write(jinja2.Template(template).render(images=images))
print(len(images), "tags,", len(frame), "points")
"""


def timed(command: list[str]) -> tuple[float, float, str]:
    """Wall and CPU seconds of a process and of its children, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, done.stdout


def main() -> None:
    logdir = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as folder:
        script = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(folder, "naive.py")
        if len(sys.argv) <= 3:
            script.write_text(NAIVE, encoding="utf-8")
        out = Path(folder, "report.html")
        tbreport = [sys.executable, "-m", "tbreport", logdir, "-q", "-o", str(out)]
        contestants = {
            "naive": [sys.executable, str(script), logdir, str(out)],
            "one process": [*tbreport, "--jobs", "1"],
            "two processes": [*tbreport, "--jobs", "2"],
        }
        walls: dict[str, list[float]] = {name: [] for name in contestants}
        cpus: dict[str, list[float]] = {name: [] for name in contestants}
        sizes: dict[str, int] = {}
        tags: dict[str, int] = {}
        for _ in range(rounds):
            for name, command in contestants.items():
                wall, cpu, _ = timed(command)
                walls[name].append(wall)
                cpus[name].append(cpu)
                page = out.read_text(encoding="utf-8")
                sizes[name] = len(page.encode())
                tags[name] = (
                    len(set(FIGURES.findall(page))) if name != "naive" else page.count("<figure>")
                )
    if len({tags["naive"], tags["one process"]}) != 1:
        print(f"unequal: {tags} figures")
    print(f"{'':14} {'wall s':>8} {'CPU s':>8} {'MB':>8}  naive is slower by")
    for name in contestants:
        ratios = [a / b for a, b in zip(walls["naive"], walls[name], strict=True)]
        wall, cpu = statistics.median(walls[name]), statistics.median(cpus[name])
        spread = f"x{statistics.median(ratios):.1f} ({min(ratios):.1f}-{max(ratios):.1f})"
        print(f"{name:14} {wall:8.2f} {cpu:8.2f} {sizes[name] / 1e6:8.2f}  {spread}")


if __name__ == "__main__":
    main()
