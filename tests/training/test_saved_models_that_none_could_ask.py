"""SavedModels whose inputs or outputs no client could ask for, and folders that hold something else, are told in one line."""

from pathlib import Path

import pytest
import tensorflow
from tinymodels import said, tiny

from registry.artifacts import runtime
from registry.errors import RegistryError

TRAIN = """\
class Made(tensorflow.Module):
    @tensorflow.function(input_signature=[tensorflow.TensorSpec([{rows}, 4], name="row")])
    def __call__(self, row):
        return tensorflow.nn.softmax(row[:, :3])


def train(features, labels, *, seed, epochs):
    import os
    tensorflow.saved_model.save(Made(), "made")
    {beside}
    return "made"
"""
SERVED = "numbers, truth values and text can be served"
FAULTS = {
    "rows": ({"rows": "32"}, "returned a model that doesn't fit the features: takes 'row' of 32 rows at a time; leave the"
             " first dimension free when you export it"),
    "a pipe": ({"beside": "os.mkfifo('made/assets/pipe')"}, "returned a folder that can't be copied: `made/assets/pipe` is a"
               " named pipe; leave nothing but files there"),
    "a link to nothing": ({"beside": "os.symlink('nowhere', 'made/assets/link')"}, "returned a folder that can't be copied:"
                          " [Errno 2] No such file or directory: 'made/assets/link'; leave nothing but files there"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_folder_that_can_not_ship_is_told(folder: Path, tmp_path: Path, monkeypatch, fault: str) -> None:
    monkeypatch.chdir(tmp_path)
    words, told = FAULTS[fault]
    assert said(tiny(folder, train=TRAIN.format(**{"rows": "None", "beside": "pass"} | words))).endswith(
        f": train: {told}"
    )


def test_a_fold_is_asked_as_the_whole_ships_whatever_lies_beside_it(folder: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = tiny(folder, train=TRAIN.format(rows="None", beside="open('made/saved_model.pbtxt', 'w').close()"))
    found.train()
    assert found.fold(0)["accuracy"] is not None


KINDS = {
    "bfloat16": lambda row: tensorflow.cast(row, tensorflow.bfloat16),
    "complex64": lambda row: tensorflow.cast(row, tensorflow.complex64),
    "RaggedTensor": tensorflow.RaggedTensor.from_tensor,
    "SparseTensor": tensorflow.sparse.from_dense,
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_output_that_has_no_form_for_clients_is_told_before_any_row_is_asked(tmp_path: Path, kind: str) -> None:
    spec = tensorflow.TensorSpec([None, 4], name="row")
    module = tensorflow.Module()
    module.serve = tensorflow.function(lambda row: {"given": KINDS[kind](row)}, input_signature=[spec])
    tensorflow.saved_model.save(module, str(tmp_path), signatures=module.serve)
    with pytest.raises(RegistryError) as error:
        runtime.load(tmp_path)
    assert str(error.value) == f"{tmp_path}: can't be loaded by TensorFlow: gives 'given' as {kind}; {SERVED}"
