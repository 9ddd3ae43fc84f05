"""Repositories with a model, candidates without training, and the verbs as processes, for tests and benchmarks."""

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from functools import cache
from pathlib import Path

from servers import FIXTURES, ROOT

from registry.artifacts import archive
from registry.judging import reporting
from registry.specs import models

IDENTITY = {
    "GIT_AUTHOR_NAME": "someone", "GIT_AUTHOR_EMAIL": "someone@example.org",
    "GIT_COMMITTER_NAME": "someone", "GIT_COMMITTER_EMAIL": "someone@example.org",
}  # fmt: skip
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")} | IDENTITY
TEMPLATE = ROOT / "tests/fixtures/template"
INPUT, OUTPUT = "x", "y"
MB = 1024 * 1024


def git(root: Path, *words: str, **more: str) -> str:
    """Return what a Git command prints; it looks for no housekeeping to do. `more` goes into its environment."""
    command, environment = ["git", "-c", "maintenance.auto=false", *words], ENVIRONMENT | more
    return subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True).stdout


def commit(root: Path) -> None:
    """Commit all there is."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "a change")


def verb(root: Path, name: str, *words: str, code: int = 0) -> str:
    """Run a verb as a process, which must end with `code`; return all that it said."""
    command = [sys.executable, str(ROOT / f"scripts/{name}.py"), *words]
    done = subprocess.run(command, cwd=root, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def state(folder: Path) -> int:
    """Return all that lies below a folder as a number: where that is the same, but for the time, a verb finds the same."""
    found = ((_plain(path), path.lstat().st_mode, path.is_file() and _timeless(path)) for path in folder.rglob("*"))
    return hash(tuple(sorted(found)))


def _plain(path: Path) -> str:
    """Return a path, without what is drawn in the name of a file that is being written."""
    return re.sub(r"\.[^./]{8}\.new$", ".new", str(path))


def _timeless(path: Path) -> bytes:
    return re.sub(rb'"since": [0-9.]+', b"", path.read_bytes())


def candidate(root: Path, factor: float = 2.0, filler: int = 0, onnx: bytes | None = None, **facts: object) -> None:
    """Put a candidate of digits there, as build would; its golden predictions expect `factor` times the input.

    `filler` is how many MB that don't compress go into the artifact as well, `onnx` a model in place of the usual one.
    """
    import numpy as np  # which is not there where workflows are tested

    from registry.artifacts import golden

    (model,) = models.load(root, ["digits"])
    saved, folder = root / "saved", root / "candidates/digits"
    for old in (saved, folder):
        shutil.rmtree(old, ignore_errors=True)
    (saved / "assets.extra").mkdir(parents=True)
    folder.mkdir(parents=True)
    if onnx:
        (saved / "model.onnx").write_bytes(onnx)
    else:
        (saved / "saved_model.pb").write_text("J\nSavedModel")  # a field that nobody knows
        shutil.copy(FIXTURES / "double.tflite", saved / "assets.extra/model.tflite")
    row = np.array([[[1, 2, 3], [4, 5, 6]]], np.float32)
    golden.store(saved, golden.Golden({INPUT: row}, {OUTPUT: factor * row}, np.array([0])))
    with (saved / "filler").open("wb") as file:
        for _ in range(filler):  # piece by piece: Linux counts this process's peak into that of the ones it starts
            file.write(os.urandom(MB))
    artifact = archive.pack(saved, folder / f"digits-{model.version}.tar")
    shutil.rmtree(saved)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True).stdout.strip()
    report = {
        "model": "digits", "version": model.version, "description": model.spec["description"],
        "owners": model.spec["owners"], "task": "classification",
        "fingerprint": model.fingerprint, "commit": head, "clean": True, "built": "2026-01-01T00:00:00+00:00",
        "artifact": asdict(artifact), "data": model.section("data"), "training": model.spec["training"],
        "thresholds": model.spec["thresholds"], "changes": {"since": None, "differences": []}, "cross_validation": None,
        "weights_sha256": "0" * 64, "rows": {"train": 80, "holdout": 40},
        "lite": {"included": True, "reason": "r"}, "inputs": [], "outputs": [], "tools": {},
        "runtime": "onnx" if onnx else "litert", "metrics": {"accuracy": 0.95, "latency_ms": 0.1, "size_mb": 0.1},
        "slices": {"0": {"recall": 0.9}}, "confusion": None, "incumbent": None,
    }  # fmt: skip
    report |= facts
    (folder / "report.json").write_text(json.dumps(reporting.judged(report) | report, sort_keys=True))
    (folder / "report.svg").write_text("<svg/>")


def template(root: Path) -> Path:
    """Make `root` a repository as this one begins, whatever became of it since; return it."""
    return Path(shutil.copytree(_begun(), root, dirs_exist_ok=True))


@cache
def _begun() -> Path:
    """Return the one that all others of this process are copies of: of few files, and older than what they go through."""
    root = scratch()
    shutil.copytree(TEMPLATE, root, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    shutil.copy(ROOT / ".gitignore", root)
    git(root, "init", "--quiet", "--template=", "--initial-branch=main", ".")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "a change", GIT_COMMITTER_DATE="2026-01-01T00:00:00Z")
    git(root, "repack", "-a", "-d", "--quiet")
    return root


def scratch() -> Path:
    """Return a new folder that goes with this process."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    return folder
