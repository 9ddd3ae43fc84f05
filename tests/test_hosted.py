"""Publishing to GitHub: one release, whatever goes wrong on the way, and however often it is tried."""

import itertools
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType

import deploy
import forks
import promote
import publish
import pytest
import withdraw
from hub import KINDS, Hub
from registries import candidate, commit, git, template

from registry import console, github, hosted

ASSETS = ["SHA256SUMS", "digits-1.0.0.tar", "model-card.md", "release.json", "report.json"]
TAG = "digits@v1.0.0"
MOST_CALLS = 12


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = template(tmp_path_factory.mktemp("made") / "made")
    candidate(root)
    return root


@contextmanager
def hub_of(root: Path, folder: Path, **facts: object) -> Iterator[Hub]:
    with Hub(folder, retry_after=0, **facts) as hub:
        hub.take(root)
        yield hub


def run(root: Path, hub: Hub, verb: ModuleType, *words: str, first: Callable[[], object] = int) -> tuple[int, str]:
    """Run a verb in a fork that talks to the hub and does not wait long."""

    def begin() -> None:
        os.environ.update(hub.environment)
        github.FIRST_WAIT = 0.001
        first()

    code, said = forks.run(root, partial(console.run, verb.main), *words, first=begin)
    assert "Traceback" not in said, said
    assert hub.token not in said
    return code, said


def succeeds(root: Path, hub: Hub, verb: ModuleType, *words: str, first: Callable[[], object] = int) -> str:
    code, said = run(root, hub, verb, *words, first=first)
    assert code == 0, said
    return said


def check_released(root: Path, hub: Hub) -> None:
    """There is one release with the candidate's bytes, its tag annotated and on the commit that was built."""
    (release,) = hub.repository.releases.values()
    assert (release.tag_name, release.name, release.draft) == (TAG, TAG, False)
    assert hub.repository.latest is None
    assert sorted(asset.name for asset in release.assets.values()) == ASSETS
    held = {asset.name: asset.path.read_bytes() for asset in release.assets.values()}
    assert held["digits-1.0.0.tar"] == (root / "candidates/digits/digits-1.0.0.tar").read_bytes()
    facts = json.loads(held["release.json"])
    assert facts["report"] == json.loads((root / "candidates/digits/report.json").read_text())
    where = f"--git-dir={hub.repository.git.path}"
    assert git(root, where, "cat-file", "-t", f"refs/tags/{TAG}") == "tag\n"
    assert git(root, where, "rev-parse", f"{TAG}^{{commit}}") == git(root, "rev-parse", "HEAD")


def test_a_candidate_becomes_a_release_on_github_in_few_calls(made: Path, tmp_path: Path) -> None:
    with hub_of(made, tmp_path) as hub:
        said = succeeds(made, hub, publish, "digits")
        assert said.startswith(f"published {TAG}: {hub.server_url}/octo/models/releases/tag/{TAG}\n")
        check_released(made, hub)
        calls = len(hub.calls)
        print(f"{calls} calls")
        assert calls <= MOST_CALLS + len(ASSETS)
        assert succeeds(made, hub, publish, "digits").startswith(f"{TAG} is published already with these bytes")
        check_released(made, hub)


def test_whatever_goes_wrong_with_any_call_a_later_run_ends_with_one_release(made: Path, tmp_path: Path) -> None:
    cases, failed = 0, 0
    for call in itertools.count(1):
        for kind in KINDS:
            with hub_of(made, tmp_path / f"{call}-{kind}") as hub:
                fault = hub.faults.add(kind, call=call)
                code, said = run(made, hub, publish, "digits")
                if not fault.struck:
                    print(f"{cases} faults in {call - 1} calls, of which {failed} made the verb stop")
                    return
                assert code in (0, 1), said
                succeeds(made, hub, publish, "digits")
                check_released(made, hub)
            shutil.rmtree(tmp_path / f"{call}-{kind}")
            cases, failed = cases + 1, failed + code


def test_killed_after_any_call_a_later_run_ends_with_one_release(made: Path, tmp_path: Path) -> None:
    for call in itertools.count(1):
        folder = tmp_path / str(call)
        with hub_of(made, folder) as hub:
            note = folder / "pid"
            fault = hub.faults.add("kill", call=call, pid=lambda note=note: int(note.read_text()))
            code, said = run(made, hub, publish, "digits", first=lambda note=note: note.write_text(str(os.getpid())))
            if not fault.struck:
                print(f"killed after {call - 1} calls")
                return
            assert code == -signal.SIGKILL, said
            succeeds(made, hub, publish, "digits")
            check_released(made, hub)
