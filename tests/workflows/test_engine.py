"""The engine itself, with a workflow of its own: what the real files lean on works as they need it."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
import yaml
from engine import Engine, for_act
from hub import Hub
from outcome import Run
from parsed import PATHS, ROOT
from registries import IDENTITY, commit, git

WORKFLOW = """\
name: proof
on:
  pull_request:
  workflow_dispatch:
    inputs:
      why: {description: why, type: string}
permissions: {}
concurrency:
  group: proof
  queue: max
jobs:
  plan:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    outputs:
      models: ${{ steps.list.outputs.models }}
      none: ${{ steps.list.outputs.none }}
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: ./.github/actions/setup
      - id: list
        run: tox run -e list -- "$WHY"
        env:
          WHY: ${{ inputs.why || github.event.pull_request.number }}
          GITHUB_TOKEN: ${{ secrets.REGISTRY_TOKEN || github.token }}
  make:
    needs: plan
    if: needs.plan.outputs.models != '[]'
    strategy:
      fail-fast: false
      matrix:
        include: ${{ fromJSON(needs.plan.outputs.models || '[]') }}
    runs-on: ${{ matrix.runs_on }}
    permissions:
      actions: read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: ./.github/actions/setup
      - run: tox run -e make -- "$MODEL"
        env:
          MODEL: ${{ matrix.model }}
      - uses: actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1
        if: ${{ !cancelled() }}
        with:
          name: made-${{ matrix.model }}
          path: made
          if-no-files-found: error
  idle:
    needs: plan
    if: needs.plan.outputs.none != '[]'
    strategy:
      matrix:
        one: ${{ fromJSON(needs.plan.outputs.none || '[]') }}
    runs-on: ubuntu-latest
    steps:
      - run: exit 1
  gate:
    needs: [plan, make, idle]
    if: always()
    runs-on: ubuntu-latest
    permissions:
      contents: write
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
          ref: main
      - uses: ./.github/actions/setup
      - uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1
        with:
          pattern: made-*
          path: all
          merge-multiple: true
      - run: tox run -e end
        env:
          NEEDS: ${{ toJSON(needs) }}
"""
# no environment has the name of one of ours: all runs share these, and two would take turns to make it anew
TOX = """\
[testenv]
skip_install = true
pass_env = GITHUB_*, RUNNER_*, NEEDS
[testenv:list]
commands = python say.py {posargs}
[testenv:make]
commands = python make.py {posargs}
[testenv:end]
commands = python gate.py
"""
SAY = """\
import json, os, subprocess, sys
git = lambda *words: subprocess.run(["git", *words], capture_output=True, text=True).stdout.split()
names = "GITHUB_API_URL", "GITHUB_REF", "RUNNER_ENVIRONMENT", "GITHUB_TOKEN"
told = {name: os.environ.get(name) for name in names}
facts = {"why": sys.argv[1], "head": git("rev-parse", "HEAD", "HEAD^1"), "tags": git("tag")}
facts |= {"branches": git("branch", "-a", "--format=%(refname)"), "config": git("config", "--list")}
print("facts=" + json.dumps(facts | told))
with open(os.environ["GITHUB_OUTPUT"], "a") as file:
    models = [{"model": "a", "runs_on": "ubuntu-latest"}, {"model": "b", "runs_on": ["self-hosted", "gpu"]}]
    print("models=" + json.dumps(models), "none=[]", sep="\\n", file=file)
"""
MAKE = """\
import os, pathlib, sys
name = sys.argv[1]
pathlib.Path("made", name).mkdir(parents=True)
pathlib.Path("made", name, "report.json").write_text(name)
pathlib.Path("made", ".hidden").write_text("")
pathlib.Path(os.environ["GITHUB_STEP_SUMMARY"]).write_text(f"# {name}\\n")
print("::error file=models/a/model.yaml,line=3::accuracy: is too low")
sys.exit(name == "b" and os.path.exists("bad"))
"""
GATE = """\
import json, os, pathlib, sys
needs = json.loads(os.environ["NEEDS"])
print("results=" + json.dumps({name: one["result"] for name, one in needs.items()}))
print("outputs=" + json.dumps(needs["plan"]["outputs"]))
print("files=" + json.dumps(sorted(str(one) for one in pathlib.Path("all").rglob("*.*"))))
sys.exit(needs["make"]["result"] != "success")
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    files = {".github/workflows/proof.yml": WORKFLOW, "tox.ini": TOX, "say.py": SAY, "make.py": MAKE, "gate.py": GATE}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    shutil.copytree(ROOT / ".github/actions", root / ".github/actions")
    shutil.copytree(ROOT / "requirements", root / "requirements")
    git(root, "init", "--quiet", "--initial-branch=main", ".")
    commit(root)
    git(root, "tag", "a@v1.0.0")
    return root


def said(run: Run, job: str, name: str) -> object:
    (line,) = [line for line in run.job(job).log.splitlines() if line.startswith(f"{name}=")]
    return json.loads(line.removeprefix(f"{name}="))


