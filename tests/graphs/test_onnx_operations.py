"""What a model.onnx may do: read from its bytes, wherever an operation stands, before ONNX Runtime loads it."""

import io
import random
from collections.abc import Iterator
from pathlib import Path

import numpy
import onnx
import onnx.defs
import pytest
from graphbytes import field
from hypothesis import given
from hypothesis import strategies as st
from onnxmaking import function, graph, model, node, put, shop, words

from registry.artifacts import runtime
from registry.errors import RegistryError
from registry.graphs import onnxgraph, operations

AGAIN = "leave it out, and build the version again"
ALLOWED = operations.known()["ONNX"]
RANDOM = node("RandomNormalLike", ["x"], ["y"], name="/noise/RandomNormalLike")
DRAWS = f"layer /noise: uses RandomNormalLike, which draws at random; {AGAIN}"
SAME = node("Identity", ["x"], ["y"])


def faults(made: onnx.ModelProto | bytes) -> list[operations.Fault]:
    content = made if isinstance(made, bytes) else made.SerializeToString()
    return [fault for one in onnxgraph.read(io.BytesIO(content)) for fault in operations.faults(one)]


def told(folder: Path, made: onnx.ModelProto | bytes) -> str:
    """Return why a model is not loaded, without where it lies."""
    with pytest.raises(RegistryError) as error:
        runtime.load(put(folder, made))
    return str(error.value).replace(f"{folder}/model.onnx: ", "")


def test_each_operation_of_onnx_is_allowed_or_refused_with_a_reason() -> None:
    names = {f"{one.domain}.{one.name}".lstrip(".") for one in onnx.defs.get_all_schemas_with_history()
             if one.domain in ("", "ai.onnx.ml")}  # fmt: skip
    refused = names - ALLOWED.keys() - operations.known()["ONNX, never"].keys()
    assert refused == {"ImageDecoder"}  # which ONNX Runtime does not run
    assert {name for name in ALLOWED if not name.startswith("com.microsoft.")} <= names
    assert [faults(made) for made in (shop(), words())] == [[], []]


def branching(*nodes: onnx.NodeProto) -> onnx.NodeProto:
    """Return a node with nodes in one of its branches."""
    gives = [onnx.ValueInfoProto(name="y")]
    branches = {f"{name}_branch": graph(*some, gives=gives) for name, some in (("then", nodes), ("else", [SAME]))}
    return node("If", ["is"], ["y"], name="/choice/If", **branches)


