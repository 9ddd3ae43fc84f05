"""checks.py of a model, tried by pytest in a process of its own: each check is named, and none that did not run passes."""

import os
import shutil
import sys
import time
from pathlib import Path

import pytest
from servers import ROOT

from registry.artifacts import archive
from registry.examining import behaviour
from registry.workers.processes import Workers

HEAD = """\
import os
import socket
from pathlib import Path

import numpy as np
import pytest

"""
FIRST = HEAD.count("\n") + 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a packed model lies that doubles tables of 2×3 numbers, and the code of its checks."""
    (tmp_path / "model/assets.extra").mkdir(parents=True)
    shutil.copy(ROOT / "tests/fixtures/serving/double.tflite", tmp_path / "model/assets.extra/model.tflite")
    archive.pack(tmp_path / "model", tmp_path / "tiny-1.0.0.tar")
    (tmp_path / "code").mkdir()
    return tmp_path


def tried(folder: Path, code: str) -> list[tuple[str, str, int, str]]:
    """Return the name, outcome, line and reason of each check, without where its log lies."""
    (folder / "code" / "checks.py").write_text(HEAD + code)
    tar, log = folder / "tiny-1.0.0.tar", f"{os.path.relpath(folder / 'logs/checks.log')} holds what it printed"
    with Workers("models/tiny", folder / "logs") as workers:
        found = behaviour.tried(workers, "models/tiny", folder / "code", tar, archive.describe(tar))
    return [(one["name"], one["outcome"], one["line"], one["reason"].replace(log, "LOG")) for one in found]


GOOD = """\
ONES = np.ones((1, 2, 3))

@pytest.fixture(scope="module")
def doubled(predict):
    return predict(ONES)

def test_a_number_is_doubled(predict, doubled):
    print("x" * 1_000_000)
    assert predict({"x": 2.5 * ONES}).tolist() == (2.5 * doubled).tolist() == [[[5] * 3] * 2]

@pytest.mark.parametrize("size", [2, 3])
def test_rows_keep_their_place(predict, size):
    assert len(predict(np.ones((size, 2, 3)))) == 2

class TestWhatIsRefused:
    def test_other_shapes(self, predict):
        predict(np.ones((1, 5)))

def test_a_helper(predict):
    __import__("helper").fail(predict)

def test_the_network():
    socket.create_connection(("127.0.0.1", 1))

def test_the_network_of_a_child():
    code = "import socket; socket.socketpair(); socket.socket(socket.AF_INET6)"
    assert os.system(f"{sys.executable} -c '{code}'") == 0

def test_what_lies_here():
    assert [*Path.cwd().iterdir()] == [] and "GITHUB_TOKEN" not in os.environ and Path.home() != Path("HOME")

def test_an_unknown_fixture(predit):
    pass

@pytest.mark.skip(reason="not yet")
def test_later():
    pass

@pytest.mark.xfail(reason="one day")
def test_known():
    assert 0

@pytest.mark.xfail(strict=True)
def test_known_and_mended():
    pass

def test_leaving():
    raise SystemExit(0)
