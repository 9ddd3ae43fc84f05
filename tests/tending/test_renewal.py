"""An agent whose own code changes on main: a person updates it, and the process goes on as the newer one."""

import shutil
import subprocess
import sys
from pathlib import Path

import followers
import forks
import pytest
import registries
from followers import running
from registries import git
from servers import ROOT, until

TOX = f"""#!/bin/sh
test "$1 $2" = "run -e" || exit 64
name=$3; shift 3; test "$1" != -- || shift
mkdir -p .tox/$name/bin
printf '#!/bin/sh\\nexec {sys.executable} "$@"\\n' > .tox/$name/bin/python
chmod +x .tox/$name/bin/python
test -z "$GITHUB_TOKEN" || exit 65
exec .tox/$name/bin/python scripts/$name.py "$@"
"""


@pytest.fixture
def clone(pinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clone of a serving machine that has the agent's code, and a tox that installs nothing."""
    for name in ("scripts", "requirements"):
        shutil.copytree(ROOT / name, pinned / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tox.ini", pinned)
    registries.commit(pinned)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tox").write_text(TOX)
    (tmp_path / "bin/tox").chmod(0o755)
    monkeypatch.setitem(registries.ENVIRONMENT, "PATH", f"{tmp_path / 'bin'}:{registries.ENVIRONMENT['PATH']}")
    monkeypatch.setitem(registries.ENVIRONMENT, "GITHUB_TOKEN", "secret")
    return followers.origin(pinned, tmp_path / "origin.git")


def says(root: Path, before: str, after: str) -> str:
    """Let the agent of main say something else; return the commit."""
    script = root / "scripts/agent.py"
    assert before in script.read_text()
    script.write_text(script.read_text().replace(before, after))
    return followers.push(root)


def test_an_agent_goes_on_as_the_code_that_a_person_let_it_take(pinned: Path, clone: Path) -> None:
    said, place = "main is followed every", clone / ".git/agent/staging"
    refused = forks.verb(clone, "agent", "staging", "--update", code=1)
    assert refused.startswith(f"{place}: holds nothing of an agent yet; start it first: `tox run -e agent -- staging`")
    with running(clone, "staging", "--releases", str(pinned / "releases"), script=clone / "scripts/agent.py") as (process, log):
        until(lambda: "+ digits" in log.read_text(), "digits deployed")
        broken = says(pinned, "def main() -> None:", "def main() -> None:\n    raise SystemExit(3)\n\n\ndef never() -> None:")
        until(lambda: f"main: has other scripts in {broken[:12]} than this agent runs" in log.read_text(), "newer code")
        told = forks.verb(clone, "agent", "staging", "--update", code=1)
        assert told.splitlines()[-2] == (
            f"tox run -e agent -- staging --unit: fails with the newer version, and {place}/update.log has all it said; "
            "the agent goes on as it is; mend main, or wait for who does"
        )
        git(pinned, "revert", "--no-edit", "HEAD")
        newer = says(pinned, said, "the newer agent follows main every")
        until(lambda: f"main is followed to {newer[:12]}" in log.read_text(), "main mended")
        (place / "code" / broken[:12] / ".git").unlink()  # as a killed Git leaves it
        (place / "code" / newer[:12]).mkdir()
        (place / "code" / newer[:12] / "half").write_text("x")
        git(clone, "worktree", "add", "--quiet", "--lock", "--detach", str(place / "code/gone"), newer)
        shutil.rmtree(place / "code/gone")
        told = forks.verb(clone, "agent", "staging", "--update")
        assert [one.name for one in (place / "code").iterdir()] == [newer[:12]]
        assert told.splitlines()[-1] == (
            f"staging: the agent goes on as the code of {newer[:12]} after its round, in {place}/code/{newer[:12]}"
        )
        until(lambda: "the newer agent follows main every" in log.read_text(), "the newer agent")
        assert f"going on as {place}/code/{newer[:12]}\n" in log.read_text()
        assert process.poll() is None
        followers.release(pinned, "1.1.0")
        followers.promote(pinned, "1.1.0")
        until(lambda: "staging: ~ digits   1.0.0 → 1.1.0" in log.read_text(), "1.1.0 deployed by the newer one")
    with running(clone, "staging", "--releases", str(pinned / "releases"), script=clone / "scripts/agent.py") as (process, log):
        until(lambda: "the newer agent follows main every" in log.read_text(), "a start that goes on as the newer one")
    git(clone, "pull", "--quiet", "--ff-only", "origin", "main")
    shutil.rmtree(clone / "scripts/__pycache__", ignore_errors=True)
    with running(clone, "staging", "--releases", str(pinned / "releases"), script=clone / "scripts/agent.py") as (process, log):
        until(lambda: "follows main every" in log.read_text(), "a start in a clone that has that code itself")
        assert "going on as" not in log.read_text()


ROUNDS = """
import sys
from pathlib import Path
from registry.releases.folder import FolderStore
from registry.tending import renewal
from registry.tending.keeper import Agent
renewal.load()
before = {*sys.modules}
agent = Agent(Path.cwd(), "staging", 0.0, FolderStore(Path.cwd(), Path(sys.argv[1])), None, print)
for _ in range(2):
    agent.round()
print([name for name in sys.modules if name.startswith("registry") and name not in before])
"""


def test_a_round_loads_no_code_that_was_not_there_when_the_agent_was_started(pinned: Path, tmp_path: Path) -> None:
    clone, own = followers.origin(pinned, tmp_path / "origin.git"), {"PYTHONPATH": str(ROOT / "scripts")}
    command = [sys.executable, "-c", ROUNDS, str(pinned / "releases")]
    done = subprocess.run(command, cwd=clone, env=registries.ENVIRONMENT | own, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["staging: + digits   1.0.0", "[]"], done.stderr
