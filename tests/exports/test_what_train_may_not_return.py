"""What train() returns in place of a model is told with what makes one of it."""

from pathlib import Path

import pytest

from registry.errors import RegistryError
from registry.exports import made
from registry.exports.modelcode import ModelCode

CODE = """\
class Estimator:
    __module__ = "sklearn.base"


class Boosted(Estimator):
    __module__ = "xgboost.sklearn"


class Module:
    __module__ = "torch.nn.modules.module"


class Network(Module):
    pass


class Proto:
    def SerializeToString(self):
        return b"bytes"


class Program:
    __module__ = "torch.onnx"
    model_proto = Proto()


class InferenceSession:
    pass


def train(features, labels, *, seed):
    return {}
"""
LINE = CODE.splitlines().index("def train(features, labels, *, seed):") + 1
KINDS = "return a keras.Model, ONNX (a ModelProto, or its bytes), or the path of a folder with a SavedModel"
TOLD = {
    "Estimator()": "returned an Estimator; return what skl2onnx.to_onnx() makes of it",
    "Boosted()": "returned a Boosted; return what onnxmltools.convert_xgboost() makes of it",
    "Network()": "returned a Network; return what torch.onnx.export() makes of it",
    "InferenceSession()": f"returned an InferenceSession; {KINDS}",
    "memoryview(b'')": f"returned a memoryview; {KINDS}",
    "__file__": "returned the path of a file, model.py; return the model itself, of ONNX its bytes",
}


def returned(folder: Path, what: str) -> made.Made:
    (folder / "model.py").write_text(CODE.format(what))
    code = ModelCode(folder, "models/tiny")
    return made.of(code, code.train((), (), {"seed": 7}))


@pytest.mark.parametrize("what", TOLD)
def test_what_is_no_model_is_told_with_what_makes_one(tmp_path: Path, what: str) -> None:
    with pytest.raises(RegistryError) as error:
        returned(tmp_path, what)
    assert str(error.value) == f"models/tiny/model.py:{LINE}: train: {TOLD[what]}"


@pytest.mark.parametrize("what", ["Program()", "Proto()", "bytearray(b'bytes')"])
def test_onnx_is_taken_in_each_form_that_exporters_give_it(tmp_path: Path, what: str) -> None:
    returned(tmp_path, what).export(tmp_path / "out")
    assert (tmp_path / "out/model.onnx").read_bytes() == b"bytes"