def played(hub: Hub, tree: Path, bad: bool) -> Run:
    """Play a pull request, which may be a bad one."""
    hub.take(tree)
    git(tree, "switch", "--quiet", "--create", "change")
    (tree / ("bad" if bad else "good")).write_text("")
    commit(tree)
    head = hub.take(tree, "change")
    base = hub.repository.git.resolve("refs/heads/main")
    merge = hub.repository.git.text(
        "commit-tree", f"{head}^{{tree}}", "-p", base, "-p", head, "-m", "merge", **IDENTITY
    )
    hub.repository.git.set_ref("refs/pull/7/merge", merge)
    payload = {"number": 7, "pull_request": {"number": 7, "head": {"ref": "change"}, "base": {"ref": "main"}}}
    of = (head, "change", None)
    engine = Engine(hub, ["ubuntu-latest", "gpu"])
    return engine.play("proof", "pull_request", merge, "refs/pull/7/merge", payload, head=of)


def test_a_pull_request_goes_through_all_that_the_real_files_lean_on(tmp_path: Path, tree: Path) -> None:
    with Hub(tmp_path / "hub") as hub:
        run = played(hub, tree, bad=False)
        assert run.conclusion == "success", run.log
        assert run.results == {
            "plan": "success", "make (a)": "success", "make (b)": "success", "idle": "skipped", "gate": "success",
        }  # fmt: skip
        facts = said(run, "plan", "facts")
        git_there = hub.repository.git
        assert facts["why"] == "7"
        assert facts["head"] == [git_there.resolve("refs/pull/7/merge"), git_there.resolve("refs/heads/main")]
        assert facts["tags"] == ["a@v1.0.0"]
        assert {"refs/remotes/origin/main", "refs/remotes/origin/change"} <= set(facts["branches"])
        assert (facts["GITHUB_API_URL"], facts["GITHUB_REF"]) == (hub.api_url, "refs/pull/7/merge")
        assert (facts["RUNNER_ENVIRONMENT"], facts["GITHUB_TOKEN"]) == ("github-hosted", "***")
        assert not [line for line in facts["config"] if "extraheader" in line]
        assert said(run, "gate", "results") == {"plan": "success", "make": "success", "idle": "skipped"}
        assert said(run, "gate", "outputs")["none"] == "[]"
        assert said(run, "gate", "files") == ["all/a/report.json", "all/b/report.json"]
        assert run.job("make", model="a").summary == "# a\n"
        assert {"level": "error", "text": "accuracy: is too low", "file": "models/a/model.yaml", "line": "3"} in (
            run.job("make", model="a").annotations
        )
        assert zipfile.ZipFile(run.artifacts["made-a"]).namelist() == ["a/report.json"]
        assert (run.facts["status"], run.facts["conclusion"]) == ("completed", "success")
        assert {one["name"] for one in hub.repository.artifacts.values()} == {"made-a", "made-b"}


def test_a_job_that_fails_fails_the_run_and_the_others_go_on(tmp_path: Path, tree: Path) -> None:
    with Hub(tmp_path / "hub") as hub:
        run = played(hub, tree, bad=True)
        assert run.conclusion == "failure"
        assert run.results == {
            "plan": "success", "make (a)": "success", "make (b)": "failure", "idle": "skipped", "gate": "failure",
        }, run.log  # fmt: skip
        assert said(run, "gate", "results") == {"plan": "success", "make": "failure", "idle": "skipped"}
        assert set(run.artifacts) == {"made-a", "made-b"}


def test_a_dispatch_brings_inputs_and_secrets_and_a_private_repository_wants_the_token(
    tmp_path: Path, tree: Path
) -> None:
    with Hub(tmp_path / "hub", private=True) as hub:
        sha = hub.take(tree)
        engine = Engine(hub, ["ubuntu-latest", "gpu"])
        given, secrets = {"inputs": {"why": "a; b"}}, {"REGISTRY_TOKEN": "another"}
        run = engine.play("proof", "workflow_dispatch", sha, payload=given, secrets=secrets)
        assert run.conclusion == "success", run.log
        assert said(run, "plan", "facts")["why"] == "a; b"
        assert "refs/heads/main" in said(run, "plan", "facts")["branches"]
        assert engine.play("proof", "workflow_dispatch", sha, token="wrong").conclusion == "failure"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_file_is_run_as_it_is_but_for_its_queues_and_the_runners_of_a_matrix(path: Path) -> None:
    text = path.read_text("utf-8")
    for chooses in (False, True):
        told, run = yaml.safe_load(text), yaml.safe_load(for_act(text, chooses))
        for one in (told, *told["jobs"].values()):
            one.get("concurrency", {}).pop("queue", None)
        for job in told["jobs"].values():
            if chooses and "strategy" in job:
                job["strategy"]["max-parallel"] = 1
            elif job.get("runs-on") == "${{ matrix.runs_on }}":
                job["runs-on"] = "ubuntu-latest"
        assert run == told
