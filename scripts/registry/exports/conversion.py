"""A LiteRT model beside a SavedModel, where that converts and answers the same."""

import re
from pathlib import Path

import tensorflow

from registry.artifacts import inference, runtime
from registry.artifacts.arrays import Features
from registry.artifacts.inference import Arrays
from registry.exports import proofs
from registry.exports.modelcode import COLOURS, explanation

LACKING = re.compile(r"error: [^\n]*?'tf\.(\w+)'")  # each in a line of its own, with the reason


def add(output: Path, features: Features, answers: Arrays) -> str:
    """Put a LiteRT model beside the SavedModel that gave the answers; return that, or why not."""
    path = output / runtime.LITE_MODEL
    path.parent.mkdir(exist_ok=True)
    try:
        path.write_bytes(tensorflow.lite.TFLiteConverter.from_saved_model(str(output)).convert())
        lite = runtime.load(output, "litert")
        difference = float(proofs.differences(answers, inference.answers(lite, features)).max())
    except Exception as error:  # the converter raises whatever comes; a model without LiteRT ships all the same
        path.unlink(missing_ok=True)
        return f"does not convert: {_in_the_way(error) or explanation(error).replace(f'{output}/', '')}"
    same = difference <= proofs.TOLERANCE
    if not same:
        path.unlink()
    words = "same outputs" if same else "different outputs"
    rows = len(next(iter(answers.values())))
    return f"{words} on {rows} training rows, largest difference {difference:.1e}"


def _in_the_way(error: Exception) -> str | None:
    """Say which operations LiteRT does not run, of what its converter says; None where it names none."""
    lacking = sorted(set(LACKING.findall(COLOURS.sub("", str(error)))))
    return f"LiteRT does not run {', '.join(lacking)}" if lacking else None
