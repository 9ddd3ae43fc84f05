"""`checkpoints` and `batches` of train() are what the registry gives it, and no spec."""

from pathlib import Path

import pytest
from forks import verb
from registries import template

HEAD = "def train(features, labels, *, "


@pytest.mark.parametrize(("taken", "given", "said"), [
    ("checkpoints", "", None),
    ("checkpoints: str", "", None),
    ("checkpoints=None", "", None),
    ("checkpoints", "checkpoints: here", "is what train() gets from the registry; leave it out"),
    ("checkpoints, **more", "checkpoints: here", "is what train() gets from the registry; leave it out"),
    ("other=1", "checkpoints: here", "is no argument of train() in model.py, which accepts batch_size, epochs,"
                                     " learning_rate, other, seed; leave it out, or let train() take it"),
    ("**more", "checkpoints: 7", None),
    ("checkpoints, batches", "", None),
    ("batches", "batches: 7", "is what train() gets from the registry; leave it out"),
])  # fmt: skip
def test_what_the_registry_gives_is_no_argument_that_a_spec_gives(
    tmp_path: Path, taken: str, given: str, said: str | None
) -> None:
    root = template(tmp_path)
    code, spec = root / "models/digits/model.py", root / "models/digits/model.yaml"
    text = code.read_text("utf-8")
    assert HEAD in text
    usual = "seed, epochs, batch_size, learning_rate"
    start = text.index(HEAD)
    end = text.index(":\n", start)
    code.write_text(f"{text[:start]}{HEAD}{usual}, {taken}){text[end:]}", "utf-8")
    spec.write_text(spec.read_text("utf-8").replace("  seed: 7\n", f"  seed: 7\n  {given}\n"), "utf-8")
    told = verb(root, "validate", code=bool(said))
    assert told.startswith(f"models/digits/model.yaml:15: training.{given.partition(':')[0]}: {said}\n" if said else "1 model, ")
