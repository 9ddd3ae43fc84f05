"""A folder with a SavedModel, which train() returned by its path."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from registry.artifacts import inference, runtime
from registry.artifacts.arrays import Features
from registry.artifacts.inference import Arrays
from registry.artifacts.runtime import Runtime
from registry.errors import RegistryError, within
from registry.exports import proofs
from registry.exports.modelcode import ModelCode, shortened

PARTS = runtime.SAVED_MODEL, "variables", "assets"


class SavedFolder:
    """A SavedModel that lies somewhere; nothing else of its folder ships."""

    runs_here = True

    def __init__(self, code: ModelCode, folder: Path) -> None:
        self._code, self._folder = code, folder
        if os.path.isfile(folder):  # unlike pathlib it takes any text, however long
            text = f"returned the path of a file, {shortened(folder.name)}; return the model itself, of ONNX its bytes"
            raise code.fault("train", text)
        if not os.path.isfile(folder / runtime.SAVED_MODEL):
            text = f"returned a path, {shortened(str(folder))}, where no folder with a {runtime.SAVED_MODEL} is"
            raise code.fault("train", f"{text}; save a SavedModel there")

    def export(self, output: Path) -> None:
        """Copy what belongs to a SavedModel."""
        output.mkdir(parents=True)
        try:
            for name in PARTS:
                part = self._folder / name
                if part.is_dir():
                    shutil.copytree(part, output / name)
                elif part.is_file():
                    shutil.copyfile(part, output / name)
        except OSError as error:
            reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error  # of the first of its files
            text = f"returned a folder that can't be copied: {shortened(str(reason))}; leave nothing but files there"
            raise self._code.fault("train", text) from error

    def answers(self, features: Features) -> Arrays:
        """Return what the serving signature of what is exported answers."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch, "saved")
            self.export(folder)
            try:
                return inference.answers(runtime.load(folder, "tensorflow"), features)
            except RegistryError as error:
                text = f"returned a model that may not be loaded: {within(error, folder)}"
                raise self._code.fault("train", text) from error
            except ValueError as error:
                raise self._code.fault("train", f"returned a model that doesn't fit the features: {error}") from error

    def digest(self) -> str:
        """Return the SHA-256 over its variables and the numbers in its graph, in an order of their own."""
        digests = sorted(hashlib.sha256(part).digest() for part in (*self._variables(), *self._constants()))
        return hashlib.sha256(b"".join(digests)).hexdigest()

    def _variables(self) -> Iterator[bytes]:
        import tensorflow

        if (self._folder / "variables/variables.index").is_file():
            reader = tensorflow.train.load_checkpoint(str(self._folder / "variables/variables"))
            for name, dtype in reader.get_variable_to_dtype_map().items():
                if dtype != tensorflow.string:  # of the list of objects, and of tables of words
                    value = reader.get_tensor(name)
                    yield f"{value.shape} {value.dtype}\n".encode() + value.tobytes()

    def _constants(self) -> Iterator[bytes]:
        from tensorflow.core.protobuf import saved_model_pb2

        saved = saved_model_pb2.SavedModel.FromString((self._folder / runtime.SAVED_MODEL).read_bytes())
        graphs = [one.graph_def for one in saved.meta_graphs]
        lists = [*(one.node for one in graphs), *(each.node_def for one in graphs for each in one.library.function)]
        for node in (node for nodes in lists for node in nodes if node.op == "Const"):
            tensor = node.attr["value"].tensor
            if not tensor.string_val:
                yield tensor.SerializeToString(deterministic=True)

    def prove(self, loaded: Runtime, features: Features, answers: Arrays) -> None:
        """Raise RegistryError unless it answers rows as it did before."""
        if proofs.differences(answers, inference.answers(loaded, features)).max() > proofs.TOLERANCE:
            raise self._code.fault("train", f"{proofs.OTHERWISE}; export it without what draws at random")
