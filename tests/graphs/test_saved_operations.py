"""What a saved_model.pb may do: read from its bytes, wherever an operation stands, before anything loads it."""

import io
import random
import re
from pathlib import Path

import pytest
from graphbytes import SAVER, calling, field, function, function_value, node, objects, saved_model, varint
from hypothesis import given
from hypothesis import strategies as st

from registry.artifacts import runtime
from registry.errors import RegistryError
from registry.graphs import operations, savedgraph

AGAIN = "leave it out, and build the version again"
WRITES = f"uses WriteFile, which writes a file; {AGAIN}"
EVIL = node("model/layer/WriteFile", "WriteFile")
HARMLESS = sorted(operations.known()["SavedModel"])
REFUSED = ["WriteFile", "ReadFile", "EagerPyFunc", "PrintV2", "TeamsOwnOp", "SaveV2", "RestoreV2", "Abort", "", "relu"]


def told(folder: Path, content: bytes) -> str:
    """Return why a SavedModel of these bytes is not loaded, without where it lies."""
    (folder / "saved_model.pb").write_bytes(content)
    with pytest.raises(RegistryError) as error:
        runtime.load(folder, "tensorflow")
    return str(error.value).replace(f"{folder}/saved_model.pb: ", "")


def faults(content: bytes) -> list[operations.Fault]:
    return [fault for graph in savedgraph.read(io.BytesIO(content)) for fault in operations.faults(graph)]


def test_what_tensorflow_writes_by_itself_is_no_fault() -> None:
    called = function("serve", node("model/dense/MatMul", "MatMul", "x"), node("model/dense/r", "ReadVariableOp"))
    content = saved_model(calling("answer", "serve"), functions=[called], held=objects(serving="serve"))
    assert faults(content) == []


