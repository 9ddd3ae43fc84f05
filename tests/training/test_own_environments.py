"""Environments that uv makes of locks, from a folder of packages in place of an index."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy
import pytest
import registries
from onnx import TensorProto, helper

from registry.errors import RegistryError
from registry.learning import folds
from registry.specs import data
from registry.workers import pythons
from registry.workers.processes import Workers
from registry.workers.variables import SCRIPTS

WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {}\n"
METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n"
PLACE = "models/churn/requirements.txt"
MAKE = """
import sys
from pathlib import Path
from registry.workers import pythons

print(pythons.made(Path(sys.argv[1]).read_bytes(), "models/churn/requirements.txt", Path(sys.argv[2])))
"""


def wheel(folder: Path, name: str, version: str = "1.0", tag: str = "py3-none-any", **files: bytes) -> str:
    """Put a wheel there; return the line of a lock for it."""
    path = folder / f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(f"{name}/{file}.py", content)
        archive.writestr(f"{info}/METADATA", METADATA.format(name, version))
        archive.writestr(f"{info}/WHEEL", WHEEL.format(tag))
        archive.writestr(f"{info}/RECORD", "")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    for name, value in {"FIND_LINKS": folder, "OFFLINE": 1, "CACHE_DIR": tmp_path / "uv"}.items():
        monkeypatch.setenv(f"UV_{name}", str(value))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def kept() -> Path:
    return data.home() / "environments"


def make(lock: str) -> Path:
    return pythons.made(lock.encode(), PLACE, kept())


def refused(lock: str) -> str:
    with pytest.raises(RegistryError) as error:
        make(lock)
    assert [path for path in kept().iterdir() if path.is_dir()] == []
    told = str(error.value)
    assert told.startswith(f"{PLACE}: can't be installed: error: ") or told.startswith(
        f"{PLACE}: can't be installed: × "
    )
    return told


def ask(python: Path, code: str) -> str:
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout


def test_what_a_lock_names_is_there_and_nothing_else_and_is_made_once(
    index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "s3cret")
    lock = wheel(index, "petals", rows=b"NAME = 'petals'")
    python = make(lock)
    assert ask(python, "import petals.rows; print(petals.rows.NAME)") == "petals\n"
    assert ask(python, "import importlib.util as u; print(u.find_spec('numpy'), u.find_spec('pip'))") == "None None\n"
    assert python.is_relative_to(kept())
    assert f"  made the environment of {PLACE} in " in capsys.readouterr().out
    (index / "petals-1.0-py3-none-any.whl").unlink()
    assert make(lock) == python
    assert capsys.readouterr().out == ""
    with pytest.raises(RegistryError):
        make(f"{lock}\n")  # another lock is another environment


def test_what_has_other_bytes_or_no_wheel_for_this_python_is_refused(index: Path) -> None:
    lock = wheel(index, "petals")
    assert "Hash mismatch for `petals==1.0`" in refused(lock.replace(lock[-9:], "00000000\n"))
    ran = index / "ran"
    with tarfile.open(index / "seeds-1.0.tar.gz", "w:gz") as source:
        code = f"open({str(ran)!r}, 'w')".encode()
        for name, raw in {"setup.py": code, "PKG-INFO": METADATA.format("seeds", "1.0").encode()}.items():
            member = tarfile.TarInfo(f"seeds-1.0/{name}")
            member.size = len(raw)
            source.addfile(member, io.BytesIO(raw))
    digest = hashlib.sha256((index / "seeds-1.0.tar.gz").read_bytes()).hexdigest()
    assert "seeds==1.0 has no usable wheels" in refused(f"seeds==1.0 --hash=sha256:{digest}\n")
    assert not ran.exists()
    told = refused(wheel(index, "leaves", tag="cp39-cp39-manylinux_2_17_x86_64"))
    assert "found wheels for `leaves` (v1.0) with the following Python ABI tag: `cp39`" in told


def begin(lock: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", MAKE, str(lock), str(kept())]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(SCRIPTS)}, stdout=subprocess.PIPE, text=True)


def test_one_killed_midway_is_made_again_and_two_at_once_make_one(index: Path, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text(wheel(index, "petals", rows=b""))
    first = begin(lock)
    while not list(kept().glob("*/pyvenv.cfg")):
        assert first.poll() is None
    first.send_signal(signal.SIGKILL)
    assert first.communicate()[0] == f"making the environment of {PLACE} ...\n"
    both = [begin(lock), begin(lock)]
    said = sorted((one.communicate()[0].splitlines() for one in both), key=len)
    assert [one.returncode for one in both] == [0, 0]
    assert [line for line in said[1] if line.startswith("  made")] != [] and said[0][-1] == said[1][-1]
    assert f"making the environment of {PLACE} ..." not in said[0]
    assert ask(Path(said[0][-1]), "import petals.rows; print('petals')") == "petals\n"


def test_what_nobody_used_for_long_goes_when_another_is_made(index: Path) -> None:
    old, new = (make(wheel(index, name)).parents[1] for name in ("petals", "leaves"))
    os.utime(old / pythons.WHOLE, (0, 0))
    make(wheel(index, "roots"))
    assert (old.exists(), new.exists()) == (False, True)


def bare() -> Path:
    """Return the Python of an environment with NumPy and nothing else."""
    python = make("")
    (packages,) = python.parents[1].glob("lib/*/site-packages")
    place = Path(numpy.__file__).parents[1]
    for one in (*place.glob("numpy"), *place.glob("numpy.libs"), *place.glob("numpy-*.dist-info")):
        (packages / one.name).symlink_to(one)
    return python


LOOK = """\
import importlib.util

