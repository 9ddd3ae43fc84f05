"""Jobs that copies of one process do: as clean as in a new one, held to the same, and gone with the build."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from registry.errors import RegistryError
from registry.workers import forking, variables
from registry.workers.processes import Workers

HEAD = """\
import json, os, random, signal, sys, time
import numpy as np

print(json.dumps([os.getpid(), os.getppid(), os.getpgid(0), os.getcwd(), os.listdir(), sys.stdin.read(),
                  random.__dict__.setdefault("left", "nothing"), "wsgiref.util" in sys.modules]))
random.left = "what one job left"


def load(path):
    rows = np.arange(24).reshape(12, 2)
    {}
    return rows, rows[:, 0] * 0.5
"""


def job(folder: Path, then: str) -> dict:
    folder.mkdir()
    (folder / "data.py").write_text(HEAD.format(then))
    facts = {"task": "regression", "data": "", "holdout": 0.2, "folds": 0}
    examination = {"folder": str(folder), "place": "models/digits"} | facts
    return {"examination": examination, "part": "training", "output": str(folder / "rows")}


def children(pid: int) -> list[int]:
    return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def told(workers: Workers, name: str) -> list:
    return json.loads(workers.log(name).read_text().splitlines()[0])


def test_each_begins_as_a_new_process_would_and_is_told_by_its_own_log(tmp_path: Path) -> None:
    with Workers("models/digits", tmp_path) as workers:
        workers.keep("rows", ["wsgiref.util", "no_such_module"])
        first = workers.run("rows", "first", job(tmp_path / "1", "pass"))
        with pytest.raises(RegistryError) as died:
            workers.run("rows", "second", job(tmp_path / "2", "os.kill(0, signal.SIGKILL)"))
        with pytest.raises(RegistryError) as raised:
            workers.run("rows", "third", job(tmp_path / "3", "raise ValueError('no rows')"))
        assert workers.run("rows", "fourth", job(tmp_path / "4", "pass")) == first
        pids = set()
        for name in "first", "second", "third", "fourth":
            pid, *known = told(workers, name)
            pids.add(pid)
            assert known == [os.getpid(), pid, str(workers.scratch / "in" / name), [], "", "nothing", True]
        assert len(pids) == 4
    log = os.path.relpath(tmp_path / "second.log")
    how = f"the process of second was killed by signal 9 (out of memory?); {log} holds what it printed"
    assert str(died.value) == f"models/digits/data.py: {how}"
    assert str(raised.value) == "models/digits/data.py:11: load: ValueError: no rows"


def test_what_begins_threads_when_it_is_imported_is_not_shared(tmp_path: Path) -> None:
    with Workers("models/digits", tmp_path) as workers:
        workers.keep("rows", ["wsgiref.util", "onnxruntime"])
        workers.run("rows", "first", job(tmp_path / "1", "pass"))
        assert told(workers, "first")[-1] is False


def test_a_process_that_dies_before_there_is_a_copy_is_told_by_its_log(tmp_path: Path) -> None:
    with Workers("models/digits", tmp_path) as workers:
        workers.keep("rows")
        os.kill(*children(os.getpid()), signal.SIGKILL)
        with pytest.raises(RegistryError) as error:
            workers.run("rows", "first", job(tmp_path / "1", "pass"))
    log = os.path.relpath(tmp_path / "rows-kept.log")
    how = f"the process of rows-kept was killed by signal 9 (out of memory?); {log} holds what it printed"
    assert str(error.value) == f"models/digits/data.py: {how}"


def test_imports_that_come_to_no_end_hold_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "LONGEST", 0)
    with Workers("models/digits", tmp_path) as workers:
        workers.keep("rows", ["wsgiref.util"])
        os.kill(*children(os.getpid()), signal.SIGSTOP)
        workers.run("rows", "first", job(tmp_path / "1", "pass"))
        assert told(workers, "first")[-1] is False


BUILD = """
import json, sys
from pathlib import Path
from registry.workers.processes import Workers

with Workers("models/digits", Path(sys.argv[1])) as workers:
    workers.keep("rows")
    workers.run("rows", "first", json.loads(sys.argv[2]))
"""


def test_none_outlives_a_build_that_is_killed(tmp_path: Path) -> None:
    words = [sys.executable, "-c", BUILD, str(tmp_path), json.dumps(job(tmp_path / "1", "time.sleep(600)"))]
    build = subprocess.Popen(words, env=os.environ | {"PYTHONPATH": str(variables.SCRIPTS)})
    log = tmp_path / "first.log"
    while not (log.exists() and "load() reads" in log.read_text()):
        assert build.poll() is None
    ends = [os.pidfd_open(pid) for pid in children(build.pid)]
    assert len(ends) == 2  # the process that is kept, and its copy
    build.kill()
    build.wait()
    for end in ends:
        assert select.select([end], [], [], 60)[0] == [end]
        os.close(end)
