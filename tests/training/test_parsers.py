"""What TensorFlow's own parser sees in a saved_model.pb, however it is written, is what is held against the list."""

import random

import anygraphs
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel


@given(st.integers(0))
def test_tensorflow_sees_what_the_tests_of_any_graph_take_for_granted(seed: int) -> None:
    draw = random.Random(seed)
    for content in (anygraphs.saved_model(draw) for _ in range(10)):
        try:
            graphs = [meta_graph.graph_def for meta_graph in SavedModel.FromString(content).meta_graphs]
        except DecodeError:
            continue
        nodes = [node for graph in graphs for node in graph.node]
        nodes += [node for graph in graphs for function in graph.library.function for node in function.node_def]
        assert {node.op for node in nodes} == anygraphs.operations(content), content
