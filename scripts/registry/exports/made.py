"""What train() returned, as one thing whatever kind it is."""

import os
import sys
from pathlib import Path
from typing import Protocol

from registry.artifacts import arrays
from registry.artifacts.arrays import Features
from registry.artifacts.inference import Arrays
from registry.artifacts.runtime import Runtime
from registry.exports.modelcode import ModelCode

EXPORTERS = {
    "sklearn": "skl2onnx.to_onnx()",
    "lightgbm": "onnxmltools.convert_lightgbm()",
    "xgboost": "onnxmltools.convert_xgboost()",
    "torch": "torch.onnx.export()",
}
KINDS = "return a keras.Model, ONNX (a ModelProto, or its bytes), or the path of a folder with a SavedModel"


class Made(Protocol):
    """What train() returned. Where it `runs_here` by the packages that trained it, it is proven before it is handed on."""

    runs_here: bool

    def export(self, output: Path) -> None:
        """Write into a new folder what ships; raise RegistryError where that can't be done."""

    def answers(self, features: Features) -> Arrays | None:
        """Return its outputs for rows by their names, or None where only the registry can ask it."""

    def digest(self) -> str:
        """Return a SHA-256 that two trainings share where they gave the same model."""

    def prove(self, loaded: Runtime, features: Features, answers: Arrays) -> None:
        """Raise RegistryError unless what was exported answers as it did before, and as what was trained."""


def of(code: ModelCode, found: object) -> Made:
    """Return what a model's train() returned; raise RegistryError, at its line, where it is no model."""
    found = getattr(found, "model_proto", found)  # of the ONNXProgram that PyTorch's exporter returns
    if hasattr(found, "SerializeToString"):
        with code.blamed("train"):
            found = found.SerializeToString()
    if isinstance(found, bytes | bytearray):
        from registry.exports.onnxbytes import OnnxBytes

        return OnnxBytes(bytes(found))
    if isinstance(found, str | os.PathLike):
        from registry.exports.savedfolder import SavedFolder

        return SavedFolder(code, Path(found))
    if "keras" in sys.modules and isinstance(found, sys.modules["keras"].Model):
        from registry.exports.kerasmodel import KerasModel

        return KerasModel(code, found)
    packages = (kind.__module__.partition(".")[0] for kind in type(found).__mro__)
    exporter = next((EXPORTERS[name] for name in packages if name in EXPORTERS), None)
    advice = f"return what {exporter} makes of it" if exporter else KINDS
    raise code.fault("train", f"returned {arrays.named(found)}; {advice}")
