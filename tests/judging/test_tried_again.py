"""Another try of a version that is released: it is built and compared without a raised version, and not published."""

from pathlib import Path

import forks
from mistakes import replace

from registry.judging import incumbents
from registry.releases import ledger
from registry.specs import models


def test_it_is_compared_with_what_was_released_under_its_version(pinned: Path) -> None:
    replace(pinned, "models/digits/model.yaml", "epochs: 5", "epochs: 6")
    (model,) = models.load(pinned, ["digits"])
    assert incumbents.expected(pinned, model) == ledger.load_all(pinned, "digits")["digits"][0]


def test_build_says_at_once_what_publishing_will_need_and_goes_on(pinned: Path) -> None:
    file = "models/digits/model.yaml"
    replace(pinned, file, "epochs: 5", "epochs: 6")
    said = forks.verb(pinned, "build", "--assess", "digits", code=1)
    reason = "training.epochs changed since digits@v1.0.0, so version must rise: 1.0.1, 1.1.0 or 2.0.0"
    assert f"{file}:2: version: {reason}; till then it can be tried, and not be published" in said
    assert said.endswith("train it with `tox run -e build -- --train digits`\n1 problem\n"), "nothing was trained here"
    assert f"{file}:2: version: {reason}" in forks.verb(pinned, "validate", code=1)
    replace(pinned, file, "version: 1.0.0", "version: 1.1.0")
    assert "version" not in forks.verb(pinned, "build", "--assess", "digits", code=1)
