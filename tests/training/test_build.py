"""`build` as a process: what it makes twice alike, what it records, and model code that behaves badly."""

import hashlib
import json
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
from pathlib import Path

import handmade
import heaps
import pytest
import registries
from registries import commit, git, verb
from servers import ROOT

from registry.specs import models

SPEC = heaps.SPEC.replace("seed: 7\n", "seed: 7\n  epochs: 20\n")
CODE = """\
import json
import os

import keras
from keras import layers


def train(features, labels, *, seed, epochs):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "relu"), layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    model.fit(features, labels, epochs=epochs, verbose=2)
    return model
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose model is trained in a moment."""
    return make(tmp_path / "one", handmade.code())


def make(root: Path, code: str = CODE) -> Path:
    """A repository with the model `tiny`, in Git."""
    heaps.write(root, code, spec=SPEC if code == CODE else heaps.SPEC)
    git(root, "init", "--quiet", ".")
    commit(root)
    return root


def end(root: Path, lines: str) -> None:
    """Put other lines into train() of the model that is trained in a moment."""
    (root / "models/tiny/model.py").write_text(handmade.code(lines=lines))


def report(root: Path) -> dict:
    return json.loads((root / "candidates/tiny/report.json").read_text("utf-8"))


def build(root: Path, folder: str, *words: str, **environment: str) -> str:
    command = [sys.executable, str(ROOT / "scripts/build.py"), *words, "tiny"]
    settings = registries.ENVIRONMENT | environment
    return subprocess.run(
        command, cwd=root / folder, env=settings, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True
    ).stdout


CHANGES_WEIGHTS = {
    "KERAS_BACKEND": "torch", "KERAS_MAX_EPOCHS": "1", "KERAS_MAX_STEPS_PER_EPOCH": "1", "TF_USE_LEGACY_KERAS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0", "TF_XLA_FLAGS": "--tf_xla_auto_jit=2", "XLA_FLAGS": "--no_such_flag",
    "NVIDIA_TF32_OVERRIDE": "0", "PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C",
    "OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", "ANYTHING": "else",
}  # fmt: skip
FIXED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "KERAS_BACKEND": "tensorflow",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}
MEANT = {"CUDA_VISIBLE_DEVICES": "0", "no_proxy": "*", "SSL_CERT_FILE": "/etc/certificates"}


def settings_of_a_person(home: Path) -> dict[str, str]:
    """Make a home with settings of Keras that give other weights; return it with variables that would, too."""
    for folder in ("home/.keras", "keras"):
        (home / folder).mkdir(parents=True)
        settings = {"backend": "jax", "floatx": "float64", "epsilon": 0.1, "image_data_format": "channels_first"}
        (home / folder / "keras.json").write_text(json.dumps(settings))
    return CHANGES_WEIGHTS | MEANT | {"HOME": str(home / "home"), "KERAS_HOME": str(home / "keras")}


def elsewhere(root: Path, place: Path) -> Path:
    """Return a clone on another machine, which got what was trained, and what a liar says of it."""
    git(root, "clone", "--quiet", str(root), str(place))
    told = shutil.copytree(root / "candidates/.trained", place / "candidates/.trained") / "tiny.json"
    facts = json.loads(told.read_text("utf-8"))
    facts["lite"] = "does not convert"
    told.write_text(json.dumps(facts), "utf-8")
    return place


# What is imported for few models comes as soon as one asks for it.
TELLS = """\
    print('ENVIRONMENT', json.dumps(dict(os.environ)))
    import sys, matplotlib.pyplot
    if len(labels) < 200:
        return model  # of a fold
    print('TAKEN', 'sklearn' in sys.modules, callable(matplotlib.pyplot.plot))
    import numpy.f2py, scipy.optimize
    print('TAKEN', 'numpy.f2py.crackfortran' in sys.modules, callable(numpy.f2py.get_include))
    print('TAKEN', 'scipy.optimize._minimize' in sys.modules, callable(scipy.optimize.minimize))
    print('TAKEN', keras.wrappers.SKLearnClassifier.__mro__[1].__module__)
    print('TAKEN', keras.src.backend.config.keras_home() == os.environ['KERAS_HOME'])
"""


