"""Reading against peers: whole processes, wall time without imports, points and sums compared.

Run it by hand on a quiet machine: ``python benchmarks/read.py LOGDIR [ROUNDS] [PEER,PEER]``.

Contestants: tbreport; RustBoard (tensorboard-data-server, all samples kept, from its start to
"Finished load cycle"); tensorboard's EventAccumulator without sampling; tbparse; and, as the limit,
a scan in C on one thread that frames, checks every CRC with the processor's instruction and decodes
scalars. They take turns; ratios are medians over rounds with their range. Peers that are not
installed, and the scan where there is no gcc or no SSE 4.2, are left out with a word.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TBREPORT = """
import sys, time
from tbreport.read.logdir import read_logs
start = time.perf_counter()
logs = read_logs(sys.argv[1])
wall = time.perf_counter() - start
kinds = [kind for run in logs.runs for kind in (run.scalars, run.histograms, run.images)]
series = [one for kind in kinds for one in kind.values()]
values = sum(float(one.values.sum()) for run in logs.runs for one in run.scalars.values())
"""
ACCUMULATOR = """
import glob, os, sys, time
from tensorboard.backend.event_processing import event_accumulator as ea
from tensorboard.util import tensor_util
start = time.perf_counter()
found = []
files = glob.glob(sys.argv[1] + "/**/*tfevents*", recursive=True)
for folder in sorted({os.path.dirname(file) for file in files}):
    one = ea.EventAccumulator(folder, size_guidance={kind: 0 for kind in ea.DEFAULT_SIZE_GUIDANCE})
    found.append(one.Reload())
wall = time.perf_counter() - start
"""
TBPARSE = """
import sys, time
from tbparse import SummaryReader
start = time.perf_counter()
frame = SummaryReader(sys.argv[1], extra_columns={"dir_name"}).scalars
wall = time.perf_counter() - start
"""
COUNTS = {
    "tbreport": "print(wall, sum(one.logged for one in series), values)",
    "EventAccumulator": """
points, values = 0, 0.0
for one in found:
    for tag in one.Tags()["scalars"]:
        events = one.Scalars(tag)
        points += len(events)
        values += sum(event.value for event in events)
    for kind, read in (("histograms", one.Histograms), ("images", one.Images)):
        points += sum(len(read(tag)) for tag in one.Tags()[kind])
    for tag in one.Tags()["tensors"]:
        events = one.Tensors(tag)
        points += len(events)
        if not events[0].tensor_proto.tensor_shape.dim:
            values += sum(float(tensor_util.make_ndarray(e.tensor_proto)) for e in events)
