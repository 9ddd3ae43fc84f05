"""A build that is ended after its training and before that is handed over: the next one goes on from the checkpoints."""

from pathlib import Path

import handmade
import pytest
from registries import commit, template, verb

from registry.artifacts import archive
from registry.learning import building, trained
from registry.specs import models

LEFT = '(checkpoints / "epoch").write_text("9")'


def test_checkpoints_stay_until_what_was_trained_is_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = template(tmp_path / "root")
    (root / "rows.csv").write_text("".join(f"{place % 2 * 9 + place / 1000},{place % 2}\n" for place in range(200)))
    verb(root, "new", "tiny", "--data", "rows.csv")
    (root / "models/tiny/model.py").write_text(handmade.code("checkpoints, **rest", LEFT))
    commit(root)
    monkeypatch.chdir(root)
    (model,) = models.load(root, ["tiny"])
    with monkeypatch.context() as ended, pytest.raises(KeyboardInterrupt):
        ended.setattr(archive, "pack", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        building.train(root, model)
    assert [path.read_text() for path in root.glob("candidates/.checkpoints/tiny/*/train/epoch")] == ["9"]
    assert building.train(root, model) == []
    assert trained.load(root, "tiny").facts["trained_on"]["resumed"]
    assert not (root / "candidates/.checkpoints/tiny").exists()
