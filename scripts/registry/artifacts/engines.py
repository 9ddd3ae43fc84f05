"""What serves which models: their runtimes, as reports and releases name them. Pure."""

from collections.abc import Mapping

TAKEN_BY_TENSORFLOW_SERVING = ("tensorflow", "litert")  # an artifact with a LiteRT model has a SavedModel, too
ONNX = "TensorFlow Serving does not take ONNX; `tox run -e serve` does, as do Triton and KServe's runtimes for ONNX"


def verb(runtime: str) -> str:
    """Return the verb that serves models of a runtime: TensorFlow is installed for those alone that need it."""
    return "serve-tensorflow" if runtime == "tensorflow" else "serve"


def notes(runtimes: Mapping[str, str]) -> list[str]:
    """Return, for the runtimes of models by their names, what is worth knowing before something serves them."""
    left = sorted(name for name, kind in runtimes.items() if kind not in TAKEN_BY_TENSORFLOW_SERVING)
    return [f"{', '.join(left)}: {ONNX}"] if left else []