def test_built_in_two_places_and_with_folds_it_has_the_same_weights_and_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    root, other = make(tmp_path / "one"), make(tmp_path / "répository with spaces")
    told = CODE.replace("    return", f"{TELLS}    return")
    (other / "models/tiny/model.py").write_text(told)
    spec = other / "models/tiny/model.yaml"
    spec.write_text(spec.read_text().replace("folds: 0", "folds: 2"))
    commit(other)
    (root / "models/tiny/notes.md").write_text("not yet committed")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    told = build(root, ".", PYTHONHASHSEED="1", TMPDIR=str(temporary))
    said = build(other, "models/tiny", "--train", TMPDIR=str(temporary), **settings_of_a_person(tmp_path))
    judge = elsewhere(other, tmp_path / "judge")
    judged = build(judge, ".", "--assess", TMPDIR=str(temporary))
    assert told.endswith("\nnext: `git add models/tiny && git commit`, then `tox run -e publish -- tiny`\n")
    assert said.endswith("\nnext: `tox run -e build -- --assess tiny`\n")
    assert judged.endswith("\nnext: `tox run -e publish -- tiny`\n")
    assert [*temporary.iterdir(), *tmp_path.glob("*/candidates/.work/tiny/tmp")] == []
    assert [path.name for path in (*root.glob("candidates/[!.]*"), *judge.glob("candidates/[!.]*"))] == ["tiny", "tiny"]
    first, second = report(root), report(judge)
    assert first["weights_sha256"] == second["weights_sha256"]
    assert first["tools"]["threads"] == second["tools"]["threads"] == 1  # however many cores there are
    assert first["trained_on"] == second["trained_on"] == {"devices": ["cpu"], "workers": 1, "resumed": False}
    assert first["metrics"]["accuracy"] == second["metrics"]["accuracy"]

    lines = (
        "making the rows ...",
        "  257 rows to train with, 43 held out",
        "training ...",
        "  fold-1: accuracy ",
        "  fold-2: accuracy ",
        "  trained (",
    )
    assert [line for line in lines if line not in said] == []
    assert judged.startswith("tiny 0.1.0: Tells three heaps of points apart.\nassessing the packed artifact ...\n")
    assert second["lite"] == {"included": True, "reason": "does not convert"}
    assert set(second["runtimes"]) == {"litert", "tensorflow"}
    tar = judge / "candidates/tiny/tiny-0.1.0.tar"
    assert second["artifact"]["sha256"] == hashlib.sha256(tar.read_bytes()).hexdigest()
    with tarfile.open(tar) as opened:
        golden = opened.extractfile("assets.extra/golden.npz").read()
    assert second["golden"] == {"rows": 5, "size": len(golden), "sha256": hashlib.sha256(golden).hexdigest()}
    counted = round(second["metrics"]["size_mb"] * 1e6) + second["golden"]["size"] + second["trained"]["size"]
    assert second["artifact"]["size"] == tar.stat().st_size == counted
    log = (other / "candidates/.work/tiny/train.log").read_text("utf-8")
    (found,) = (json.loads(line.split(" ", 1)[1]) for line in log.splitlines() if line.startswith("ENVIRONMENT "))
    taken = [*["TAKEN False True"] * 3, "TAKEN sklearn.base", "TAKEN True"]
    assert [line for line in log.splitlines() if line.startswith("TAKEN ")] == taken
    assert found.items() >= MEANT.items()
    assert {*CHANGES_WEIGHTS, "KERAS_HOME"} & found.keys() == {*FIXED, "KERAS_HOME"}
    assert found.items() >= FIXED.items()
    assert all(found[name].startswith(str(other)) for name in ("HOME", "KERAS_HOME"))
    assert second["fingerprint"] == models.load(other, ["tiny"])[0].fingerprint != first["fingerprint"]
    assert second["commit"] == git(other, "rev-parse", "HEAD").strip()
    assert (first["clean"], second["clean"]) == (False, True)
    assert set(second["tools"]) == {"python", "machine", "tensorflow", "keras", "threads"}
    assert second["rows"] == {"train": 257, "holdout": 43, "shared": 0, "near": None}
    assert sum(map(sum, second["confusion"])) == 43
    assert [one["slice"] for one in second["slices"]] == [{"label": label} for label in ("0", "1", "2")]
    assert second["metrics"]["latency_ms"] > 0
    assert first["cross_validation"] is None
    for found in second["cross_validation"].values():
        assert len(found["values"]) == 2
        assert found["mean"] == statistics.fmean(found["values"])
        assert found["std"] == statistics.stdev(found["values"])
    page = (judge / "candidates/tiny/report.md").read_text("utf-8")
    assert page.startswith("> [!TIP]\n> **tiny 0.1.0 passes, and is the first version**: accuracy ")
    assert "accuracy by fold" in (judge / "candidates/tiny/report.svg").read_text("utf-8")


