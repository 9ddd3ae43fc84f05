"""An upgrade is made and tried in a checkout of its own, whatever a clone's settings and branches are."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import forerunners
import forks
import pytest
import registries
from forerunners import text
from registries import git
from servers import ROOT

SECRET = {"GITHUB_TOKEN", "GIT_ASKPASS", "GIT_PASSWORD", "REGISTRY_TOKEN"}


@pytest.fixture
def root(newer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(registries.ENVIRONMENT, "PATH", forerunners.tox(tmp_path))
    return forerunners.made_from(newer, "v1.0.0", tmp_path / "root")


def upgrade(root: Path, newer: Path, *words: str, code: int = 0) -> list[str]:
    return forks.verb(root, "upgrade", "--template", str(newer), *words, code=code).splitlines()


def test_what_a_clone_leaves_out_is_there_and_a_branch_in_the_way_is_told_before_anything_is_tried(
    root: Path, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRET:
        monkeypatch.setitem(registries.ENVIRONMENT, name, "secret")
    forerunners.write(root, {"tests/run.py": f"import os\nassert not {SECRET} & {{*os.environ}}\n"})
    git(root, "sparse-checkout", "set", "models")
    git(root, "branch", "upgrade-1.1.0/ours")
    assert upgrade(root, newer, code=1)[2:] == [
        "upgrade-1.1.0: can't be made while there is a branch upgrade-1.1.0/ours, since Git takes one for a folder of the "
        "other; rename that",
        "1 problem",
    ]  # fmt: skip
    git(root, "branch", "--move", "upgrade-1.1.0/ours", "ours")
    assert "tox run -e fast ..." in upgrade(root, newer)
    differ = git(root, "diff", "--name-only", "upgrade-1.1.0", "refs/template/v1.1.0").split()
    assert differ == [
        "environments/staging.yaml", "models/digits/model.yaml", "models/flowers/model.yaml", "tests/run.py",
    ]  # fmt: skip
    assert "scripts" not in os.listdir(root)


def test_what_was_decided_in_another_merge_is_not_decided_again_unseen(root: Path, newer: Path) -> None:
    git(root, "config", "rerere.enabled", "true")
    git(root, "config", "rerere.autoUpdate", "true")
    forerunners.write(root, {"scripts/verb.py": text(line_3="ours 3")})
    clash = upgrade(root, newer, "--tests=", code=1)[-2:]
    assert clash[0].startswith("scripts/verb.py: both changed it; ")
    git(root, "switch", "--quiet", "--detach")
    subprocess.run(["git", "cherry-pick", "refs/template/upgrade-1.1.0"], cwd=root, env=registries.ENVIRONMENT,
                   capture_output=True)  # fmt: skip
    forerunners.write(root, {"scripts/verb.py": text(line_3="both 3")})
    git(root, "switch", "--quiet", "main")
    assert git(root, "rerere", "status") == "" and list((root / ".git/rr-cache").iterdir())
    assert upgrade(root, newer, "--tests=", code=1)[-2:] == clash


WAITING = """import signal
with open({!r}, "w") as told:
    print("begun", file=told, flush=True)
    signal.sigtimedwait([], 30)
    print("goes on", file=told)
"""


def test_where_it_is_stopped_what_it_tries_ends_too(root: Path, newer: Path, tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    forerunners.write(root, {"tests/run.py": WAITING.format(str(pipe))})
    command = [sys.executable, str(ROOT / "scripts/upgrade.py"), "--template", str(newer), "--tests=fast"]
    process = subprocess.Popen(command, cwd=root, env=registries.ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    with pipe.open() as told:
        assert told.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        assert process.communicate()[1] == "stopped; run the same command again to go on\n"
        assert told.read() == ""
    assert process.returncode == 128 + signal.SIGTERM and git(root, "worktree", "list").count("\n") == 1
