"""What an artifact with LiteRT takes beside its weights, those of ResNet50; and the memory of `serve` with an ONNX model."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from graphbytes import field
from servers import repository
from serving import serve, started

MOST = 2.1
MOST_MEMORY = 85  # MB: a tenth more than 77, what a first try took


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each target: what, the figure, the target, whether it is met."""
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:  # so that TensorFlow does not weigh on the rest
        weights, taken = apart.submit(build, folder / "packed").result()
    version = repository(folder / "served") / "digits/1000000"
    version.mkdir(parents=True)
    (version / "model.onnx").write_bytes(same())
    with started(folder / "served", serve) as server:
        memory = server.shared_memory()
    told = f"{taken / weights:.2f} × ({taken / 1e6:.0f} MB of {weights / 1e6:.0f} MB)"
    return [
        ["ResNet50 with LiteRT, against its weights", told, f"at most {MOST}", _met(taken <= MOST * weights)],
        [
            "serve with an ONNX model, memory",
            f"{memory:.0f} MB",
            f"at most {MOST_MEMORY} MB",
            _met(memory <= MOST_MEMORY),
        ],
    ]


def _met(is_met: bool) -> str:
    return "yes" if is_met else "NO"


def same() -> bytes:
    """Return an ONNX model that gives what it takes, rows of two numbers; by hand, since nothing else here needs onnx."""
    rows = field(2, field(1, field(1, 1) + field(2, field(1, field(2, "rows"), field(1, 2)))))
    node = field(1, "x") + field(2, "y") + field(4, "Identity")
    graph = field(1, node) + field(2, "graph") + field(11, field(1, "x") + rows) + field(12, field(1, "y") + rows)
    return field(1, 10) + field(7, graph) + field(8, field(2, 20))


def build(folder: Path) -> tuple[int, int]:
    """Export ResNet50, untrained, as build does; return the bytes of its weights and of all that ships."""
    import keras
    import numpy

    from registry.artifacts import inference, runtime
    from registry.exports import conversion
    from registry.exports.kerasmodel import KerasModel
    from registry.exports.modelcode import ModelCode

    code = folder.with_name("code")
    code.mkdir()
    (code / "model.py").write_text("def train(): pass\n")
    model = keras.applications.ResNet50(weights=None)
    made, pictures = KerasModel(ModelCode(code, "models/resnet"), model), numpy.zeros((2, 224, 224, 3), "float32")
    made.export(folder)
    answers = inference.answers(runtime.load(folder, "tensorflow"), pictures)
    assert conversion.add(folder, pictures, answers).startswith("same outputs")
    taken = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return sum(weight.nbytes for weight in model.get_weights()), taken