LAYER = calling("model/layer/call", "inner")
PLACES = {
    "in the graph itself": saved_model(EVIL),
    "in a function": saved_model(calling("a", "f"), functions=[function("f", EVIL)]),
    "in a function that nobody calls": saved_model(functions=[function("f", EVIL)]),
    "in a function of a function, by the name of the layer that calls": saved_model(
        calling("a", "f"), functions=[function("inner", node("w", "WriteFile")), function("f", LAYER)]
    ),
    "in a body with a scope of its own": saved_model(
        functions=[function("inner", node("deep/w", "WriteFile")), function("f", LAYER)]
    ),
    "in functions that call each other": saved_model(
        functions=[function("inner", calling("w", "f"), EVIL), function("f", calling("model/layer/w", "inner"))]
    ),
    "in a second meta graph": saved_model() + field(2, field(2, field(1, EVIL))),
    "in a graph that comes in two pieces": saved_model() + field(2, field(2, b"") + field(2, field(1, EVIL))),
    "with a large constant": saved_model(node("model/layer/WriteFile", "WriteFile", weight=100_000)),
    "with its name last": saved_model(field(2, "WriteFile") + field(1, "model/layer/WriteFile")),
    "with an unknown field before": saved_model(varint(99 << 3 | 1) + bytes(8) + EVIL),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_an_operation_is_found_wherever_it_stands(tmp_path: Path, place: str) -> None:
    assert told(tmp_path, PLACES[place]) == f"layer model/layer: {WRITES}"


def test_without_a_layer_the_operation_is_named_itself(tmp_path: Path) -> None:
    assert told(tmp_path, saved_model(node("w", "WriteFile"))) == f"operation w: {WRITES}"


def test_all_are_told_at_once_sorted_and_few_of_very_many(tmp_path: Path) -> None:
    own = [node(f"m/l{at}/x", "TeamsOwnOp") for at in (2, 1, 1)]
    unlisted = f"uses TeamsOwnOp, which is not on the list of what a model may do; {AGAIN}"
    assert told(tmp_path, saved_model(*own[:2], own[2].replace(b"l1/x", b"l1/y"))) == (
        f"layer m/l1: {unlisted}\nlayer m/l2: {unlisted}"
    )
    lines = told(tmp_path, saved_model(*(node(f"m/l{at}/x", "TeamsOwnOp") for at in range(1000)))).splitlines()
    assert (len(lines), lines[-1]) == (13, "has 988 more that a model may not use")


def test_names_of_any_kind_are_told_in_one_line(tmp_path: Path) -> None:
    said = told(tmp_path, saved_model(node("\x1b[31m\n" + "x" * 9999 + "/y", "\n::error::" + "y" * 9999)))
    assert said.isprintable() and len(said) < 500


CALLS = {
    "one": calling("model/layer/if", "WriteFile", operation="StatelessIf"),
    "one of several": calling("model/layer/if", "f", "WriteFile", operation="StatelessIf"),
    "handed on": node("model/layer/if", "StatelessIf", calls=function_value("f", handed_on=["WriteFile"])),
}


@pytest.mark.parametrize("kind", CALLS)
def test_an_operation_in_place_of_a_function_is_refused(tmp_path: Path, kind: str) -> None:
    """TensorFlow makes a branch a node of its function's name, and takes an operation for one."""
    said = told(tmp_path, saved_model(CALLS[kind], functions=[function("f")]))
    assert said == f"layer model/layer: uses StatelessIf, which calls a function that the file does not hold; {AGAIN}"


READS = "which reads a file, other than TensorFlow's own call, which reads variables/ of the model"
REACHED = {
    "by a signature": dict(gives="save:0"),
    "by what a signature gives": dict(nodes=[node("answer", "Identity", "save")], gives="answer:0"),
    "by order alone": dict(nodes=[node("answer", "Identity", "^save")], gives="answer:0"),
    "by what TensorFlow starts": dict(started="save"),
    "by another call": dict(nodes=[calling("answer", "saving")]),
    "by another function": dict(functions=[function("f", calling("c", "saving"))], nodes=[calling("answer", "f")]),
    "by an object": dict(held=objects(serving="saving")),
    "by an object beside the signatures": dict(held=objects(other="saving")),
    "by restoring": dict(
        functions=[function("restoring2", calling("c", "saving"))], nodes=[calling("x", "restoring2")]
    ),
}


@pytest.mark.parametrize("way", REACHED)
def test_saving_is_refused_where_more_than_saving_reaches_it(way: str) -> None:
    facts = dict(REACHED[way])
    found = {fault.operation for fault in faults(saved_model(*facts.pop("nodes", ()), **facts))}
    assert found == {"MergeV2Checkpoints", "SaveV2", "ShardedFilename"}


@pytest.mark.parametrize("own, other", [
    (node("r", "RestoreV2", "argument"), node("r", "RestoreV2", "constant")),
    (calling("restore", "restoring", given=["saver_filename"]), calling("restore", "restoring", given=["other_filename"])),
])  # fmt: skip
def test_variables_are_restored_from_no_other_file(tmp_path: Path, own: bytes, other: bytes) -> None:
    assert saved_model().count(own) == 1 and faults(saved_model()) == []
    assert told(tmp_path, saved_model().replace(own, other)) == f"operation r: uses RestoreV2, {READS}; {AGAIN}"


FROM = SAVER[0]
RESTORES = node("r", "RestoreV2", "argument")
ELSEWHERE = {
    "in a function within": dict(
        restoring=function("restoring", calling("c", "inner", given=["x"])), functions=[function("inner", RESTORES)]
    ),
    "in itself again": dict(restoring=function("restoring", RESTORES, calling("c", "restoring", given=["x"]))),
    "in a branch, which does not get what is asked": dict(
        restored=calling("restore", "restoring", operation="If", given=[FROM, "other"])
    ),
    "in a loop, which gives itself what comes next": dict(
        restored=calling("restore", "restoring", operation="While", given=[FROM])
    ),
    "in a function that is handed on": dict(
        restored=node("restore", "PartitionedCall", FROM, calls=function_value("f", handed_on=["restoring"])),
        functions=[function("f")],
    ),
    "from another output": dict(restored=calling("restore", "restoring", given=[f"{FROM}:1"])),
}  # fmt: skip


@pytest.mark.parametrize("way", ELSEWHERE)
def test_variables_are_restored_by_the_call_alone_that_tensorflow_makes(tmp_path: Path, way: str) -> None:
    assert told(tmp_path, saved_model(**ELSEWHERE[way])) == f"operation r: uses RestoreV2, {READS}; {AGAIN}"


@pytest.mark.parametrize("instead", ["saved_model.cpb", "saved_model.pbtxt"])
def test_a_file_that_may_be_run_in_its_place_is_refused(tmp_path: Path, instead: str) -> None:
    (tmp_path / instead).write_bytes(b"")
    (tmp_path / "saved_model.pb").write_bytes(saved_model())
    with pytest.raises(RegistryError, match=f"{instead}: may be taken for the model that was judged; take it away$"):
        runtime.load(tmp_path)


def test_what_serves_the_litert_model_refuses_the_saved_model_beside_it_too(tmp_path: Path) -> None:
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / runtime.LITE_MODEL).write_bytes(b"")
    (tmp_path / "saved_model.pb").write_bytes(saved_model(EVIL))
    for kind in "litert", None:
        with pytest.raises(RegistryError, match="WriteFile"):
            runtime.load(tmp_path, kind)


COUNTER = node("model/count/add", "AssignAddVariableOp", "v")


