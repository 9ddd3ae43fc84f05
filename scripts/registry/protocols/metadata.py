"""What models are, in both protocols' words: types, signatures, versions, and what is not there. Pure."""

import orjson

from registry.artifacts.tensors import Tensor
from registry.protocols.refusals import RequestError

SIGNATURE = "serving_default"
BINARY = "binary_tensor_data"  # the extension that protocols/binary.py speaks
BINARY_HEADER = "Inference-Header-Content-Length"
PLATFORMS = {"litert": "litert_tflite", "onnx": "onnxruntime_onnx", "tensorflow": "tensorflow_savedmodel"}
TYPES = {  # in TensorFlow Serving's words, and in the Open Inference Protocol's
    "float16": ("DT_HALF", "FP16"),
    "float32": ("DT_FLOAT", "FP32"),
    "float64": ("DT_DOUBLE", "FP64"),
    "int8": ("DT_INT8", "INT8"),
    "int16": ("DT_INT16", "INT16"),
    "int32": ("DT_INT32", "INT32"),
    "int64": ("DT_INT64", "INT64"),
    "uint8": ("DT_UINT8", "UINT8"),
    "uint16": ("DT_UINT16", "UINT16"),
    "uint32": ("DT_UINT32", "UINT32"),
    "uint64": ("DT_UINT64", "UINT64"),
    "bool": ("DT_BOOL", "BOOL"),
    "bytes": ("DT_STRING", "BYTES"),
}

Tensors = tuple[Tensor, ...]


def status_v1(versions: dict[int, str]) -> bytes:
    """Return the status of versions: each number with why it can't be served, or "" when it is."""
    return orjson.dumps({"model_version_status": [_status(*item) for item in sorted(versions.items(), reverse=True)]})


def _status(version: int, fault: str) -> dict:
    code = {"error_code": "UNKNOWN" if fault else "OK", "error_message": fault}
    return {"version": str(version), "state": "END" if fault else "AVAILABLE", "status": code}


def signature_v1(name: str, version: int, inputs: Tensors, outputs: Tensors) -> bytes:
    """Return the metadata of one version: its serving signature."""
    signature = {
        "inputs": {tensor.name: _tensor_v1(tensor, f"{SIGNATURE}_{tensor.name}:0") for tensor in inputs},
        "outputs": {tensor.name: _tensor_v1(tensor, f"StatefulPartitionedCall:{i}") for i, tensor in enumerate(outputs)},
        "method_name": "tensorflow/serving/predict",
        "defaults": {},
    }  # fmt: skip
    spec = {"name": name, "signature_name": "", "version": str(version)}
    return orjson.dumps({"model_spec": spec, "metadata": {"signature_def": {"signature_def": {SIGNATURE: signature}}}})


def _tensor_v1(tensor: Tensor, graph_name: str) -> dict:
    sizes = [{"size": "-1" if size is None else str(size), "name": ""} for size in tensor.shape]
    shape = {"dim": sizes, "unknown_rank": False}
    return {"dtype": TYPES[tensor.dtype][0], "tensor_shape": shape, "name": graph_name}


def no_servable(name: str, version: int | None, fault: str) -> RequestError:
    """Return the error for a model or version that is not served, with why that is, where it is known."""
    servable = f"Latest({name})" if version is None else f"Specific({name}, {version})"
    return RequestError(404, f"Servable not found for request: {servable}{fault and f'; {fault}'}")


def no_status(name: str, version: int | None) -> RequestError:
    """Return the error for the status of a model or version that is not there."""
    if version is None:
        return RequestError(404, f"Could not find any versions of model {name}")
    return RequestError(404, f"Could not find version {version} of model {name}")


def model_v2(name: str, versions: list[int], kind: str, inputs: Tensors, outputs: Tensors) -> bytes:
    """Return the metadata of a model: its versions, and one version's inputs and outputs."""
    return orjson.dumps(
        {
            "name": name,
            "versions": [str(version) for version in sorted(versions)],
            "platform": PLATFORMS[kind],
            "inputs": [_tensor_v2(tensor) for tensor in inputs],
            "outputs": [_tensor_v2(tensor) for tensor in outputs],
        }
    )


def _tensor_v2(tensor: Tensor) -> dict:
    shape = [-1 if size is None else size for size in tensor.shape]
    return {"name": tensor.name, "datatype": TYPES[tensor.dtype][1], "shape": shape}
