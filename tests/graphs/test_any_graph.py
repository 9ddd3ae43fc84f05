"""Whatever bytes a saved_model.pb is written in: what a reader of protocol buffers would see is seen, or it is refused."""

import io
import random
from contextlib import suppress

import anygraphs
from hypothesis import given
from hypothesis import strategies as st

from registry.graphs import operations, savedgraph

ALLOWED = {*operations.known()["SavedModel"], *operations.known()["SavedModel, calls"]}


@given(st.integers(0))
def test_of_what_any_reader_would_see_nothing_passes_that_is_not_on_the_list(seed: int) -> None:
    draw = random.Random(seed)
    for content in (anygraphs.saved_model(draw) for _ in range(10)):
        with suppress(savedgraph.Damaged):
            holds(content)


def holds(content: bytes) -> None:
    graphs = savedgraph.read(io.BytesIO(content))
    faults = [operations.faults(graph) for graph in graphs]
    found = {fault.operation for graph in faults for fault in graph if fault.reason != operations.MISSING}
    assert found == anygraphs.operations(content) - ALLOWED, content
    for graph, (called, held) in zip(faults, anygraphs.calls(content), strict=True):
        assert called <= held or any(fault.reason == operations.MISSING for fault in graph), content