WILD = """\
import os, subprocess, sys, threading, time
sys.stdout.write("x" * 5_000_000)
subprocess.Popen(["sleep", "1234567"])
threading.Thread(target=time.sleep, args=(1234567,)).start()
if os.fork() == 0: time.sleep(1234567)
subprocess.Popen(["sh", "-c", "sleep 1234567 & sleep 1234567"], start_new_session=True)
os.chdir("/")
assert sys.stdin.read() == ""
os.close(0)
sys.stdout.close()
known += int.from_bytes(os.urandom(4)) / 1e12
"""
OTHERWISE = re.compile(
    r"\nmodels/tiny/model.py: train: gives other weights when it runs again \(SHA-256 ([0-9a-f]{12})…, then (?!\1)[0-9a-f]{12}"
    r"…\), and the first are judged; draw only from `random`, `numpy.random` and Keras, whose seeds are set, and leave"
    r" TensorFlow one thread\n1 problem\n$"
)


def running(words: str) -> list[str]:
    listed = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if words in line]


def test_a_last_good_candidate_outlives_whatever_the_next_code_does(root: Path) -> None:
    end(root, WILD)
    said = verb(root, "build", "--twice", "tiny", code=1)
    assert "verdict: pass" in said and OTHERWISE.search(said)[1] == report(root)["weights_sha256"][:12]
    assert running("sleep 1234567") == []
    good = {path.name: path.read_bytes() for path in (root / "candidates/tiny").iterdir()}
    end(root, "__import__('os')._exit(3)")
    said = verb(root, "build", "tiny", code=1)
    log = "candidates/.work/tiny/train.log holds what it printed"
    told = f"models/tiny/model.py: the process of train ended with exit code 3; {log}"
    assert said.splitlines()[-2:] == [told, "1 problem"]
    assert {path.name: path.read_bytes() for path in (root / "candidates/tiny").iterdir()} == good


MISFIT = "LinAlgError: Singular matrix"


def test_where_the_fault_lies_is_told_with_the_log_that_holds_what_was_printed(root: Path) -> None:
    end(root, "print('on the way')\nnp.linalg.inv(0 * answers)")
    line = handmade.FIRST + 1
    assert verb(root, "build", "tiny", code=1) == (
        "tiny 0.1.0: Tells three heaps of points apart.\n"
        "making the rows ...\n"
        "  257 rows to train with, 43 held out\n"
        "training ...\n"
        "  train failed; candidates/.work/tiny/train.log holds its traceback\n"
        f"models/tiny/model.py:{line}: train: {MISFIT}\n"
        "1 problem\n"
    )
    log = (root / "candidates/.work/tiny/train.log").read_text().partition("on the way\n")[2]
    first, _, rest = log.partition("\nTraceback (most recent call last):\n")
    own = f'  File "models/tiny/model.py", line {line}, in train\n    np.linalg.inv(0 * answers)\nnumpy.linalg.{MISFIT}'
    assert " ".join(first.split()) == " ".join(f"In the model's own files: {own}".split())
    assert "/numpy/linalg/" in rest
    assert not (root / "candidates/tiny").exists()


def test_what_changes_while_it_is_built_is_refused(root: Path) -> None:
    helper = heaps.DATA.replace("    rows", "    path.with_name('helper.py').touch()\n    rows", 1)
    (root / "models/tiny/data.py").write_text(helper)
    said = verb(root, "build", "tiny", code=1)
    assert said.splitlines()[-2:] == ["models/tiny: was changed while it was being built; build it again", "1 problem"]
    assert not (root / "candidates/tiny").exists()


def test_what_new_makes_validates_and_builds_to_a_pass(tmp_path: Path) -> None:
    root = registries.template(tmp_path)
    verb(root, "new", "flowers", "--owner", "botany", "--description", "Names irises: three kinds.")
    assert "1 model" in verb(root, "validate", "flowers")
    spec = root / "models/flowers/model.yaml"
    spec.write_text(spec.read_text("utf-8").replace("folds: 5", "folds: 0"), "utf-8")
    commit(root)
    assert "verdict: pass" in verb(root, "build", "flowers")
    found = json.loads((root / "candidates/flowers/report.json").read_text("utf-8"))
    assert (found["owners"], found["description"]) == (["botany"], "Names irises: three kinds.")
