"""An artifact holds its weights twice at most: for TensorFlow, and for LiteRT."""

from pathlib import Path

from tinymodels import NETWORK, tiny

MOST = 2.1
WIDTH = 700
WEIGHTS = 4 * (4 * WIDTH + WIDTH + 4 * WIDTH + WIDTH * WIDTH + WIDTH + WIDTH * 3 + 3)  # bytes


def test_with_litert_an_artifact_takes_twice_its_weights(folder: Path) -> None:
    hidden = f'layers.Dense({WIDTH}, activation="relu"), layers.BatchNormalization(), layers.Dense({WIDTH})'
    made = tiny(folder, train=NETWORK.format(f'{hidden}, layers.Dense(3, activation="softmax")', "return model"))
    assert made.train()["lite"].startswith("same outputs")
    assert 2 * WEIGHTS * 0.99 < (folder / "trained.tar").stat().st_size < MOST * WEIGHTS
    held = (folder / "saved/variables/variables.data-00000-of-00001").stat().st_size
    assert WEIGHTS < held < 1.05 * WEIGHTS
    assert {*made.assess()["runtimes"]} == {"tensorflow", "litert"}
