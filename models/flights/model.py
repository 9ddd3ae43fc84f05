"""Boosted trees of LightGBM for a table with gaps and categories, as an ONNX graph that takes a row as it is."""

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from onnx import helper, numpy_helper
from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
from skl2onnx import to_onnx, update_registered_converter
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

update_registered_converter(
    LGBMClassifier, "LightGBM", calculate_linear_classifier_output_shapes, convert_lightgbm,
    options={"zipmap": [False], "nocl": [False]},
)  # fmt: skip


def train(features, labels, *, seed: int, trees: int, leaves: int, learning_rate: float):
    """Return an ONNX model: categories are numbered in it, one that is new as -1, and gaps are left to the trees."""
    table = pd.DataFrame(features)
    texts = [name for name in table if features[name].dtype == object]
    number = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32)
    trained = make_pipeline(
        make_column_transformer((number, texts), remainder="passthrough"),
        LGBMClassifier(
            n_estimators=trees, num_leaves=leaves, learning_rate=learning_rate, random_state=seed, n_jobs=1, verbose=-1
        ),
    ).fit(table, labels)
    types = [(name, (StringTensorType if name in texts else FloatTensorType)([None, 1])) for name in table]
    return _by_row(
        to_onnx(trained, initial_types=types, options={"zipmap": False}, target_opset={"": 21, "ai.onnx.ml": 3})
    )


def _by_row(model):
    """Let each input be a value a row, as callers have it, where it was a column, and give probabilities alone.

    Which of them is a warning is for who asks to say: two flights of 100 are cancelled, so the likelier class hardly ever is.
    """
    graph = model.graph
    del graph.output[0]
    columns = {one.name: f"{one.name}_column" for one in graph.input}
    for node in graph.node:
        node.input[:] = [columns.get(name, name) for name in node.input]
    for place, one in enumerate(graph.input):
        one.type.tensor_type.shape.dim.pop()
        graph.node.insert(place, helper.make_node("Unsqueeze", [one.name, "axis"], [columns[one.name]]))
    graph.initializer.append(numpy_helper.from_array(np.array([1]), "axis"))
    return model
