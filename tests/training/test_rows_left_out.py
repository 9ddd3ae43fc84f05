"""Versions are compared on rows that neither was trained on; a model is asked for rows one at a time as well."""

from dataclasses import asdict
from pathlib import Path

import handmade
import pytest
from tinymodels import NETWORK, ROWS, SOFTMAX, tiny

from registry.artifacts import archive, bloom
from registry.errors import RegistryError

LOT = "labels = np.random.default_rng(5).integers(0, 3, 300); rows = np.random.default_rng(4).normal(size=(300, 4))"
KEEP = f"{LOT}; return rows.astype('float32'), labels"
GROUPS = f"{LOT}; return rows.astype('float32'), labels, np.arange(300)"
KNOWS_BY_HEART = handmade.code("seed, epochs", "known, answers, sharp = features, np.eye(3)[labels], 1000")


def judged(folder: Path, load: str = KEEP, holdout: float = 0.2, incumbent: Path | None = None) -> dict:
    """Make a version of rows whose labels are drawn by lot, which knows those by heart that it is trained on."""
    made = tiny(folder, ROWS.format(load), KNOWS_BY_HEART, head="", holdout=holdout, folds=0)
    made.train()
    if incumbent is None:
        return made.assess()
    artifact = asdict(archive.describe(incumbent))
    return made.assess({"version": "1.0.0", "tar": str(incumbent), "artifact": artifact})


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    report = judged(folder)
    tar = folder / "tiny-1.0.0.tar"
    assert report["trained"]["kind"] == "rows"
    counted = round(report["metrics"]["size_mb"] * 1e6) + report["golden"]["size"] + report["trained"]["size"]
    assert counted == tar.stat().st_size
    return tar


def size(holdout: float) -> int:
    """Return about how many of the rows are held out."""
    return pytest.approx(300 * holdout, abs=0.07 * 300)


def test_what_the_incumbent_was_trained_on_is_left_out_for_both(released: Path, tmp_path: Path) -> None:
    found = judged(tmp_path / "tiny", holdout=0.6, incumbent=released)["incumbent"]
    same = judged(tmp_path / "same", incumbent=released)
    assert found["rows"] == same["incumbent"]["rows"] == size(0.2)
    assert 0.1 < found["metrics"]["accuracy"] < 0.6 and 0.1 < found["candidate"]["accuracy"] < 0.6
    assert same["incumbent"]["candidate"] == same["metrics"]
    theirs = same["incumbent"]["metrics"]
    assert theirs == same["metrics"] | {name: theirs[name] for name in ("latency_ms", "size_mb")}


def test_with_another_order_more_rows_and_other_types_it_is_still_known_what_it_was_trained_on(
    released: Path, tmp_path: Path
) -> None:
    more = f"{LOT}; i = np.random.permutation(300); return np.r_[rows + 9, rows[i]], np.r_[labels, labels[i]]"
    found = judged(tmp_path / "tiny", more, 0.6, released)["incumbent"]
    assert found["rows"] == pytest.approx(60 + 0.6 * 300, abs=40)
    assert found["metrics"]["accuracy"] < 0.6


def test_too_few_that_are_left_are_scored_by_nobody_and_what_a_version_costs_takes_none(tmp_path: Path) -> None:
    judged(tmp_path / "old", holdout=0.05)
    found = judged(tmp_path / "tiny", incumbent=tmp_path / "old/tiny-1.0.0.tar")["incumbent"]
    assert found["rows"] < 30
    assert [{*found[name]} for name in ("metrics", "candidate", "evidence")] == [{"latency_ms", "size_mb"}] * 3
    assert found["reason"] is None


UNKNOWN = {"made before": None, "of groups": GROUPS}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_where_it_is_not_known_what_it_was_trained_on_that_is_said_and_all_rows_count(
    released: Path, tmp_path: Path, kind: str
) -> None:
    older = released
    if UNKNOWN[kind] is None:
        with released.open("rb") as stream:
            archive.unpack(stream, tmp_path / "old", archive.describe(released))
        (tmp_path / "old" / bloom.FILE).unlink()
        older = tmp_path / "older.tar"
        archive.pack(tmp_path / "old", older)
    found = judged(tmp_path / "tiny", UNKNOWN[kind] or KEEP, 0.6, older)["incumbent"]
    assert found["rows"] is None
    assert found["metrics"]["accuracy"] > 0.6 > found["candidate"]["accuracy"]


PAIRS = """

class Pairs(layers.Layer):
    def call(self, x):
        count = tensorflow.shape(x)[0]
        pairs = tensorflow.reshape(tensorflow.concat([x, x[: count % 2]], 0), (-1, 2, 4))
        weights = np.sin(np.arange(24)).reshape(2, 4, 3).astype("float32")
        mixed = tensorflow.tensordot(pairs, weights, axes=[[1, 2], [0, 1]])
        return tensorflow.nn.softmax(tensorflow.repeat(mixed, 2, axis=0)[:count])
"""


def test_a_model_whose_answers_depend_on_the_rest_of_the_batch_is_refused(folder: Path) -> None:
    train = NETWORK.format(SOFTMAX, 'return keras.Sequential([keras.Input((4,), name="row"), Pairs()])') + PAIRS
    mixing = tiny(folder, train=train)
    mixing.train()
    with pytest.raises(RegistryError) as error:
        mixing.assess()
    assert str(error.value) == (
        "models/tiny/model.py: train: returned a model that answers 32 of 32 held-out rows otherwise when each is asked"
        " alone, run by tensorflow; let it answer each row by itself, whatever else is in the batch"
    )
