"""`build` of a model whose load() yields 10 GB of rows in parts: the memory of all its processes together, seconds, disk."""

import hashlib
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import handmade
import registries
from servers import ROOT

ROWS, COLUMNS = 2_500_000, 1000  # of four bytes each
MOST = 3e9
GB = 1e9
OFTEN = 0.1  # seconds between two looks
SPEC = """\
version: 1.0.0
description: Tells three kinds of made rows apart.
owners: [us]
task: classification
data: {{path: rows.txt, sha256: {sha256}}}
training: {{seed: 7}}
thresholds: {{accuracy: {{min: 0.9}}}}
"""
DATA = """\
import numpy as np

PART = 5000


def load(path):
    rows, columns = map(int, path.read_text().split())
    for start in range(0, rows, PART):
        found = np.random.default_rng(start).random((PART, columns), np.float32)
        labels = np.arange(start, start + PART) % 3
        found[np.arange(PART), labels] += 1
        yield found, labels
"""
MODEL = """\
import numpy as np


def train(features, labels, *, seed, batches):
    sums, counts = np.zeros((3, features.shape[1])), np.zeros(3)
    for rows, kinds in batches(1000):
        for kind in range(3):
            sums[kind] += rows[kinds == kind].sum(axis=0)
        counts += np.bincount(kinds, minlength=3)
    return nearest(sums / counts[:, None], np.eye(3), 4)


"""


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each target: what, the figure, the target, whether it is met."""
    root, begun = repository(folder / "root"), time.monotonic()
    own, mapped, disk, before = 0, 0, 0, shutil.disk_usage(root).used
    with subprocess.Popen([sys.executable, str(ROOT / "scripts/build.py"), "heavy"], cwd=root) as process:
        while process.poll() is None:
            taken = [*map(memory, family(process.pid))]
            own, mapped = max(own, sum(one for one, _ in taken)), max(mapped, sum(one + more for one, more in taken))
            disk = max(disk, shutil.disk_usage(root).used - before)
            time.sleep(OFTEN)
    assert process.returncode == 0
    told = f"{own / GB:.2f} GB, with what is mapped of files {mapped / GB:.2f} GB"
    took = f"{time.monotonic() - begun:.0f} s, {disk / GB:.1f} GB of disk"
    what = f"build of {4 * ROWS * COLUMNS / GB:.0f} GB of rows in parts: peak memory of all its processes together"
    return [[what, f"{told}; {took}", f"less than {MOST / GB:.0f} GB", "yes" if mapped < MOST else "NO"]]


def repository(folder: Path) -> Path:
    """Make a repository with a model that NumPy trains by batches; return it."""
    root = registries.template(folder)
    here, rows = root / "models/heavy", f"{ROWS} {COLUMNS}\n"
    here.mkdir()
    texts = {"rows.txt": rows, "model.yaml": SPEC.format(sha256=hashlib.sha256(rows.encode()).hexdigest())}
    texts |= {"data.py": DATA, "model.py": MODEL + "".join(handmade.code().partition("def nearest")[1:])}
    for name, text in texts.items():
        (here / name).write_text(text, "utf-8")
    registries.commit(root)
    return root


def family(pid: int) -> list[Path]:
    """Return a process and all below it."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(") ")[2].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return [Path("/proc", str(one)) for one in found]


def memory(process: Path) -> tuple[int, int]:
    """Return how many bytes of memory a process holds for itself, and how many that it has mapped of files."""
    with suppress(OSError):
        lines = (process / "status").read_text().splitlines()
        own, files = (sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(names))
                      for names in (("RssAnon:", "RssShmem:"), ("RssFile:",)))  # fmt: skip
        return own, files
    return 0, 0
