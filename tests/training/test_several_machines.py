"""Training on several devices, on several machines, and again where it was killed: real builds of a tiny model."""

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from registries import ENVIRONMENT, commit, template, verb
from servers import ROOT

from registry.machines import outlook

ROWS = "".join(f"{place % 7}.{place:03},{place % 2 * 9},{place % 2}\n" for place in range(200)).encode()
SPEC = f"""\
version: 1.0.0
description: Tells odd rows.
owners: [us]
task: classification
data: {{path: rows.csv, sha256: {hashlib.sha256(ROWS).hexdigest()}}}
training: {{seed: 7, epochs: 3}}
evaluation: {{folds: 2}}
thresholds: {{accuracy: {{min: 0.1}}}}
"""
DATA = """\
import numpy as np


def load(path):
    rows = np.loadtxt(path, delimiter=",", dtype="float32")
    return rows[:, :2], rows[:, 2].astype("int64")
"""
MODEL = """\
import os
import re
import signal

import keras
import tensorflow as tf

SPLIT


def train(features, labels, *, seed, epochs, checkpoints):
    network = [keras.layers.Dense(8, activation="relu"), keras.layers.Dropout(0.2), keras.layers.Dense(2, "softmax")]
    model = keras.Sequential([keras.Input((2,), name="row"), *network])
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "sparse_categorical_crossentropy")
    print("replicas", tf.distribute.get_strategy().num_replicas_in_sync)
    backup = keras.callbacks.BackupAndRestore(checkpoints, double_checkpoint=True)
    told = keras.callbacks.LambdaCallback(on_epoch_begin=begin)
    model.fit(features, labels, batch_size=32, epochs=epochs, verbose=0, callbacks=[backup, told])
    return model


def begin(epoch, logs):
    print("begins epoch", epoch, flush=True)
    if epoch == 2 and os.path.exists("PIPE"):
        with open("PIPE", "w") as pipe:
            print(epoch, file=pipe, flush=True)
            signal.pause()
"""
TWO = 'tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0],'
TWO += " 2 * [tf.config.LogicalDeviceConfiguration()])"

SHORT = """\
import build
from registry import console
from registry.workers import quota

quota.HOURS = 0.02
console.run(build.main)
"""


def repository(root: Path, split: str = "", pipe: Path = Path("nowhere"), folds: int = 2) -> Path:
    template(root)
    folder = root / "models/odd"
    folder.mkdir()
    (folder / "rows.csv").write_bytes(ROWS)
    (folder / "model.yaml").write_text(SPEC.replace("folds: 2", f"folds: {folds}"))
    (folder / "data.py").write_text(DATA)
    (folder / "model.py").write_text(MODEL.replace("SPLIT", split).replace("PIPE", str(pipe)))
    commit(root)
    return root


def build(root: Path, *program: str, **environment: str) -> subprocess.Popen:
    command = [sys.executable, *(program or [str(ROOT / "scripts/build.py")]), "--train", "odd"]
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=root, env=ENVIRONMENT | environment, **given)


def log(root: Path, name: str) -> list[str]:
    """Return what a training's own code printed."""
    lines = (root / f"candidates/.work/odd/{name}.log").read_text("utf-8").splitlines()
    return [line for line in lines if line.startswith(("replicas ", "begins "))]


def facts(root: Path) -> dict:
    return json.loads((root / "candidates/.trained/odd.json").read_text("utf-8"))


def test_what_several_devices_train_is_the_same_each_time(tmp_path: Path) -> None:
    root = repository(tmp_path, TWO, folds=0)
    said = verb(root, "build", "--train", "--twice", "odd")
    assert f"\n  trained twice: the weights are bit-identical, SHA-256 {facts(root)['weights_sha256'][:12]}…\n" in said
    assert [log(root, name)[0] for name in ("train", "train-again")] == ["replicas 2", "replicas 2"]
    assert facts(root)["trained_on"] == {"devices": ["cpu", "cpu"], "workers": 1, "resumed": False}


def test_machines_train_one_model_together_and_the_first_hands_it_over(tmp_path: Path) -> None:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    cluster = {"worker": [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]}
    for one in sockets:
        one.close()
    roots = [repository(tmp_path / str(place)) for place in range(2)]
    tasks = [{"cluster": cluster, "task": {"type": "worker", "index": place}} for place in range(2)]
    builds = [build(root, TF_CONFIG=json.dumps(task)) for root, task in zip(roots, tasks, strict=True)]
    first, second = (one.communicate()[0] for one in builds)
    assert [one.returncode for one in builds] == [0, 0], first + second
    assert [log(root, "train")[0] for root in roots] == ["replicas 2", "replicas 2"]
    assert log(roots[0], "fold-1")[0] == "replicas 1"  # it alone cross-validates, by itself
    assert facts(roots[0])["trained_on"] == {"devices": ["cpu"], "workers": 2, "resumed": False}
    answers = [json.loads((root / "candidates/.work/odd/train.json").read_text("utf-8")) for root in roots]
    assert len({one["result"]["weights_sha256"] for one in answers}) == 1
    assert "  trained as machine 2 of 2; the first hands the model over\n" in second
    assert not (roots[1] / "candidates/.trained").exists() and "fold-1" not in second


def test_a_build_that_was_killed_goes_on_where_its_trainings_were(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    root = repository(tmp_path / "root", pipe=pipe)
    killed = build(root)
    with pipe.open() as told:
        assert [told.readline(), told.readline()] == ["2\n", "2\n"]  # two trainings go on side by side
        killed.send_signal(signal.SIGKILL)
        assert told.read() == ""  # they end with it
    killed.communicate()
    pipe.unlink()
    begun = {name: 2 for name in ("train", "fold-1", "fold-2") if (root / f"candidates/.work/odd/{name}.log").exists()}
    (spoilt,) = (root / "candidates/.checkpoints/odd").glob("*/train/latest.weights.h5")
    os.truncate(spoilt, 1000)  # as where it is killed while it writes
    verb(root, "build", "--train", "odd")
    for name in ("train", "fold-1", "fold-2"):
        first = begun.get(name, 0) - (name == "train")
        assert log(root, name)[1:] == [f"begins epoch {epoch}" for epoch in range(first, 3)]
    assert facts(root)["trained_on"] == {"devices": ["cpu"], "workers": 1, "resumed": True}
    assert not (root / "candidates/.checkpoints/odd").exists()


def test_a_training_that_will_take_too_long_is_told_of_while_it_goes_on(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    root = repository(tmp_path / "root", folds=0)
    waits = f"""def train(features, labels, *, seed, epochs):
    print("Epoch 1/1000000\\n7/7 - 1s\\nEpoch 2/1000000", flush=True)
    open({str(pipe)!r}).read()
"""
    (root / "models/odd/model.py").write_text(waits)
    running = build(root, "-c", SHORT, GITHUB_ACTIONS="true", PYTHONPATH=str(ROOT / "scripts"))
    told = next(line for line in running.stdout if line.startswith("::warning "))
    pipe.write_text("go on")
    rest = running.communicate()[0]
    assert told.startswith("::warning file=models/odd/model.py,line=1::train: takes about ")
    assert re.search(r" and is ended after 0\.0[12]\d*, when the time of this job is over; ", told)
    assert told.endswith(f"{outlook.ADVICE}\n")
    assert "::warning" not in rest and "train: returned nothing" in rest