CALL = node("Evil", ["x"], ["y"], domain="team", name="/layer/Evil")
INNER = node("RandomNormalLike", ["a"], ["b"], name="draw")
TRAINING = model(SAME)
TRAINING.training_info.add().algorithm.CopyFrom(graph(RANDOM))
DEFAULT = function("Evil", node("Identity", ["a"], ["b"]))
DEFAULT.attribute_proto.append(onnx.helper.make_attribute("body", graph(RANDOM)))
PLACES = {
    "in the graph": (model(RANDOM), DRAWS),
    "in a branch": (model(branching(RANDOM)), DRAWS.replace("/noise", "/choice")),
    "in a branch of a branch, by the name of the layer around it": (
        model(branching(branching(node("RandomNormalLike", ["x"], ["y"])))), DRAWS.replace("/noise", "/choice")
    ),
    "in a function, by the name of the layer that calls": (
        model(CALL, functions=[function("Evil", INNER)]), DRAWS.replace("/noise", "/layer")
    ),
    "in a function that nobody calls": (model(SAME, functions=[function("Evil", RANDOM)]), DRAWS),
    "in a graph that a function has for a default": (model(CALL, functions=[DEFAULT]), DRAWS),
    "in a graph to train by": (TRAINING, DRAWS),
    "in a graph that comes in two pieces": (
        model(SAME).SerializeToString() + field(7, field(1, RANDOM.SerializeToString())), DRAWS
    ),
    "of a team's own": (model(CALL), f"layer /layer: uses team.Evil, which is not on the list of what a model may do; {AGAIN}"),
    "without a name": (
        model(node("Evil", ["x"], ["y"], domain="team")),
        f"operation y: uses team.Evil, which is not on the list of what a model may do; {AGAIN}",
    ),
    "named as one with a domain is": (
        model(node("ai.onnx.ml.Scaler", ["x"], ["y"])),
        f"operation y: uses :ai.onnx.ml.Scaler, which is not on the list of what a model may do; {AGAIN}",
    ),
    "of a domain that may be left out": (
        model(node("RandomNormalLike", ["x"], ["y"], domain="ai.onnx", name="/noise/RandomNormalLike")), DRAWS
    ),
    "drawing only where it trains": (
        model(node("Dropout", ["x", "", "is"], ["y"])),
        "operation y: uses Dropout(training_mode), which draws at random (export the model for inference, where it is left "
        f"out); {AGAIN}",
    ),
    "reading a file": (
        model(node("EPContext", ["x"], ["y"], domain="com.microsoft", ep_cache_context="/etc/passwd")),
        f"operation y: uses com.microsoft.EPContext, which reads another file; {AGAIN}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_what_a_model_may_not_do_is_refused_wherever_it_stands(tmp_path: Path, place: str) -> None:
    made, wanted = PLACES[place]
    assert told(tmp_path, made) == wanted


def outside(name: str = "w") -> onnx.TensorProto:
    tensor = onnx.numpy_helper.from_array(numpy.ones(2, "float32"), name)
    onnx.external_data_helper.set_external_data(tensor, "/etc/passwd")
    return tensor


def sparse() -> onnx.ModelProto:
    made = model(SAME)
    made.graph.sparse_initializer.add().values.CopyFrom(outside())
    return made


FUNCTION = function("f", node("Constant", [], ["b"], value=outside()))


@pytest.mark.parametrize(
    "made",
    [
        model(SAME, w=outside(), v=outside("v")),
        model(SAME, node("Constant", [], ["c"], value=outside())),
        model(branching(node("Constant", [], ["y"], value=outside()))),
        model(SAME, functions=[FUNCTION]),
        sparse(),
    ],
    ids=["a constant", "in a node", "in a branch", "in a function", "sparse"],
)
def test_constants_in_other_files_are_refused_once(tmp_path: Path, made: onnx.ModelProto) -> None:
    text = "lies in another file (save the model in one, without external data)"
    assert told(tmp_path, made) == f"operation w: uses EXTERNAL_DATA, which {text}; {AGAIN}"


def test_a_function_that_a_file_brings_along_excuses_no_name_that_onnx_runtime_has_itself(tmp_path: Path) -> None:
    """It runs its own operation then, whatever the function says."""
    folders = iter([tmp_path / "one", tmp_path / "other"])
    for domain in ("", "com.microsoft"):
        name = "RandomNormalLike" if domain == "" else "GridSample"
        made = model(node(name, ["x"], ["y"], domain=domain), functions=[function(name, SAME, domain=domain)])
        assert f"uses {f'{domain}.{name}'.lstrip('.')}, which " in told(next(folders), made)
    made = model(CALL, functions=[function("Evil", node("Neg", ["a"], ["b"]))])
    rows = numpy.ones((1, 2), "float32")
    assert runtime.load(put(tmp_path / "own", made))({"x": rows})["y"].tolist() == [[-1.0, -1.0]]


def deep(depth: int) -> onnx.NodeProto:
    return branching(deep(depth - 1)) if depth else SAME


TWICE = node("Identity", ["x"], ["y"]).SerializeToString()
ODD = {
    "nothing": (b"", "it has no graph"),
    "no graph": (onnx.ModelProto(ir_version=10).SerializeToString(), "it has no graph"),
    "two operations in one": (field(7, field(1, TWICE + field(4, "Neg"))), "it says twice what can be said once"),
    "the form of ONNX Runtime itself": (b"\x0a\x08aaORTMaa" + model(SAME).SerializeToString(),
                                        "it is in a form that only ONNX Runtime reads; save it as ONNX"),
    "graphs within graphs": (model(deep(17)).SerializeToString(), "it has graphs within graphs, 16 deep"),
    "cut short": (model(SAME).SerializeToString()[:-30], "it has a field that ends behind what holds it"),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_a_file_that_two_readers_may_take_for_two_things_is_refused(tmp_path: Path, case: str) -> None:
    content, wanted = ODD[case]
    assert told(tmp_path, content) == f"can't be loaded: {wanted}; fetch or build the version again"


def test_millions_of_numbers_in_a_forest_are_passed_over(tmp_path: Path) -> None:
    """Written one by one, as the onnx package does."""
    many = [float(at % 7) for at in range(400_000)]
    made = model(node("Scaler", ["x"], ["y"], domain="ai.onnx.ml", offset=many, scale=many), SAME)
    whole = made.SerializeToString()
    assert len(whole) > 4_000_000
    ints = node("TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", nodes_treeids=[*range(300_000)])
    assert faults(model(ints, SAME, RANDOM)) == faults(model(RANDOM)) != []
    reads = Counted(whole)
    (one,) = onnxgraph.read(reads)
    assert [each.operation for each in one.functions["0"]] == ["ai.onnx.ml.Scaler", "Identity"]
    assert reads.count < 1000


class Counted(io.BytesIO):
    """Bytes that know how often they were read."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        self.count += 1
        return super().read(size)


def named(domain: str | bytes, name: str | bytes) -> str:
    """Return what a node does, as a fault has it; protobuf hands out bytes where text is none."""
    domain, name = (one if isinstance(one, str) else one.decode("utf-8", "replace") for one in (domain, name))
    domain = "" if domain == "ai.onnx" else domain
    return f"{domain}.{name}".lstrip(".") if name.isidentifier() else f"{domain}:{name}"


def seen(made: onnx.ModelProto) -> Iterator[str]:
    """Yield what a model does by the onnx package's own parser, wherever it does it."""
    graphs = [made.graph, *(one for info in made.training_info for one in (info.initialization, info.algorithm))]
    lists = [one.node for one in graphs] + [one.node for one in made.functions]
    attributes = [one for each in made.functions for one in each.attribute_proto]
    while lists or attributes:
        for one in lists.pop() if lists else []:
            yield named(one.domain, one.op_type)
            attributes += one.attribute
        for one in [attributes.pop()] if attributes else []:
            lists += [inner.node for inner in (*one.graphs, *([one.g] if one.HasField("g") else []))]


WHOLE = [made.SerializeToString() for made, _ in PLACES.values() if isinstance(made, onnx.ModelProto)]


@given(st.integers(0))
def test_of_what_the_onnx_package_would_see_nothing_passes_that_is_not_on_the_list(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(20):
        content = bytearray(draw.choice(WHOLE) + (draw.choice(WHOLE) if draw.random() < 0.2 else b""))
        for _ in range(draw.choice([0, 1, 2, 8])):
            content[draw.randrange(len(content))] = draw.choice([0, 1, 7, 34, 58, draw.randrange(256)])
        try:
            found = {each for one in onnxgraph.read(io.BytesIO(content)) for each in operations.faults(one)}
        except onnxgraph.Damaged:
            continue
        try:
            made = onnx.load_model_from_string(bytes(content))
        except Exception:  # it reads less than is read here
            continue
        own = {named(one.domain, one.name) for one in made.functions if one.domain == "team"}
        unlisted = {name for name in seen(made) if name not in ALLOWED} - own
        assert unlisted <= {one.operation for one in found}, bytes(content)
