"""Runners of the team's own: main lists them, no branch extends the list for itself, and none is a fork's."""

import json
import shutil
from pathlib import Path

import collect
import pytest
from forks import verb
from hub import Hub
from mistakes import said
from registries import ENVIRONMENT, commit, git, template
from servers import ROOT
from talking import fails

from registry.specs import runners

BROKEN = ROOT / "tests/invalid/runners"
SAID = (BROKEN / "said.txt").read_text("utf-8").splitlines()
SPEC, LIST = "models/digits/model.yaml", ".github/runners.yaml"
MINE = '[{"models": "digits", "runs_on": ["self-hosted", "gpu"], "number": 1}]'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose main lists one runner by labels, and one scale set by its name."""
    root = template(tmp_path / "root")
    lists(root, "[self-hosted, gpu]", "gpu-set")
    commit(root)
    git(root, "switch", "--quiet", "--create", "branch")
    return root


def lists(root: Path, *those: str) -> None:
    (root / LIST).parent.mkdir(exist_ok=True)
    (root / LIST).write_text("".join(["build:\n", *(f"  - {one}\n" for one in those)]) if those else "build: []\n")


def names(root: Path, runner: str) -> None:
    text = (root / SPEC).read_text("utf-8").partition("runs_on: ")[0]
    (root / SPEC).write_text(f"{text}runs_on: {runner}\n", "utf-8")
    commit(root)


def refused(root: Path) -> str:
    """Return the one thing that `validate`, and what makes the jobs of a pull request, say."""
    found = verb(root, "validate", code=1)
    assert verb(root, "changed", "--base", "main", code=1) == found
    place, _, text = found.removesuffix("\n1 problem\n").partition(": runs_on: ")
    assert place.startswith(f"{SPEC}:")
    return text


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What `changed` hands to the workflow that a pull request of a repository started."""

    def of(root: Path, head: dict | None, code: int = 0) -> str:
        repository = {"full_name": "octo/models", "default_branch": "main"}
        pull = {"head": {"repo": head}, "base": {"repo": repository, "ref": "main"}}
        (tmp_path / "event.json").write_text(json.dumps({"pull_request": pull, "repository": repository}))
        monkeypatch.setitem(ENVIRONMENT, "GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
        monkeypatch.setitem(ENVIRONMENT, "GITHUB_OUTPUT", str(tmp_path / "outputs"))
        told = verb(root, "changed", "--base", "main", code=code)
        return told if code else (tmp_path / "outputs").read_text("utf-8")

    return of


def test_a_model_is_trained_where_main_lists_its_runner_and_judged_on_a_machine_of_github(root: Path, outputs) -> None:
    names(root, "[self-hosted, gpu]")
    told = outputs(root, {"full_name": "octo/models"})
    assert f"models={MINE}\n" in told and 'assess_on="ubuntu-latest"\n' in told
    names(root, "gpu-set")
    assert "1 model, " in verb(root, "validate")


def test_the_order_of_labels_is_nobody_s_business_but_self_hosted_is_first(root: Path) -> None:
    lists(root, "[self-hosted, linux, gpu]")
    git(root, "switch", "--quiet", "main")
    commit(root)
    names(root, "[self-hosted, gpu, linux]")
    verb(root, "validate")


def test_a_pull_request_does_not_extend_the_list_for_itself(root: Path) -> None:
    lists(root, "[self-hosted, gpu]", "[self-hosted, large]")
    names(root, "[self-hosted, large]")
    assert refused(root) == (
        "[self-hosted, large] is in .github/runners.yaml here, and not on main, which counts; "
        "let that be merged first, by itself"
    )
    git(root, "checkout", "--quiet", "main", LIST)
    commit(root)
    known = "did you mean [self-hosted, gpu]?"
    assert refused(root) == (
        f"[self-hosted, large] is no hosted runner, and .github/runners.yaml on main does not list it; {known}"
    )


def test_a_clone_as_checks_have_it_goes_by_the_main_that_it_came_from(root: Path, tmp_path: Path) -> None:
    lists(root, "[self-hosted, large]")
    names(root, "[self-hosted, large]")
    git(root, "switch", "--quiet", "main")
    clone = tmp_path / "clone"
    git(root, "clone", "--quiet", ".", str(clone))
    git(clone, "checkout", "--quiet", "--detach", "origin/branch")
    git(clone, "branch", "--quiet", "--delete", "main")
    assert "is in .github/runners.yaml here, and not on main, which counts" in verb(clone, "validate", code=1)


def test_a_runner_leaves_the_list_only_when_no_model_names_it(root: Path) -> None:
    names(root, "gpu-set")
    git(root, "switch", "--quiet", "main")
    git(root, "merge", "--quiet", "branch")
    git(root, "switch", "--quiet", "--create", "less")
    lists(root)
    commit(root)
    text = "gpu-set is taken out of .github/runners.yaml here; name another runner, or leave it there"
    assert verb(root, "validate", code=1) == f"{SPEC}:28: runs_on: {text}\n1 problem\n"


@pytest.mark.parametrize("head", [{"full_name": "mallory/models"}, None])
def test_nothing_of_a_fork_is_trained_on_a_runner_of_the_team_s_own(root: Path, outputs, head: dict | None) -> None:
    names(root, "[self-hosted, gpu]")
    assert outputs(root, head, code=1) == (
        f"{SPEC}:28: runs_on: [self-hosted, gpu] is a runner of your own, where nothing of a fork is trained; let "
        "somebody who may write here push this branch to the repository itself, once it is reviewed\n1 problem\n"
    )
    names(root, "ubuntu-24.04-arm")
    assert 'models=[{"models": "digits", "runs_on": "ubuntu-24.04-arm", "number": 1}]\n' in outputs(root, head)


def test_a_fork_that_trains_nothing_is_checked_where_main_s_models_name_runners_of_the_team(
    root: Path, outputs
) -> None:
    names(root, "gpu-set")
    git(root, "switch", "--quiet", "main")
    git(root, "merge", "--quiet", "branch")
    (root / "environments/production.yaml").unlink()
    commit(root)
    git(root, "branch", "--quiet", "--force", "before", "main~1")
    assert "models=[]\n" in outputs(root, {"full_name": "mallory/models"})


def test_the_judge_is_on_no_machine_of_the_team_s_own() -> None:
    own = ["self-hosted", "gpu"]
    assert runners.together([own, "gpu-set"]) == "ubuntu-latest"
    assert runners.together([own, "ubuntu-latest", "ubuntu-24.04-arm"]) == "ubuntu-24.04-arm"


@pytest.mark.parametrize("name", sorted(path.stem for path in BROKEN.glob("*.yaml")))
def test_a_broken_list_is_refused_in_one_clear_line_a_fault(tmp_path: Path, name: str) -> None:
    root = template(tmp_path)
    lists(root)
    shutil.copy(BROKEN / f"{name}.yaml", root / LIST)
    expected = [line.removeprefix(f"{name}: ") for line in SAID if line.startswith(f"{name}: ")]
    assert expected
    assert said(root) == expected


def test_a_list_that_main_has_broken_lets_nobody_in(root: Path) -> None:
    git(root, "switch", "--quiet", "main")
    lists(root, "7")
    commit(root)
    git(root, "switch", "--quiet", "branch")
    names(root, "gpu-set")
    text = "7 is a number; write a label, or a list of labels that one runner has, for example"
    told = f'.github/runners.yaml of refs/heads/main:2: build[0]: {text} ["self-hosted", "gpu"]\n1 problem\n'
    assert verb(root, "validate", code=1) == told


def test_a_release_trains_nothing_where_main_does_not_list_the_runner(root: Path, tmp_path: Path) -> None:
    git(root, "switch", "--quiet", "main")
    names(root, "[self-hosted, large]")
    with Hub(tmp_path / "hub") as hub:
        hub.take(root)
        said = fails(root, hub, collect)
    assert f"{SPEC}:28: runs_on: [self-hosted, large] is no hosted runner" in said and "did you mean" in said