"""


def test_each_check_is_told_with_what_became_of_it_and_the_terminal_gets_one_line(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    (folder / "code/helper.py").write_text("def fail(predict):\n    raise KeyError('deep')\n")
    code = GOOD.replace("sys.executable", repr(sys.executable)).replace("HOME", str(Path.home()))
    child = next(line for line in code.splitlines() if "os.system" in line)
    line = {name: FIRST + place for place, name in enumerate(code.splitlines())}
    found = {name: told for name, *told in tried(folder, code)}
    off = sys.platform == "linux"
    said = f"  checks.py: 3 passed, {7 if off else 5} failed, 1 error, 2 skipped"
    assert capfd.readouterr() == (f"{said}; {os.path.relpath(folder / 'logs/checks.log')}\n", "")
    told = {
        "test_a_number_is_doubled": ("passed", "def test_a_number_is_doubled(predict, doubled):", ""),
        "test_rows_keep_their_place[2]": ("passed", '@pytest.mark.parametrize("size", [2, 3])', ""),
        "test_rows_keep_their_place[3]": (
            "failed", "    assert len(predict(np.ones((size, 2, 3)))) == 2", "assert 3 == 2"
        ),
        "test_the_network_of_a_child": ("failed", child, "assert 256 == 0"),
        "test_a_helper": ("failed", '    __import__("helper").fail(predict)', "helper.py:2: KeyError: 'deep'"),
        "test_what_lies_here": ("passed", "def test_what_lies_here():", ""),
        "TestWhatIsRefused::test_other_shapes": (
            "failed", "        predict(np.ones((1, 5)))",
            "ValueError: input x takes (None, 2, 3), but predict() got (1, 5)",
        ),
        "test_the_network": (
            "failed", '    socket.create_connection(("127.0.0.1", 1))', "OSError: [Errno 101] Network is unreachable"
        ),
        "test_an_unknown_fixture": (
            "error", "def test_an_unknown_fixture(predit):",
            "there is no predit; what a check is given is called predict, or is a fixture of its own file",
        ),
        "test_later": ("skipped", '@pytest.mark.skip(reason="not yet")', "not yet"),
        "test_known": ("skipped", "    assert 0", "must fail as yet: one day"),
        "test_known_and_mended": (
            "failed", "@pytest.mark.xfail(strict=True)", "passed, and is marked as one that must fail"
        ),
        "test_leaving": ("failed", "    raise SystemExit(0)", "SystemExit: 0"),
    }  # fmt: skip
    wanted = {name: [outcome, line[at], text] for name, (outcome, at, text) in told.items()}
    if not off:
        for name in ("test_the_network", "test_the_network_of_a_child"):
            del wanted[name], found[name]
    assert found == wanted
    log = (folder / "logs/checks.log").read_text("utf-8")
    assert "x" * 1_000_000 in log and "KeyError: 'deep'" in log


THREE = """\
def test_before(): pass
def test_this(): {}
def test_after(): pass
"""
WRITTEN = """\
def test_it():
    journal = next(Path(file) for file in map(os.path.realpath, Path("/proc/self/fd").iterdir()) if file.endswith(".jsonl"))
    journal.open("ab").write("""
MEDDLED = (
    "writes into the journal that its process keeps, so that nothing is known of its checks; write files elsewhere"
)
ODD = {
    "import helper": [
        ("checks.py", "error", FIRST, "helper.py:1: import: ModuleNotFoundError: No module named 'nowhere'")
    ],
    "raise SystemExit(0)": [("checks.py", "error", 0, "pytest ended with exit code 3")],
    "def helper(): pass": [
        ("checks.py", "error", 0,
         "has no check; write one, such as `def test_blank_is_no_seven(predict):`, or take the file away"),
    ],
    "@pytest.mark.skip(reason='why')\ndef test_it(): pass": [
        ("test_it", "skipped", FIRST, "why"),
        ("checks.py", "error", 0, "skips all of its checks (1), so that nothing is checked; let one of them run"),
    ],
    "pytest.skip('no', allow_module_level=True)": [
        ("checks.py", "error", 0, "skips itself, so that nothing is checked; let one check run"),
    ],
    THREE.format("os._exit(0)"): [
        ("test_before", "passed", FIRST, ""),
        ("test_this", "error", FIRST + 1, "the process of checks ended with exit code 0; LOG"),
        ("test_after", "error", FIRST + 2, "was not tried, since the process of checks ended with exit code 0; LOG"),
    ],
    THREE.format("pytest.exit('bye', returncode=0)"): [
        ("test_before", "passed", FIRST, ""),
        ("test_this", "error", FIRST + 1, "pytest ended with exit code 0"),
        ("test_after", "error", FIRST + 2, "was not tried, since pytest ended with exit code 0"),
    ],
    THREE.format("os.fork()"): [
        ("test_before", "passed", FIRST, ""), ("test_this", "passed", FIRST + 1, ""),
        ("test_after", "passed", FIRST + 2, ""),
    ],
    "def test_it():\n    return 1 == 2": [
        ("test_it", "failed", FIRST,
         "PytestReturnNotNoneWarning: Test functions should return None, but checks.py::test_it returned <class 'bool'>. Did"
         " you mean to use `assert` instead of `return`? See https://docs.pytest.org/en/stable/how-to/assert.html#return-not-no"
         "ne for more information."),
    ],
    **{f"{WRITTEN}{line!r} + b'\\n')": [("checks.py", "error", 0, MEDDLED), ("test_it", "passed", FIRST, "")]
       for line in (b"\xff", b'{"found": [1]}', b'{"check": "it", "outcome": "superb", "line": 1, "reason": ""}')
       if sys.platform == "linux"},
    "@pytest.mark.parametrize('x', range(201))\ndef test_many(x): pass": [
        ("checks.py", "error", 0, "has 201 checks, and 200 is the most; try fewer cases"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("code", ODD, ids=range(len(ODD)))
def test_nothing_that_ends_in_an_odd_way_is_a_pass(folder: Path, code: str) -> None:
    (folder / "code/helper.py").write_text("import nowhere\n")
    assert tried(folder, code) == ODD[code]


def test_one_that_hangs_is_named_and_its_log_says_where(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, now = folder / "logs/checks.jsonl", time.monotonic

    def later() -> float:
        return now() + 3600 * (journal.exists() and '"began": "checks.py::test_this"' in journal.read_text())

    monkeypatch.setattr(time, "monotonic", later)
    how = "the process of checks took more than 10 minutes; LOG"
    assert tried(folder, THREE.format("__import__('threading').Event().wait()")) == [
        ("test_before", "passed", FIRST, ""),
        ("test_this", "timed out", FIRST + 1, how),
        ("test_after", "error", FIRST + 2, f"was not tried, since {how}"),
    ]
    log = (folder / "logs/checks.log").read_text()
    assert f'checks.py", line {FIRST + 1} in test_this\n' in log
