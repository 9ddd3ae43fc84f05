"""Training on one core and on all of them: whether the weights are the same, and what one thread costs.

As a script it trains one network, on so many cores, with as many threads as `build` takes or as TensorFlow would.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import registries

ROUNDS = 2
NETWORKS = {"digits": 32, "digits with batch normalization": 32, "dense layers": 128}  # with the rows of a batch
OURS, THEIRS = "build", "tensorflow"


def measure(folder: Path) -> list[list[str]]:
    """Return two rows for each network: whether its weights are the same, and the time beside TensorFlow's own choice."""
    from registry.specs import data, models

    (model,) = models.load(registries.template(folder), ["digits"])
    rows, cores = str(data.fetch(model)), len(os.sched_getaffinity(0))
    found = []
    for network in NETWORKS:
        pairs = [[_trained(rows, network, whose, cores) for whose in (OURS, THEIRS)] for _ in range(ROUNDS)]
        ours, theirs = zip(*pairs, strict=True)
        alone, other = _trained(rows, network, OURS, 1), _trained(rows, network, THEIRS, 1)
        same = {weights for weights, _ in (*ours, alone)}
        before = len({weights for weights, _ in (*theirs, other)})
        told = f"{'the same' if len(same) == 1 else f'{len(same)} different'} (by TensorFlow's choice {before})"
        found.append([f"{network}: weights of {ROUNDS} trainings on {cores} cores and one on 1", told, "the same",
                      "yes" if len(same) == 1 else "NO"])  # fmt: skip
        one, many = (min(seconds for _, seconds in those) for those in (ours, theirs))
        found.append([f"{network}: training by one thread, against TensorFlow's choice on {cores} cores",
                      f"{one / many:.2f} × ({one:.1f} s against {many:.1f} s)", "told", "-"])  # fmt: skip
    return found


def _trained(rows: str, network: str, threads: str, cores: int) -> tuple[str, float]:
    """Return the digest of the weights of a new training, and the seconds of it alone."""
    command = [sys.executable, __file__, rows, network, threads, str(cores)]
    weights, seconds = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-2:]
    return weights, float(seconds)


def _train(rows: str, network: str, threads: str, cores: int) -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    import keras
    import numpy
    import tensorflow
    from keras import layers

    from registry.exports import seeding
    from registry.exports.kerasmodel import KerasModel

    if threads == OURS:
        seeding.fix_threads()
    keras.utils.set_random_seed(7)
    tensorflow.config.experimental.enable_op_determinism()
    table = numpy.loadtxt(rows, delimiter=",", dtype=numpy.uint8, max_rows=4000)
    images, labels = table[:, :-1].reshape(-1, 28, 28, 1) / numpy.float32(255), table[:, -1]
    hidden = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2), layers.Conv2D(64, 3, activation="relu")]
    hidden += [layers.BatchNormalization()] if "normalization" in network else []
    hidden += [layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(128, activation="relu")]
    if network == "dense layers":
        hidden = [layers.Flatten(), *(layers.Dense(1024, activation="relu") for _ in range(2))]
    model = keras.Sequential([keras.Input((28, 28, 1)), *hidden, layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    begun = time.perf_counter()
    model.fit(images, labels, epochs=1, batch_size=NETWORKS[network], verbose=0)
    print(KerasModel(None, model).digest(), time.perf_counter() - begun)


if __name__ == "__main__":
    _train(*sys.argv[1:4], int(sys.argv[4]))
