"""Running a model by ONNX Runtime. The one door to onnxruntime."""

import re
from pathlib import Path

import numpy
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, RuntimeException

from registry.artifacts.tensors import DTYPES, SERVED, InputError, Tensor, fixed
from registry.errors import refuse

FATAL = 4  # of its levels of logging: what fails is raised as well
CALLED = {"float": "float32", "double": "float64", "string": "bytes"} | {dtype: dtype for dtype in DTYPES}
LACKING = "Failed to construct locale"
LOCALE = "install that, or export the model with one that each machine has, as C is: of skl2onnx the option `locale`"
ZIPMAP = "export it without ZipMap: options={'zipmap': False} for skl2onnx, zipmap=False for onnxmltools"
SOURCE = re.compile(
    r"\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : |/onnxruntime_src/\S+ [^()]*\([^()]*\)( const)?(::<lambda.*?>)? "
)
STATUS = "Status Message: "


def load(file: Path) -> "Model":
    """Load a .onnx file; raise RegistryError when it is damaged, or is not asked as all models are: rows in, rows out."""
    try:
        return Model(file)
    except ValueError as error:
        raise refuse(str(file), str(error)) from error
    except Exception as error:  # it raises its own kinds, which have nothing in common
        reason = _reason(error, file)
        advice = f"; {LOCALE}" if LACKING in reason else ""
        raise refuse(str(file), f"can't be loaded by ONNX Runtime: {reason}{advice}") from error


class Model:
    """An ONNX model in memory. Several threads may call it at once; each runs it by itself, so that it adds in one order."""

    kind = "onnx"

    def __init__(self, file: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = FATAL
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # they keep what the largest batch took
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        self.inputs = tuple([_input(one) for one in self._session.get_inputs()])
        self.outputs = tuple([_output(one) for one in self._session.get_outputs()])
        self._names = [one.name for one in self.outputs]

    def __call__(self, arrays: dict[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
        """Return the outputs by name; raise InputError for values the model can't take."""
        fed = {one.name: _decoded(one, arrays[one.name]) for one in self.inputs}
        try:
            answers = self._session.run(self._names, fed)
        except (Fail, InvalidArgument, RuntimeException) as error:
            raise InputError(_reason(error)) from error
        return {one.name: _encoded(one, answer) for one, answer in zip(self.outputs, answers, strict=True)}


def _input(one: onnxruntime.NodeArg) -> Tensor:
    tensor = _tensor("takes", one)
    if fault := fixed(tensor):
        raise ValueError(fault)
    return tensor


def _output(one: onnxruntime.NodeArg) -> Tensor:
    tensor = _tensor("gives", one)
    if tensor.shape[0] == 1:  # so onnxmltools writes that of labels, whatever there are
        return Tensor(tensor.name, tensor.dtype, (None, *tensor.shape[1:]))
    return tensor


def _tensor(does: str, one: onnxruntime.NodeArg) -> Tensor:
    dtype = CALLED.get(one.type.removeprefix("tensor(").removesuffix(")"))
    if dtype is None:
        advice = ZIPMAP if "map(" in one.type else SERVED
        raise ValueError(f"{does} {one.name!r} as {one.type}; {advice}")
    if not one.shape:
        raise ValueError(f"{does} {one.name!r} without a first dimension for rows; give it one that is free")
    return Tensor(one.name, dtype, tuple([size if isinstance(size, int) else None for size in one.shape]))


def _decoded(tensor: Tensor, array: numpy.ndarray) -> numpy.ndarray:
    """Return an array as ONNX Runtime takes it, which knows text and no bytes."""
    return _each(tensor, array, _text) if tensor.dtype == "bytes" else array


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode()


def _encoded(tensor: Tensor, array: numpy.ndarray) -> numpy.ndarray:
    """Return an array as all know it: ONNX Runtime's long long is another type to NumPy than int64."""
    return _each(tensor, array, str.encode) if tensor.dtype == "bytes" else array.view(tensor.dtype)


def _each(tensor: Tensor, array: numpy.ndarray, work) -> numpy.ndarray:
    found = numpy.empty(array.shape, object)
    try:
        found.flat = [work(value) for value in array.flat]
    except UnicodeDecodeError as error:
        raise InputError(f"{tensor.name!r} takes text in UTF-8") from error
    return found


def _reason(error: Exception, file: Path | None = None) -> str:
    """Return what went wrong, without where in its own source it found that."""
    text = SOURCE.sub("", " ".join(str(error).split())).replace(f"Load model from {file} failed:", "")
    return text.rpartition(STATUS)[2]
