"""What models/README.md shows of `batches` trains as fit() does that is given arrays; many rows of a fold are as few."""

from dataclasses import replace
from pathlib import Path

import handbook
import pytest
from tinymodels import HEAD, NETWORK, SOFTMAX, Tiny, tiny

from registry.artifacts import bulk
from registry.learning import training
from registry.loading import rows

LOAD = """\
def load(path):
    pictures = np.random.default_rng(3).normal(size=(150, 28, 28, 1)).astype("float32")
    return pictures, np.arange(150) % 3
"""
LAYERS = f"layers.Flatten(), {SOFTMAX}"
USUAL = NETWORK.replace("(4,)", "(28, 28, 1)").format(LAYERS, "return model")
USUAL = USUAL.replace("epochs=epochs,", "epochs=epochs, batch_size=32, shuffle=False,")
STREAMED = USUAL.replace("epochs):", "epochs, batches):").replace(
    "fit(features, labels", "fit(streamed.dataset(batches, len(labels), 32)"
)
STREAMED = STREAMED.replace(" batch_size=32, shuffle=False,", "").replace("    model.fit", "    MEAN\n    model.fit")
MEAN = "assert np.allclose(streamed.mean(batches), features.mean(axis=0), atol=1e-6)"


def trained(model: Tiny) -> str:
    """Return the digest of the weights after two epochs."""
    model = replace(model, training=model.training | {"epochs": 2})
    found = rows.read(Path(model.task.rows))
    code = training.prepare(model.task)
    return training.fit(model.task, code, found.features, found.labels, training.station(code, None)).digest()


def test_fit_is_given_the_same_by_what_the_page_shows(tmp_path: Path) -> None:
    (shown,) = [one for one in handbook.blocks("models/README.md") if one.lines[0] == "# models/digits/streamed.py"]
    whole = tiny(tmp_path / "whole", LOAD, USUAL)
    parts = tiny(tmp_path / "parts", LOAD, STREAMED.replace("MEAN", MEAN), "import streamed\n" + HEAD)
    (tmp_path / "parts/model/streamed.py").write_text(shown.text)
    assert trained(parts) == trained(whole)


def test_a_fold_of_many_rows_is_scored_as_one_of_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = tiny(tmp_path / "few", LOAD, USUAL).fold(1)
    monkeypatch.setattr(bulk, "BLOCK", 40 * 28 * 28 * 4)
    is_mapped = "    assert not features.flags.writeable\n    model ="
    assert tiny(tmp_path / "many", LOAD, USUAL.replace("    model =", is_mapped, 1)).fold(1) == few
