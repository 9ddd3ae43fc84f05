"""A verb in a Python that lacks what it needs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from registries import template, verb
from servers import ROOT

SCRIPTS = ROOT / "scripts"
RUN = f"""
import runpy, sys
sys.path.insert(0, {str(SCRIPTS)!r})
_, package, *sys.argv = sys.argv
if package == "uv":
    import importlib.util
    importlib.util.find_spec = lambda name: None
sys.modules[package] = None
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize("package, name, words", [
    ("yaml", "validate", []), ("numpy", "deploy", ["staging"]), ("uvicorn", "serve", ["staging"]),
    ("uv", "build", ["flowers"]), ("optuna", "tune", ["flowers", "--set", "epochs=3..10"]),
])  # fmt: skip
def test_it_says_in_one_line_what_is_missing_and_what_brings_it(
    tmp_path: Path, package: str, name: str, words: list[str]
) -> None:
    command = [sys.executable, "-c", RUN, package, str(SCRIPTS / f"{name}.py"), *words]
    root = template(tmp_path)
    (root / "rows.csv").write_text("1,2,0\n")
    verb(root, "new", "flowers", "--data", "rows.csv")
    nowhere = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}  # a user's may hold what would be made
    done = subprocess.run(command, cwd=root, env=nowhere, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1, f"{package}: is not installed here; run `tox run -e {name}`, which brings it\n")  # fmt: skip


def test_any_other_fault_still_shows_where_it_is() -> None:
    code = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); import registry; raise ValueError"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "Traceback" in done.stderr
