"""What a spec asks of an evaluation, held against the rows before a model is run."""

from pathlib import Path

import numpy as np
import pytest

from registry.artifacts.archive import Artifact
from registry.errors import RegistryError
from registry.learning import assessment
from registry.learning.rows import Part

THREE = Part(np.zeros((6, 1)), np.arange(6) % 3, 3)
NUMBERS = Part(np.zeros((6, 1)), np.arange(6.0), 0)
REFUSED = {
    "a decision between three": (
        THREE, {"slices": [], "decision": 0.3},
        "evaluation.decision: is between two classes, and load() returns 3; leave it out",
    ),
    "labels of a regression": (
        NUMBERS, {"slices": ["label"]},
        "evaluation.slices: asks for label, and a regression has no classes; leave it out",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_the_rows_can_not_give_is_refused_at_the_line_that_asks_for_it(kind: str, tmp_path: Path) -> None:
    held_out, evaluated, told = REFUSED[kind]
    task = "classification" if held_out.classes else "regression"
    nothing = tmp_path / "model.tar", Artifact("tiny-1.0.0.tar", 1, "0" * 64), tmp_path / "tiny-1.0.0.tar"
    with pytest.raises(RegistryError) as error:
        assessment.assess("models/tiny", task, held_out, *nothing, None, {"evaluation": evaluated, "thresholds": {}})
    assert str(error.value) == f"models/tiny/model.yaml: {told}"