print(wall, points, values)
""",
    "tbparse": "print(wall, len(frame), float(frame.value.sum()))",
}
SCAN = r"""
#include <nmmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
static uint32_t crc(const unsigned char *p, size_t n) {
  uint64_t c = 0xffffffff, word;
  for (; n >= 8; p += 8, n -= 8) { memcpy(&word, p, 8); c = _mm_crc32_u64(c, word); }
  uint32_t d = (uint32_t)c;
  while (n--) d = _mm_crc32_u8(d, *p++);
  d = ~d;
  return ((d >> 15) | (d << 17)) + 0xa282ead8u;
}
int main(int count, char **names) {
  struct timespec begin, end;
  double sum = 0; long points = 0, bad = 0;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  for (int i = 1; i < count; i++) {
    FILE *file = fopen(names[i], "rb");
    fseek(file, 0, SEEK_END); size_t size = ftell(file); rewind(file);
    unsigned char *data = malloc(size + 8);
    size = fread(data, 1, size, file); fclose(file);
    for (size_t o = 0; o + 16 <= size;) {
      uint64_t n; uint32_t check;
      memcpy(&n, data + o, 8); memcpy(&check, data + o + 8, 4);
      if (check != crc(data + o, 8) || o + 16 + n > size) { bad++; break; }
      memcpy(&check, data + o + 12 + n, 4);
      if (check != crc(data + o + 12, n)) bad++;
      unsigned char *p = data + o + 12, *stop = p + n;
      while (p < stop) {  /* scalars of every dialect: a float after tag 0x15 or 0x22 0x04 */
        if (*p == 0x2a) break;
        if (*p == 0x09) p += 9; else { p++; while (*p++ & 128); }
      }
      if (p < stop) {
        p++; while (*p++ & 128);
        while (p < stop && *p == 0x0a) {
          p++; unsigned length = *p & 127; if (*p++ & 128) length |= (unsigned)*p++ << 7;
          unsigned char *next = p + length;
          if (*p == 0x0a) { unsigned tag = p[1]; p += 2 + tag; }
          float value;
          if (*p == 0x15) { memcpy(&value, p + 1, 4); sum += value; points++; }
          else if (*p == 0x42 && p[6] == 0x22) { memcpy(&value, p + 8, 4); sum += value; points++; }
          p = next;
        }
      }
      o += 16 + n;
    }
    free(data);
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  double wall = end.tv_sec - begin.tv_sec + (end.tv_nsec - begin.tv_nsec) / 1e9;
  printf("%f %ld %f\n", wall, points, sum);
  return bad > 0;
}
"""


def python(name: str, script: str, logdir: str) -> tuple[float, int, float, int]:
    """Wall seconds without imports, points, their sum, and peak memory in MB of one process."""
    memory = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    code = f"{script}\n{memory}\n{COUNTS[name]}"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, logdir],
        check=True,
        capture_output=True,
        text=True,
    )
    peak, result = done.stdout.strip().splitlines()[-2:]
    wall, points, total = result.split()
    return float(wall), int(points), float(total), int(peak)


def rustboard(logdir: str) -> tuple[float, int, float, int]:
    """Start the data server, wait for the end of its first load; points are not asked for."""
    import tensorboard_data_server

    command = [tensorboard_data_server.server_binary(), "--logdir", logdir, "--port", "0"]
    command += ["--reload", "once", "-v", "-v", "--samples-per-plugin"]
    command += ["scalars=all,histograms=all,images=all"]
    start = time.perf_counter()
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in server.stderr or ():
        if "Finished load cycle" in line:
            break
    wall = time.perf_counter() - start
    status = Path(f"/proc/{server.pid}/status").read_text(encoding="utf-8")
    server.kill()
    server.wait()
    peak = re.search(r"VmHWM:\s+(\d+)", status)
    return wall, -1, float("nan"), int(peak[1]) // 1024 if peak else 0


def c_scan(program: str, logdir: str) -> tuple[float, int, float, int]:
    """The limit: one thread of C over the same files."""
    files = sorted(map(str, Path(logdir).rglob("*tfevents*")))
    done = subprocess.run([program, *files], capture_output=True, text=True, check=True)
    wall, points, total = done.stdout.split()
    return float(wall), int(points), float(total), 0


def contestants(logdir: str, folder: str) -> dict[str, object]:
    found: dict[str, object] = {"tbreport": lambda: python("tbreport", TBREPORT, logdir)}
    if shutil.which("gcc"):
        source, program = Path(folder, "scan.c"), str(Path(folder, "scan"))
        source.write_text(SCAN, encoding="utf-8")
        built = subprocess.run(["gcc", "-O2", "-msse4.2", str(source), "-o", program], check=False)
        if built.returncode == 0:
            found["C scan"] = lambda: c_scan(program, logdir)
    if importlib.util.find_spec("tensorboard_data_server"):
        found["RustBoard"] = lambda: rustboard(logdir)
    if importlib.util.find_spec("tensorboard"):
        found["EventAccumulator"] = lambda: python("EventAccumulator", ACCUMULATOR, logdir)
    if importlib.util.find_spec("tbparse"):
        found["tbparse"] = lambda: python("tbparse", TBPARSE, logdir)
    return found


def main() -> None:
    logdir = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    wanted = set(sys.argv[3].split(",")) if len(sys.argv) > 3 else None
    with tempfile.TemporaryDirectory() as folder:
        runners = contestants(logdir, folder)
        if wanted is not None:
            runners = {name: run for name, run in runners.items() if name in wanted | {"tbreport"}}
        results = {name: [] for name in runners}
        for _ in range(rounds):
            for name, runner in runners.items():
                results[name].append(runner())
    print(f"{'':18} {'wall s':>8} {'peak MB':>8} {'points':>10} {'sum':>14}  slower than tbreport")
    for name, rows in results.items():
        ratios = [row[0] / own[0] for row, own in zip(rows, results["tbreport"], strict=True)]
        spread = f"x{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        wall = statistics.median(row[0] for row in rows)
        _, points, total, peak = rows[0]
        print(f"{name:18} {wall:8.3f} {peak:8d} {points:10d} {total:14.2f}  {spread}")


if __name__ == "__main__":
    main()
