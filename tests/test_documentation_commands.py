"""Every command in every page, tried: in a repository with releases, pins and deployments, and on a GitHub."""

import fnmatch
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import ModuleType

import deploy
import desks
import forks
import handbook
import promote
import publish
import pytest
import redone
import servers
import talking
import teams
from desks import Desk
from handbook import Script
from hub import Hub
from registries import candidate, commit, git, template

from registry import console
from registry.github import runs

SCRIPTS = handbook.scripts()


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which production runs 1.1.0, pinned by the last commit, and staging is back at 1.0.0."""
    root = template(tmp_path_factory.mktemp("pages") / "root")
    spec = root / "models/digits/model.yaml"
    for version in ("1.0.0", "1.1.0"):
        spec.write_text(re.sub("^version: .*", f"version: {version}", spec.read_text("utf-8"), flags=re.MULTILINE))
        commit(root)
        candidate(root)
        _succeeds(root, publish, "digits")
    pins = ("staging", "1.0.0"), ("production", "1.0.0"), ("staging", "1.1.0"), ("production", "1.1.0")
    for environment, version in pins:
        _succeeds(root, promote, "digits", environment, "--version", version)
        if (environment, version) != pins[-1]:
            commit(root)
    _succeeds(root, promote, "digits", "staging", "--version", "1.0.0")
    git(root, "commit", "--quiet", "--message", "back", "environments/staging/digits.yaml")
    commit(root)
    for environment in ("staging", "production"):
        _succeeds(root, deploy, environment, "--apply")
    return root


def _succeeds(root: Path, verb: ModuleType, *words: str) -> str:
    code, said = forks.run(root, partial(console.run, verb.main), *words, first=desks.forget_github)
    assert code == 0, said
    return said


def needs_github(script: Script) -> bool:
    return any("--repository" in line or "GITHUB_" in line for line, _ in script.commands)


@pytest.fixture
def desk(request: pytest.FixtureRequest, lived_in: Path, tmp_path: Path) -> Iterator[Desk]:
    root = shutil.copytree(lived_in, tmp_path / "root", symlinks=True)
    with ExitStack() as stack:
        hub = None
        if needs_github(request.param):
            root = template(tmp_path / "hosted")
            hub = stack.enter_context(talking.hub_of(root, tmp_path / "hub"))
            redone.once(root, hub, partial(begin, root, hub), "a page")
        if any("--override" in line for line, _ in request.param.commands):
            freeze(root)
        (root / "rows.csv").write_text("5.1,3.5,1.4,0.2,0\n6.2,3.4,5.4,2.3,1\n")
        (root / "token").write_text("secret\n")
        servers.place(root / "serving", "flowers", 1000000, servers.fixture("free"))
        yield Desk(root, hub, stack)


def begin(root: Path, hub: Hub) -> None:
    """Let a release be there, and a pull request that was checked and reviewed."""
    teams.release(root, hub)
    pull = teams.pull(root, hub)
    teams.checked(root, hub, pull)
    hub.add_run(runs.REVIEW, "pull_request_review", pull["head"]["sha"], pull["head"]["ref"])
    git(root, "checkout", "--quiet", "main")


def freeze(root: Path) -> None:
    """Let production be frozen, so that a promotion has to say why it can't wait."""
    with (root / "environments/production.yaml").open("a", encoding="utf-8") as file:
        file.write('freeze: [{from: "2026-01-01", to: "2999-01-01", reason: r}]\n')


@pytest.mark.parametrize("desk, script", [(one, one) for one in SCRIPTS.values()], indirect=["desk"],
                         ids=[one.place for one in SCRIPTS.values()])  # fmt: skip
def test_what_a_page_tells_people_to_run_does_what_it_says(desk: Desk, script: Script) -> None:
    for line, shown in script.commands:
        said = desk.run(line)
        if script.session and not script.place.startswith("README.md:"):
            assert [one.rstrip() for one in said.splitlines()] == shown.splitlines()


def test_what_is_not_tried_is_still_on_a_page() -> None:
    told = [part.strip() for one in SCRIPTS.values() for line, _ in one.commands for part in line.split("&&")]
    lines = [shlex.join(shlex.split(line, comments=True)) for line in told]
    assert [one for one in desks.UNTRIED if not fnmatch.filter(lines, one)] == []
    assert set(desks.ONLY_PARSED) <= desks.TOX.keys()


@pytest.mark.parametrize("line", ["kubectl get pods", "tox run -e serv -- production", "tox run -e promote -- digits",
                                  "python scripts/status.py --all", "git revrt HEAD", "tox run -e build --epochs 3",
                                  "tox run -e build -- digits --epochs 3", "git lfs fech",
                                  "tox run -e bench -- --quick"])  # fmt: skip
def test_a_command_that_is_none_is_not_let_through(lived_in: Path, line: str) -> None:
    with ExitStack() as stack, pytest.raises((AssertionError, KeyError, subprocess.CalledProcessError)):
        Desk(lived_in, None, stack).run(line)
    assert handbook.is_command(line)
