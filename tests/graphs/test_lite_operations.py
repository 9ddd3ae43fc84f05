"""What a .tflite file may do: its operators' codes are read from its bytes before LiteRT loads it."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import flatbuffers
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given
from hypothesis import strategies as st
from servers import FIXTURES, fixture, place

from registry.artifacts import runtime
from registry.errors import RegistryError
from registry.graphs import litegraph, operations

AGAIN = "leave it out, and build the version again"
CUSTOM = schema.BuiltinOperator.CUSTOM
SHOP = fixture("shop")
BROUGHT = "runs code that LiteRT doesn't bring along"


def changed(change: Callable[[schema.ModelT], object]) -> bytes:
    """Return a LiteRT model that was changed by hand."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(SHOP))
    change(model)
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def code(model: schema.ModelT, **facts: object) -> None:
    """Change the first operator's code; readers take the larger of its two fields."""
    vars(model.operatorCodes[0]).update({"builtinCode": 0, "deprecatedBuiltinCode": 0} | facts)


def unused(model: schema.ModelT) -> None:
    model.operatorCodes.append(schema.OperatorCodeT(builtinCode=CUSTOM, customCode=b"Evil"))


def elsewhere(model: schema.ModelT) -> None:
    model.externalBufferGroups = [schema.ExternalBufferGroupT(name=b"/etc/passwd")]


FIRST = litegraph.read(io.BytesIO(SHOP))[0].functions["0"][0]
BY = f"operation {FIRST.name}"
REFUSED = {
    "a custom operator": (lambda m: code(m, builtinCode=CUSTOM, customCode=b"Evil"), BY, "CUSTOM:Evil", BROUGHT),
    "one of TensorFlow's": (
        lambda m: code(m, builtinCode=CUSTOM, customCode=b"FlexWriteFile"), BY, "CUSTOM:FlexWriteFile", BROUGHT
    ),
    "a custom operator by an allowed name": (
        lambda m: code(m, builtinCode=CUSTOM, customCode=b"ADD"), BY, "CUSTOM:ADD", BROUGHT
    ),
    "in the field of old files": (
        lambda m: code(m, deprecatedBuiltinCode=CUSTOM, customCode=b"Evil"), BY, "CUSTOM:Evil", BROUGHT
    ),
    "a code that nobody knows": (
        lambda m: code(m, builtinCode=999), BY, "999", "is not on the list of what a model may do"
    ),
    "one that no operator uses": (unused, "operation CUSTOM:Evil", "CUSTOM:Evil", BROUGHT),
    "weights in another file": (elsewhere, "operation external_buffers", "EXTERNAL_BUFFERS", "reads another file"),
    "a variable that is written": (
        lambda m: code(m, builtinCode=schema.BuiltinOperator.ASSIGN_VARIABLE), BY, "ASSIGN_VARIABLE",
        "keeps something from one request to the next",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_litert_does_not_do_by_itself_is_refused(tmp_path: Path, kind: str) -> None:
    change, where, operation, reason = REFUSED[kind]
    directory = place(tmp_path, "shop", 1, changed(change))
    with pytest.raises(RegistryError) as error:
        runtime.load(directory)
    file = directory / runtime.LITE_MODEL
    assert str(error.value) == f"{file}: {where}: uses {operation}, which {reason}; {AGAIN}"


def test_the_list_has_the_codes_that_litert_has() -> None:
    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    listed = operations.lite_codes()
    assert listed.items() <= names.items() and len(listed) > 150


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.tflite")), ids=lambda file: file.stem)
def test_what_converts_from_tensorflow_is_no_fault(file: Path) -> None:
    with file.open("rb") as stream:
        (graph,) = litegraph.read(stream)
    assert operations.faults(graph) == []
    assert any(graph.functions["0"])


def codes(content: bytes) -> set[int]:
    """Return the codes of operators that LiteRT's own reader sees."""
    model = schema.Model.GetRootAs(content)
    found = [model.OperatorCodes(at) for at in range(model.OperatorCodesLength())]
    return {max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) for code in found}


def told(content: bytes) -> set[int]:
    """Return the codes of operators that are refused."""
    faults = [fault for graph in litegraph.read(io.BytesIO(content)) for fault in operations.faults(graph)]
    named = {name: code for code, name in operations.lite_codes().items()}
    names = {fault.operation.partition(":")[0] for fault in faults} - {"EXTERNAL_BUFFERS"}
    return {named[name] if name in named else int(name) for name in names}


def off_the_list(found: set[int]) -> set[int]:
    return {code for code in found if operations.lite_codes().get(code) not in operations.known()["LiteRT"]}


@given(st.lists(st.tuples(st.integers(-1, 300), st.integers(-1, 127), st.booleans()), min_size=1, max_size=20))
def test_of_any_list_of_operators_just_those_off_the_list_are_refused(wanted: list[tuple[int, int, bool]]) -> None:
    """Used or not, in the field of old files or of new ones, in one subgraph or the next."""

    def change(model: schema.ModelT) -> None:
        model.operatorCodes = [schema.OperatorCodeT(old, b"ADD", 1, new) for new, old, _ in wanted]
        operators = [schema.OperatorT(opcodeIndex=at) for at, (_, _, used) in enumerate(wanted) if used]
        model.subgraphs[0].operators = operators[::2]
        model.subgraphs.append(schema.SubGraphT(operators=operators[1::2]))

    assert told(changed(change)) == off_the_list({max(new, old) for new, old, _ in wanted})


@given(at=st.integers(0, len(SHOP)), put=st.binary(max_size=8), cut=st.booleans())
def test_damaged_bytes_are_read_as_litert_reads_them_or_refused_never_a_traceback(
    at: int, put: bytes, cut: bool
) -> None:
    content = SHOP[:at] + put + (b"" if cut else SHOP[at + len(put) :])
    try:
        refused = told(content)
    except litegraph.Damaged as error:
        assert re.fullmatch(r"it [ -~]+", str(error))
    else:
        assert refused == off_the_list(codes(content))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        litegraph.read(io.BytesIO(content))
    except litegraph.Damaged:
        pass
