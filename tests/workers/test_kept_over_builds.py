"""What a pool keeps from one build to the next: processes that run no code of a model, of which a copy knows nothing of the last."""

import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from registry.errors import RegistryError
from registry.workers import keeping
from registry.workers.keeping import Pool
from registry.workers.processes import Workers

SEES = """\
import json, os, random, sys, tempfile
import numpy as np

print(json.dumps([os.getcwd(), os.listdir(), random.__dict__.setdefault("left", "nothing"), "wsgiref.util" in sys.modules,
                  tempfile.gettempdir(), os.environ["TMPDIR"], os.environ["HOME"], os.environ["KERAS_HOME"]]))
random.left = "what one model left"
tempfile.mkstemp()


def load(path):
    return np.arange(24).reshape(12, 2), np.arange(12) / {}
"""
IMPORTS = ["wsgiref.util", "tempfile"]


@pytest.fixture(autouse=True)
def cheap_ones_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes of *rows* import little; those that last import for a second, and can't say what they see."""
    monkeypatch.setitem(keeping.LASTING, "rows", "rows")


def build(folder: Path, pool: Pool, divisor: int = 2, beneath: Sequence[str] = ()) -> list:
    """Make rows of a model in a folder; return what its code saw, but for what lies in the build's own folder."""
    folder.mkdir()
    (folder / "data.py").write_text(SEES.format(divisor))
    facts = {"task": "regression", "data": "", "holdout": 0.2, "folds": 0}
    examination = {"folder": str(folder), "place": f"models/{folder.name}"} | facts
    job = {"examination": examination, "part": "training", "output": str(folder / "rows")}
    with Workers(f"models/{folder.name}", folder, pool=pool) as workers:
        workers.keep("rows", IMPORTS, beneath)
        workers.run("rows", "rows-training", job)
    saw = json.loads(workers.log("rows-training").read_text().splitlines()[0])
    return [one.replace(str(workers.scratch), "") if isinstance(one, str) else one for one in saw]


CLEAN = ["/in/rows-training", [], "nothing", True, "/rows", "/rows", "/rows/home", "/rows/keras"]


def test_the_next_build_finds_what_is_kept_and_nothing_of_the_last_one(tmp_path: Path) -> None:
    with Pool() as pool:
        assert build(tmp_path / "a", pool) == CLEAN
        (kept,) = pool.pids
        assert build(tmp_path / "b", pool) == CLEAN
        with pytest.raises(RegistryError):
            build(tmp_path / "raises", pool, divisor="[]")
        assert build(tmp_path / "c", pool) == CLEAN
        assert pool.pids == {kept}
    assert [*tmp_path.glob("*/*-kept.log")] == [tmp_path / "a/rows-kept.log"]
    assert not Path(f"/proc/{kept}").exists()


def test_one_is_a_copy_of_what_only_imports_and_is_made_again_where_it_was_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(keeping.LASTING, "rows")
    with Pool() as pool:
        assert build(tmp_path / "a", pool, beneath=["wsgiref.util"]) == CLEAN
        (imports,) = pool.pids
        assert build(tmp_path / "b", pool, beneath=["wsgiref.util"]) == CLEAN
        with pytest.raises(RegistryError):
            build(tmp_path / "raises", pool, "[]", ["wsgiref.util"])
        assert pool.pids == {imports}
        monkeypatch.setitem(keeping.LASTING, "rows", "rows")
        assert build(tmp_path / "c", pool, beneath=["wsgiref.util"]) == CLEAN
        (last,) = pool.pids - {imports}
        assert build(tmp_path / "d", pool, beneath=["wsgiref.util"]) == CLEAN
        assert pool.pids == {imports, last}
        os.kill(imports, signal.SIGKILL)
        os.waitid(os.P_PID, imports, os.WEXITED | os.WNOWAIT)
        assert build(tmp_path / "e", pool, beneath=["wsgiref.util"]) == CLEAN
        (another,) = pool.pids - {last}
    kept = ["a/imports", "a/rows", "b/rows", "c/rows", "e/imports", "raises/rows"]
    assert sorted(tmp_path.glob("*/*-kept.log")) == [tmp_path / f"{one}-kept.log" for one in kept]
    assert not [pid for pid in (imports, last, another) if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize("fault", ["onnxruntime", "dies"])
def test_what_has_threads_or_has_died_is_beneath_nobody(tmp_path: Path, fault: str) -> None:
    with Pool() as pool, Workers("models/a", tmp_path / "a", pool=pool) as workers:
        workers.keep("rows", IMPORTS, ["wsgiref.util", fault])
        if fault == "dies":
            os.kill(*pool.pids, signal.SIGKILL)
        (tmp_path / "data.py").write_text(SEES.format(2))
        facts = {"task": "regression", "data": "", "holdout": 0.2, "folds": 0}
        examination = {"folder": str(tmp_path), "place": "models/a"} | facts
        job = {"examination": examination, "part": "training", "output": str(tmp_path / "rows")}
        workers.run("rows", "rows-training", job)
        saw = json.loads(workers.log("rows-training").read_text().splitlines()[0])
        assert saw[3] is (fault == "dies")  # what dies has a copy of another, which imports by itself


def test_one_that_has_died_is_told_where_it_is_needed_and_another_takes_its_place_in_the_next_build(
    tmp_path: Path,
) -> None:
    with Pool() as pool:
        build(tmp_path / "a", pool)
        (kept,) = pool.pids
        with Workers("models/b", tmp_path / "a/b", pool=pool) as workers, pytest.raises(RegistryError) as error:
            workers.keep("rows", IMPORTS)
            os.kill(kept, signal.SIGKILL)
            os.waitid(os.P_PID, kept, os.WEXITED | os.WNOWAIT)
            workers.run("rows", "rows-training", {})
        log = os.path.relpath(tmp_path / "a/rows-kept.log")
        how = f"the process of rows-kept was killed by signal 9 (out of memory?); {log} holds what it printed"
        assert str(error.value) == f"models/b/data.py: {how}" and Path(log).is_file()
        assert build(tmp_path / "c", pool) == CLEAN
        assert pool.pids != {kept}


def test_none_is_for_another_kind_of_import_and_one_that_imports_still_ends_with_its_build(tmp_path: Path) -> None:
    with Pool() as pool:
        build(tmp_path / "a", pool)
        (kept,) = pool.pids
        with Workers("models/b", tmp_path / "b", pool=pool) as workers:
            workers.keep("rows", [*IMPORTS, "no_such_module"])
            (other,) = pool.pids - {kept}
            os.kill(other, signal.SIGSTOP)
        assert build(tmp_path / "c", pool) == CLEAN
        with Workers("models/d", tmp_path / "d", pool=pool) as workers:
            workers.keep("rows", [*IMPORTS, "no_such_module"])
            assert kept in pool.pids and other not in pool.pids