print([name for name in ("sklearn", "scipy", "onnxruntime", "tensorflow", "jsonschema", "yaml", "rich")
       if importlib.util.find_spec(name)])
"""
DATA = """
import numpy as np


def load(path):
    rows = np.random.default_rng(1).normal(size=(60, 2)).astype("float32")
    return {"x": rows}, (rows[:, 0] > 0) * 1, np.arange(60), {"day": rows[:, 0]}
"""
MODEL = """
from pathlib import Path


def train(features, labels, *, seed):
    assert len(labels) < 60
    return Path(__file__).with_name("model.onnx").read_bytes()
"""


def graph() -> bytes:
    """Return a model that answers each class by the sign of the first number of a row."""
    weights = helper.make_tensor("weights", TensorProto.FLOAT, [2, 2], [-9, 9, 0, 0])
    nodes = [helper.make_node("MatMul", ["x", "weights"], ["scores"]), helper.make_node("Softmax", ["scores"], ["y"])]
    row, answer = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 2]) for name in "xy")
    made = helper.make_graph(nodes, "g", [row], [answer], [weights])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10).SerializeToString()


def test_the_side_of_a_model_runs_with_numpy_alone_and_its_folds_are_asked_by_ours(tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "data.py").write_text(LOOK + DATA)
    (code / "model.py").write_text(LOOK + MODEL)
    (code / "model.onnx").write_bytes(graph())
    facts = {"folder": str(code), "place": "models/churn", "task": "classification"}
    examination = facts | {"data": "", "holdout": 0.2, "folds": 2, "slices": ["day"]}
    with Workers("models/churn", tmp_path / "logs", dict.fromkeys(("rows", "train"), bare())) as workers:
        job = {"examination": examination, "part": "training", "output": str(tmp_path / "rows")}
        assert workers.run("rows", "rows", job)["rows"]["train"] > 40
        workers.keep("train", ["no_such_module"])
        workers.keep("score")
        task = facts | {"rows": str(tmp_path / "rows"), "training": {"seed": 1}}
        jobs = {"train": {"task": task, "output": str(tmp_path / "whole")}} | folds.jobs(task, range(2))
        whole, *scores = folds.side_by_side(workers, jobs).values()
        looked = [workers.log(name).read_text().splitlines()[0] for name in ("rows", *jobs)]
    assert looked == ["[]"] * 4
    assert [one["accuracy"] for one in scores] == [1, 1]
    assert whole["lite"] == "does not take ONNX, which ONNX Runtime runs"
    assert [*(tmp_path / "logs").glob("tmp/left/*")] == []


def test_one_lock_is_renewed_alone_and_validates(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registries.ENVIRONMENT, "PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    root = registries.template(tmp_path / "root")
    place = "models/digits/requirements"
    near = "does not exist; did you mean digits?\n1 problem\n"
    assert registries.verb(root, "lock", "digts", code=1) == f"models/digts: {near}"
    told = registries.verb(root, "lock", "digits", code=1)
    advice = "name in it the packages that data.py and model.py need, one a line"
    assert told == f"{place}.in: is not there; {advice}\n1 problem\n"
    (root / f"{place}.in").write_text("Petals  # of flowers\nnumpy\n")
    pins = wheel(index, "petals"), wheel(index, "numpy")
    for name in "FIND_LINKS", "OFFLINE", "CACHE_DIR":
        monkeypatch.setitem(registries.ENVIRONMENT, f"UV_{name}", os.environ[f"UV_{name}"])
    said = f"{place}.txt: 2 packages\nnext: `tox run -e validate -- digits`\n"
    assert registries.verb(root, "lock", "digits") == said
    lock = (root / f"{place}.txt").read_text()
    assert lock.partition("\n")[2].replace(" \\\n   ", "") == "".join(sorted(pins))
    assert registries.git(root, "status", "--short") == f"?? {place}.in\n?? {place}.txt\n"
    registries.verb(root, "validate", "digits")
    assert make(lock).exists()
    wheel(index, "petals", "2.0")
    registries.verb(root, "lock", "digits")
    assert "petals==2.0" in (root / f"{place}.txt").read_text()
    (root / f"{place}.in").write_text("leaves\nnumpy\n")
    assert registries.verb(root, "lock", "digits", code=1).endswith(
        f"{place}.in: can't be locked; uv says why above\n1 problem\n"
    )
    assert "petals==2.0" in (root / f"{place}.txt").read_text()
