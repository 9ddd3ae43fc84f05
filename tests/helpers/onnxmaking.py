"""Small ONNX models, made by the onnx package: formulas that a reader can check in the head."""

from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import TensorProto as T
from onnx import helper

OPSETS = {"": 20, "ai.onnx.ml": 3, "com.microsoft": 1, "team": 1}
ROWS = None
node = helper.make_node


def value(name: str, *shape: int | str | None, dtype: int = T.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, dtype, shape)


def function(name: str, *nodes: onnx.NodeProto, domain: str = "team") -> onnx.FunctionProto:
    """Return a function of a file's own that takes a and gives b."""
    return helper.make_function(domain, name, ["a"], ["b"], nodes, [helper.make_opsetid("", OPSETS[""])])


def graph(*nodes: onnx.NodeProto, gives: Sequence[onnx.ValueInfoProto] = (), **more: object) -> onnx.GraphProto:
    return helper.make_graph(nodes, "graph", more.pop("takes", []), gives or [value("y", ROWS, 2)], **more)


def model(
    *nodes: onnx.NodeProto,
    takes: Sequence[onnx.ValueInfoProto] = (),
    gives: Sequence[onnx.ValueInfoProto] = (),
    functions: Sequence[onnx.FunctionProto] = (),
    **constants: onnx.TensorProto,
) -> onnx.ModelProto:
    """Return a model that takes x and gives y, unless told otherwise, both of two numbers a row."""
    made = graph(*nodes, takes=takes or [value("x", ROWS, 2)], gives=gives, initializer=[*constants.values()])
    opsets = [helper.make_opsetid(*one) for one in OPSETS.items()]
    return helper.make_model(made, opset_imports=opsets, functions=functions, ir_version=10)


def numbers(name: str, *values: float, dtype: int = T.FLOAT) -> onnx.TensorProto:
    return helper.make_tensor(name, dtype, [len(values)], values)


def shop() -> onnx.ModelProto:
    """As tests/fixtures/serving/make.py has it: a user beyond the table of four is a value it can't take."""
    return model(
        node("Gather", ["prices", "user"], ["price"]),
        node("ReduceSum", ["weights", "axis"], ["sum"], keepdims=0),
        node("Mul", ["price", "sum"], ["score"]),
        node("Add", ["user", "one"], ["next"]),
        takes=[value("user", ROWS, dtype=T.INT64), value("weights", ROWS, 2)],
        gives=[value("score", ROWS), value("next", ROWS, dtype=T.INT64)],
        prices=numbers("prices", 1, 2, 3, 4),
        axis=numbers("axis", 1, dtype=T.INT64),
        one=numbers("one", 1, dtype=T.INT64),
    )


def words() -> onnx.ModelProto:
    """Text in: which of three words it is, and that word in capital letters, "OTHER" for any else."""
    known = ["ant", "bee", "cat"]
    return model(
        node("LabelEncoder", ["word"], ["number"], domain="ai.onnx.ml", keys_strings=known, values_int64s=[0, 1, 2]),
        node("LabelEncoder", ["number"], ["name"], domain="ai.onnx.ml", keys_int64s=[0, 1, 2],
             values_strings=[word.upper() for word in known], default_string="OTHER"),
        takes=[value("word", ROWS, dtype=T.STRING)],
        gives=[value("number", ROWS, dtype=T.INT64), value("name", ROWS, dtype=T.STRING)],
    )  # fmt: skip


def put(folder: Path, made: onnx.ModelProto | bytes) -> Path:
    """Put a model into a version's folder; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    return folder
