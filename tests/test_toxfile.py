"""The plugin of tox that lies beside tox.ini."""

import fcntl
import runpy
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from servers import ROOT


def test_a_run_that_goes_on_holds_up_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = ModuleType("tox.plugin")
    plugin.impl = lambda hook: hook
    monkeypatch.setitem(sys.modules, "tox", ModuleType("tox"))
    monkeypatch.setitem(sys.modules, "tox.plugin", plugin)
    begin = runpy.run_path(str(ROOT / "toxfile.py"))["tox_before_run_commands"]
    lock = tmp_path / ".tox" / "file.lock"
    lock.parent.mkdir()
    environment = SimpleNamespace(core={"work_dir": tmp_path})
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        begin(environment)
        with lock.open("a") as other:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    lock.unlink()
    begin(environment)
