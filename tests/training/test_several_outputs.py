"""A model may give several outputs: one is named as what is judged, and all of them ship; and SavedModels in a folder."""

from pathlib import Path

import pytest
from tinymodels import NETWORK, ROWS, SOFTMAX, TRAIN, said, tiny

from registry.artifacts import archive, golden, runtime

TWO = NETWORK.format(SOFTMAX, "return {}").replace(
    "keras.Sequential([keras.Input((4,), name=\"row\"), " + SOFTMAX + "])",
    "keras.Model(row := keras.Input((4,), name='row'), (chances := layers.Dense(3, 'softmax', name='chances'))(row))",
)  # fmt: skip
ENDS = {
    "a dictionary": "keras.Model(row, {'chances': chances(row), 'hidden': layers.Dense(2)(row)})",
    "a list of layers": "keras.Model(row, [layers.Dense(2, name='hidden')(row), chances(row)])",
}


@pytest.mark.parametrize("end", ENDS)
def test_one_output_is_judged_and_all_of_them_ship_by_their_names(folder: Path, end: str) -> None:
    found = tiny(folder, train=TWO.format(ENDS[end]), output="chances")
    assert found.train()["lite"].startswith("same outputs")
    assert None not in found.fold(0).values()
    report = found.assess()
    assert {*report["runtimes"]} == {"tensorflow", "litert"}
    assert {one["name"]: one["shape"] for one in report["outputs"]} == {"chances": [None, 3], "hidden": [None, 2]}
    with (folder / "tiny-1.0.0.tar").open("rb") as stream:
        archive.unpack(stream, folder / "unpacked", archive.describe(folder / "tiny-1.0.0.tar"))
    assert golden.read(folder / "unpacked").outputs.keys() == {"chances", "hidden"}
    for kind in "tensorflow", "litert":
        golden.check(folder / "unpacked", runtime.load(folder / "unpacked", kind), kind)


def test_an_output_that_a_keras_model_does_not_have_is_told(folder: Path) -> None:
    found = tiny(folder, train=TWO.format(ENDS["a dictionary"]), output="chance")
    assert said(found) == (
        f"model.py:{TRAIN}: train: returned a model that gives chances, hidden, and evaluation.output names chance; did you"
        " mean chances?"
    )


FOLDER = """\
class Centres(tensorflow.Module):
    def __init__(self, means):
        self.means = tensorflow.Variable(means, dtype="float32")

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, 4], name="row")])
    def __call__(self, row):
        score = tensorflow.matmul(row, self.means, transpose_b=True)
        return {"chances": tensorflow.nn.softmax(score), "score": score}


def train(features, labels, *, seed, epochs):
    made = Centres(np.stack([features[labels == label].mean(axis=0) for label in range(3)]))
    tensorflow.saved_model.save(made, "made")
    return RETURNED
"""


def test_a_folder_with_a_saved_model_is_trained_judged_and_packed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    found = tiny(folder, train=FOLDER.replace("RETURNED", "'made'"), output="chances")
    learned = found.train()
    assert learned["lite"].startswith("same outputs")
    assert None not in found.fold(0).values()
    report = found.assess()
    assert (report["runtime"], {*report["runtimes"]}) == ("litert", {"tensorflow", "litert"})
    again = tiny(
        folder.with_name("again"),
        train=FOLDER.replace("RETURNED", "__import__('pathlib').Path('made')"),
        output="chances",
    )
    assert again.train()["weights_sha256"] == learned["weights_sha256"]
    other = tiny(
        folder.with_name("other"),
        ROWS.format("return rows + 1, labels"),
        FOLDER.replace("RETURNED", "'made'"),
        output="chances",
    )
    assert other.train()["weights_sha256"] != learned["weights_sha256"]


@pytest.mark.parametrize(("returned", "told"), [
    ("'made/saved_model.pb'", "returned the path of a file, saved_model.pb; return the model itself, of ONNX its bytes"),
    ("'elsewhere'", "returned a path, elsewhere, where no folder with a saved_model.pb is; save a SavedModel there"),
])  # fmt: skip
def test_a_path_to_something_else_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, returned: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    train = FOLDER.replace("RETURNED", returned)
    line = 5 + train.splitlines().index("def train(features, labels, *, seed, epochs):") + 1
    assert said(tiny(folder, train=train)) == f"model.py:{line}: train: {told}"