class Counted(io.FileIO):
    """A file that counts the bytes that are read of it."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        content = super().read(size)
        self.taken += len(content)
        return content


def test_constants_are_passed_over(tmp_path: Path) -> None:
    """A sparse file of 4 GiB: no byte of the constant is looked at but those in the window around its name."""
    size = 4 * 1024**3
    value = varint(8 << 3 | 2) + varint(size)
    lengths = [len(value) + size]
    entry = field(1, "value") + varint(2 << 3 | 2) + varint(lengths[0]) + value
    head = field(1, "model/c/Const") + field(2, "Const") + varint(5 << 3 | 2) + varint(len(entry) + size) + entry
    for number in 1, 2, 2:  # a node of a graph of a meta graph
        head = varint(number << 3 | 2) + varint(len(head) + size) + head
    with (tmp_path / "saved_model.pb").open("wb") as file:
        file.write(head)
        file.truncate(len(head) + size)
        file.seek(0, io.SEEK_END)
        file.write(saved_model(EVIL))
    with Counted(tmp_path / "saved_model.pb") as file:
        found = [operations.faults(graph) for graph in savedgraph.read(file)]
    assert [[fault.operation for fault in one] for one in found] == [[], ["WriteFile"]]
    assert file.taken < 200_000


@given(
    names=st.lists(st.sampled_from(HARMLESS) | st.sampled_from(REFUSED) | st.text(max_size=9), max_size=30),
    seed=st.randoms(use_true_random=False),
)
def test_of_any_list_of_operations_just_those_off_the_list_are_refused(names: list[str], seed: random.Random) -> None:
    """Spread over the graph and three functions, some of them called and some heavy."""
    layers = [node(f"m/l{at}/x", name, weight=seed.choice([0, 20_000])) for at, name in enumerate(names)]
    where = [seed.randrange(4) for _ in names]
    parts = [[layer for layer, place in zip(layers, where, strict=True) if place == at] for at in range(4)]
    content = saved_model(*parts[0], functions=[function(f"f{at}", *parts[at]) for at in (1, 2, 3)])
    calls = operations.known()["SavedModel, calls"]
    wanted = {(f"layer m/l{at}", name) for at, name in enumerate(names) if name not in {*HARMLESS, *calls}}
    assert {(fault.place, fault.operation) for fault in faults(content)} == wanted


WHOLE = saved_model(
    calling("answer", "f"),
    functions=[function("f", COUNTER, node("c", "Const", weight=300))],
    held=objects(serving="f"),
)


@given(at=st.integers(0, len(WHOLE)), bytes_=st.binary(max_size=12), cut=st.booleans())
def test_damaged_bytes_are_read_or_refused_never_a_traceback(at: int, bytes_: bytes, cut: bool) -> None:
    content = WHOLE[:at] + bytes_ + (b"" if cut else WHOLE[at + len(bytes_) :])
    try:
        [graph for graph in savedgraph.read(io.BytesIO(content))]
    except savedgraph.Damaged as error:
        assert re.fullmatch(r"it [ -~]+", str(error))


DAMAGED = {
    "ends in the middle": WHOLE[:-5],
    "a length beyond its message": field(2, field(2, varint(1 << 3 | 2) + varint(10**9))),
    "a length beyond all reason": b"\x12" + b"\xff" * 9 + b"\x01",
    "a number without end": b"\x12" + b"\xff" * 40,
    "a tag in more bytes than it needs": field(2, field(2, b"\x8a\x00" + varint(len(EVIL)) + EVIL)),
    "a group": b"\x13\x14",
    "two names for an operation": saved_model(EVIL + field(2, "Const")),
    "two names, the harmless one first": saved_model(node("w", "Const") + field(2, "WriteFile")),
    "two functions of a name": saved_model(functions=[function("f"), function("f", EVIL)]),
    "a function by the name of the graph itself": saved_model(functions=[function(savedgraph.OWN, EVIL)]),
    "two operations of a name": saved_model(node("w", "Const"), node("w", "Const")),
    "a tag of more bits than there are": saved_model(node("w", "Const") + varint(1 << 32 | 2 << 3 | 2) + b"\1x"),
    "two names, between them what a careless reader steps over": saved_model(
        field(1, "w") + field(2, "Const") + field(18, varint(3 << 3 | 2) + b"\x0b") + field(2, "WriteFile")
    ),
    "two names for an argument": saved_model(restoring=field(1, field(1, "f") + field(2, field(1, "a", "b")))),
    "two savers": saved_model() + field(2, field(3, field(3, "a"), field(3, "b"))),
    "a function that runs in place of another": saved_model(
        functions=[function("f") + field(5, field(1, "api_implements") + field(2, field(2, "x")))]
    ),
}


def nested(depth: int) -> bytes:
    """Return a value of functions that are handed on to functions that are handed on."""
    value = function_value("f")
    for _ in range(depth):
        value = field(10, field(1, "f") + field(2, field(1, "g") + field(2, value)))
    return value


DAMAGED["functions within functions"] = saved_model(node("w", "If", calls=nested(2000)), functions=[function("f")])


@pytest.mark.parametrize("kind", DAMAGED)
def test_what_readers_may_take_for_two_things_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    assert re.fullmatch(r"can't be loaded: it [^\n]+; fetch or build the version again", told(tmp_path, DAMAGED[kind]))


def test_fields_without_end_are_given_up(tmp_path: Path) -> None:
    said = told(tmp_path, field(2, b"\x08\x00" * 3_000_001))
    assert said == "can't be loaded: it has more than 3,000,000 fields; fetch or build the version again"
