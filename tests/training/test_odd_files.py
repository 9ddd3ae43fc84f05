"""Files in a packed model that are no part of one: they would ship without being judged, and some run what they hold."""

from pathlib import Path

import numpy as np
import pytest

from registry.artifacts import archive
from registry.errors import RegistryError
from registry.examining import assessment
from registry.loading.rows import Part

ODD_FILES = {
    "what the judge writes": "assets.extra/golden.npz", "a folder in its place": "assets.extra/trained.npz/rows",
    "what TensorFlow Serving runs": "assets.extra/tf_serving_warmup_requests", "a program": "run.sh",
    "a file for a folder": "variables", "a folder for a file": "assets.extra/model.tflite/x",
}  # fmt: skip


@pytest.mark.parametrize("case", ODD_FILES)
def test_nothing_ships_that_is_not_run_to_be_judged(case: str, tmp_path: Path) -> None:
    odd = ODD_FILES[case]
    for name in {"saved_model.pb", "fingerprint.pb", odd, "variables/index" if odd != "variables" else "assets/words"}:
        (tmp_path / "saved" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "saved" / name).touch()
    tar = archive.pack(tmp_path / "saved", tmp_path / "model.tar")
    rows = Part(np.zeros((1, 1)), np.zeros(1), 2)
    with pytest.raises(RegistryError) as error:
        assessment.assess(
            "models/tiny",
            "classification",
            rows,
            tmp_path / "model.tar",
            tar,
            tmp_path / "tiny-1.0.0.tar",
            None,
            {"evaluation": {"slices": []}, "thresholds": {}},
        )
    text = f"makes a model with {odd} beside it, which is no part of one; let it write no files there"
    assert str(error.value) == f"models/tiny/model.py: {text}"
