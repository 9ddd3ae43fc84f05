"""Train once: whose bytes are published, and for which reasons they are trained again."""

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import collect
import publish
import pytest
import teams
from hub import Hub
from hub.caller import Caller
from registries import IDENTITY, candidate, commit, git
from talking import hub_of, run, succeeds

from registry.github import runs

TREES = ("scripts/engine.py", "requirements/base.txt", ".github/workflows/check.yml")


@pytest.fixture(scope="module")
def start(start: Path) -> Path:
    for place in TREES:
        (start / place).parent.mkdir(parents=True)
        (start / place).write_text("first\n")
    commit(start)
    return start


@pytest.fixture(scope="module")
def merged(start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Hub, dict]]:
    """A pull request was checked and merged; each test finds its run and artifact as they were."""
    folder = tmp_path_factory.mktemp("merged")
    root = shutil.copytree(start, folder / "root")
    with hub_of(root, folder / "hub") as hub:
        pull, made = reviewed(root, hub)
        teams.merge(root, hub, pull)
        yield root, hub, made


def edit(root: Path, old: str, new: str) -> None:
    spec = root / "models/digits/model.yaml"
    assert old in spec.read_text("utf-8")
    spec.write_text(spec.read_text("utf-8").replace(old, new), "utf-8")


def reviewed(root: Path, hub: Hub) -> tuple[dict, dict]:
    """Let a pull request that releases 1.1.0 be checked; return it and the run."""
    edit(root, "version: 1.0.0", "version: 1.1.0")
    pull = teams.pull(root, hub)
    return pull, teams.checked(root, hub, pull)


def collects(root: Path, hub: Hub, tmp_path: Path, *, trains: bool) -> str:
    """Collect; return what it said. It must have taken the candidate, or none at all."""
    (tmp_path / "outputs").unlink(missing_ok=True)
    said = succeeds(root, hub, collect, GITHUB_OUTPUT=str(tmp_path / "outputs"))
    lines = (tmp_path / "outputs").read_text().splitlines()
    outputs = {name: json.loads(value) for name, value in (line.split("=", 1) for line in lines)}
    assert outputs["train"] == ([{"model": "digits", "runs_on": "ubuntu-latest"}] if trains else []), said
    assert outputs["models"] == ["digits"]
    assert (root / "candidates/digits").exists() is not trains
    assert not (root / "candidates/.taken/digits").exists()
    return said


@pytest.mark.parametrize("method", ["squash", "merge", "rebase"])
def test_the_reviewed_bytes_are_taken_however_it_was_merged(root: Path, hub: Hub, tmp_path: Path, method: str) -> None:
    pull, made = reviewed(root, hub)
    bytes_of = (root / "candidates/digits/digits-1.1.0.tar").read_bytes()
    teams.merge(root, hub, pull, method)
    said = collects(root, hub, tmp_path, trains=False)
    where = f"{hub.server_url}/octo/models/actions/runs/{made['id']}"
    assert said == f"digits 1.1.0: took the candidate of #1, built in {where}\nnext: `tox run -e publish -- digits`\n"
    assert (root / "candidates/digits/digits-1.1.0.tar").read_bytes() == bytes_of
    succeeds(root, hub, publish, "digits")
    assert [one.tag_name for one in hub.repository.releases.values()] == ["digits@v1.1.0"]


def test_a_rebased_pull_request_of_several_commits_is_found_by_its_last_one(
    root: Path, hub: Hub, tmp_path: Path
) -> None:
    edit(root, "version: 1.0.0", "version: 1.1.0")
    git(root, "checkout", "--quiet", "-b", "topic")
    commit(root)
    (root / "README.md").write_text("words\n")
    pull = teams.pull(root, hub)
    teams.checked(root, hub, pull)
    teams.merge(root, hub, pull, "rebase")
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)


def test_what_the_checks_built_from_the_merge_that_github_made_is_taken(root: Path, hub: Hub, tmp_path: Path) -> None:
    pull, _ = reviewed(root, hub)
    shutil.rmtree(root / "candidates")
    git(root, "fetch", "--quiet", str(hub.repository.git.path), "refs/pull/1/merge")
    git(root, "checkout", "--quiet", "FETCH_HEAD")
    teams.checked(root, hub, pull)
    built = json.loads((root / "candidates/digits/report.json").read_text())["commit"]
    assert built != pull["head"]["sha"]
    teams.merge(root, hub, pull)
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)


def test_what_the_merge_queue_built_is_taken(root: Path, hub: Hub, tmp_path: Path) -> None:
    edit(root, "version: 1.0.0", "version: 1.1.0")
    pull = teams.pull(root, hub)
    teams.merge(root, hub, pull, "merge")
    queued = git(root, "rev-parse", "HEAD").strip()
    candidate(root)
    teams.hand_in(root, hub, hub.add_run(runs.CHECK, "merge_group", queued, "gh-readonly-queue/main/pr-1-0"))
    shutil.rmtree(root / "candidates")
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)


def test_bytes_of_a_server_that_tells_no_digest_of_artifacts_are_taken(root: Path, hub: Hub, tmp_path: Path) -> None:
    """They are held against the report's own digest all the same."""
    pull, _ = reviewed(root, hub)
    next(iter(hub.repository.artifacts.values()))["digest"] = None
    teams.merge(root, hub, pull)
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)


def test_a_commit_that_was_checked_against_another_branch_too_is_trained_again(
    root: Path, hub: Hub, tmp_path: Path
) -> None:
    pull, _ = reviewed(root, hub)
    hub.take(root, "other")
    octo = Caller(hub, hub.token)
    octo.branch("mine", pull["base"]["sha"])
    octo.post("/pulls", title="t", head="topic", base="mine", body="")
    teams.merge(root, hub, pull)
    said = collects(root, hub, tmp_path, trains=True)
    assert "#2 had the same commit checked against mine, and a run does not tell which of them it checked" in said


@pytest.mark.parametrize("tree", ["same", "empty"])
def test_a_merge_that_somebody_made_into_another_history_is_not_believed(
    root: Path, hub: Hub, tmp_path: Path, tree: str
) -> None:
    pull, made = reviewed(root, hub)
    bare = hub.repository.git
    top = bare.text("rev-parse", "topic^{tree}") if tree == "same" else bare.tree(None, "")
    orphan = bare.text("commit-tree", top, "-m", "o", **IDENTITY)
    first = orphan if tree == "same" else pull["base"]["sha"]
    forged = bare.text("commit-tree", top, "-p", first, "-p", pull["head"]["sha"], "-m", "m", **IDENTITY)
    handed(lambda files: files.update(_saying(files, commit=forged)))(hub, made)
    teams.merge(root, hub, pull)
    reason = "which is no merge of" if tree == "same" else "models/digits differ from what the checks ran with"
    assert reason in collects(root, hub, tmp_path, trains=True)


@pytest.mark.parametrize("parents", ["", "base", "base other", "base head other", "head base"])
def test_only_the_merge_of_the_reviewed_commit_into_main_is_believed_whatever_others_hold(
    root: Path, hub: Hub, tmp_path: Path, parents: str
) -> None:
    pull, made = reviewed(root, hub)
    bare, same = hub.repository.git, "topic^{tree}"
    known = {"base": pull["base"]["sha"], "head": pull["head"]["sha"]}
    known["other"] = bare.text("commit-tree", same, "-m", "o", **IDENTITY)
    words = [word for name in parents.split() for word in ("-p", known[name])]
    forged = bare.text("commit-tree", same, *words, "-m", "m", **IDENTITY)
    handed(lambda files: files.update(_saying(files, commit=forged)))(hub, made)
    teams.merge(root, hub, pull, "merge")
    assert f"was built from {forged[:12]}, which is no merge of" in collects(root, hub, tmp_path, trains=True)


def test_a_tree_that_github_does_not_list_whole_agrees_with_nothing(root: Path, hub: Hub, tmp_path: Path) -> None:
    pull, _ = reviewed(root, hub)
    teams.merge(root, hub, pull)
    hub.tree_limit = 3
    assert "is too large to be listed whole" in collects(root, hub, tmp_path, trains=True)


def test_a_default_branch_of_another_name_is_no_trouble(root: Path, hub: Hub, tmp_path: Path) -> None:
    hub.repository.git.set_ref("refs/heads/trunk", git(root, "rev-parse", "main").strip())
    hub.repository.git.text("symbolic-ref", "HEAD", "refs/heads/trunk")
    hub.repository.git.delete_ref("refs/heads/main")
    hub.repository.default_branch = "trunk"
    edit(root, "version: 1.0.0", "version: 1.1.0")
    git(root, "checkout", "--quiet", "-b", "topic")
    commit(root)
    hub.take(root, "topic")
    pull = Caller(hub, hub.token).post("/pulls", title="t", head="topic", base="trunk", body="")
    teams.checked(root, hub, pull)
    teams.merge(root, hub, pull)
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)


def change(**facts: object) -> Callable:
    """The run is another one than it should be."""
    return lambda hub, made: hub.repository.runs[made["id"]].update(facts)


def artifact(change: Callable[[dict], object]) -> Callable:
    """The artifact is another one than it should be."""
    return lambda hub, made: change(next(iter(hub.repository.artifacts.values())))


def alter(one: dict) -> None:
    one["path"].write_bytes(one["path"].read_bytes()[:-1] + b"x")


def handed(change: Callable[[dict[str, bytes]], object]) -> Callable:
    """The files in the artifact are other ones than they should be."""

    def act(hub: Hub, made: dict) -> None:
        (one,) = hub.repository.artifacts.values()
        with zipfile.ZipFile(one["path"]) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        change(files)
        hub.repository.artifacts.clear()
        hub.add_artifact(made, "candidate-digits", files)

    return act


def report(**facts: object) -> Callable:
    """The report says something else."""
    return handed(lambda files: files.update(_saying(files, **facts)))


def _saying(files: dict[str, bytes], **facts: object) -> dict[str, bytes]:
    return {"report.json": json.dumps(json.loads(files["report.json"]) | facts).encode()}


def put(**files: bytes) -> Callable:
    return handed(
        lambda there: there.update({name.replace("_json", ".json"): content for name, content in files.items()})
    )


def zipped(raw: bytes) -> Callable:
    def act(hub: Hub, made: dict) -> None:
        hub.repository.artifacts.clear()
        hub.add_artifact(made, "candidate-digits", raw)

    return act


def archive(kind: int, name: str = "report.json", content: bytes = b"{}") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as file:
        file.writestr(name, content)
    return buffer.getvalue()


def encrypted() -> bytes:
    raw = archive(zipfile.ZIP_STORED)
    for mark, place in (b"PK\3\4", 6), (b"PK\1\2", 8):
        at = raw.index(mark) + place
        raw = raw[:at] + b"\1" + raw[at + 1 :]
    return raw


def tar(files: dict[str, bytes], content: bytes) -> None:
    files["digits-1.1.0.tar"] = content


NO_RUN = "no run of .github/workflows/check.yml succeeded for #1"
ODD = {
    "another event": (change(event="push"), NO_RUN),
    "by hand": (change(event="workflow_dispatch"), NO_RUN),
    "another workflow": (change(path=".github/workflows/other.yml"), NO_RUN),
    "a failed run": (change(conclusion="failure"), NO_RUN),
    "a run that goes on": (change(conclusion=None, status="in_progress"), NO_RUN),
    "another commit": (change(head_sha="0" * 40), NO_RUN),
    "no artifact": (lambda hub, made: hub.repository.artifacts.clear(), "left no candidate-digits"),
    "an expired artifact": (artifact(lambda one: one.update(expired=True)), "no longer holds candidate-digits"),
    "altered bytes": (artifact(alter), "is not what the run handed in: its digest differs"),
    "no zip": (zipped(b"no zip"), "is no zip that can be read"),
    "half a zip": (zipped(archive(zipfile.ZIP_STORED)[:-30]), "is no zip that can be read"),
    "an encrypted zip": (zipped(encrypted()), "holds a report.json that is encrypted"),
    "a zip packed otherwise": (zipped(archive(zipfile.ZIP_BZIP2)), "holds a report.json that is encrypted"),
    "odd names": (zipped(archive(zipfile.ZIP_DEFLATED, "../../report.json")), "holds no report.json"),
    "a bomb": (
        zipped(archive(zipfile.ZIP_DEFLATED, content=b" " * 8_388_609)), "holds a report.json of more than 8,388,608"),
    "a large tar": (handed(lambda files: tar(files, bytes(2_000_000))), "holds a digits-1.1.0.tar of more than"),
    "another tar": (
        handed(lambda files: tar(files, b"x" * len(files["digits-1.1.0.tar"]))), "that is not what was judged"),
    "no tar": (handed(lambda files: files.pop("digits-1.1.0.tar")), "holds no digits-1.1.0.tar"),
    "no report": (put(report_json=b"[]"), "is damaged"),
    "no JSON": (put(report_json=b"{"), "is not JSON"),
    "NaN": (put(report_json=b'{"metrics": NaN}'), "is not JSON"),
    "another model": (report(model="letters"), "is of another model"),
    "another version": (report(version="1.2.0"), "is of another version"),
    "another fingerprint": (report(fingerprint="0" * 64), "is of another fingerprint"),
    "several others": (report(version="1.2.0", fingerprint="0" * 64), "is of another version and fingerprint"),
    "another branch": (change(head_branch="other"), NO_RUN),
    "another commit in the report": (report(commit="0" * 40), "was built from 000000000000, which is no merge of"),
    "no commit in the report": (report(commit=None, clean=False), "was built from files that no commit holds"),
    "uncommitted changes": (report(clean=False), "was built from files that no commit holds"),
    "odd metrics of the incumbent": (
        report(incumbent={"version": "1.0.0", "metrics": {"accuracy": "high"}, "reason": None}), "is damaged"),
    "no thresholds": (report(thresholds={"latency_ms": {"max": 20}}), "has a verdict that does not follow"),
    "another verdict": (report(metrics={"accuracy": 0.5, "latency_ms": 0.1}), "has a verdict that does not follow"),
    "odd thresholds": (report(thresholds={"accuracy": {"min": 0.9, "slice": "best"}}), "is damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_anything_odd_is_trained_again_and_the_reason_told(
    merged: tuple[Path, Hub, dict], tmp_path: Path, case: str
) -> None:
    root, hub, made = merged
    change, reason = ODD[case]
    kept = deepcopy(hub.repository.runs), deepcopy(hub.repository.artifacts)
    (one,) = kept[1].values()
    raw = one["path"].read_bytes()
    change(hub, made)
    said = collects(root, hub, tmp_path, trains=True)
    hub.repository.runs, hub.repository.artifacts = kept
    one["path"].write_bytes(raw)
    assert said.startswith("digits 1.1.0: must be trained again: ")
    assert reason in said
    assert said.endswith("next: `tox run -e build -- digits`\n")


@pytest.mark.parametrize("place", TREES)
def test_other_code_than_the_checks_ran_with_is_trained_again(root: Path, hub: Hub, tmp_path: Path, place: str) -> None:
    pull, _ = reviewed(root, hub)
    git(root, "checkout", "--quiet", "main")
    (root / place).write_text("second\n")
    commit(root)
    hub.take(root)
    teams.merge(root, hub, pull)
    said = collects(root, hub, tmp_path, trains=True)
    assert f"{place.split('/')[0]} differ from what the checks ran with in " in said


def test_another_model_folder_is_trained_again_although_its_fingerprint_is_the_same(
    root: Path, hub: Hub, tmp_path: Path
) -> None:
    pull, _ = reviewed(root, hub)
    git(root, "checkout", "--quiet", "main")
    (root / "models/digits/README.md").write_text("prose\n")
    commit(root)
    hub.take(root)
    teams.merge(root, hub, pull)
    assert "models/digits differ from what the checks ran with in " in collects(root, hub, tmp_path, trains=True)


def test_a_fork_is_trained_again(root: Path, hub: Hub, tmp_path: Path) -> None:
    fork = hub.add("someone/models", parent=hub.repository)
    edit(root, "version: 1.0.0", "version: 1.1.0")
    git(root, "checkout", "--quiet", "-b", "theirs")
    commit(root)
    hub.take(root, "theirs", fork)
    octo = Caller(hub, hub.token)
    pull = octo.post("/pulls", title="t", head="someone:theirs", base="main", body="")
    teams.checked(root, hub, pull, head=fork)
    teams.merge(root, hub, pull)
    assert "#1 comes from a fork, whose bytes are never taken" in collects(root, hub, tmp_path, trains=True)


def test_a_run_of_a_fork_s_commit_is_not_taken(root: Path, hub: Hub, tmp_path: Path) -> None:
    fork = hub.add("someone/models", parent=hub.repository)
    pull, made = reviewed(root, hub)
    hub.repository.runs[made["id"]]["head_repository"] = fork.full_name
    teams.merge(root, hub, pull)
    assert NO_RUN in collects(root, hub, tmp_path, trains=True)


def test_a_push_without_a_pull_request_is_trained(root: Path, hub: Hub, tmp_path: Path) -> None:
    edit(root, "version: 1.0.0", "version: 1.1.0")
    commit(root)
    hub.take(root)
    head = git(root, "rev-parse", "HEAD")[:12]
    assert f"no merged pull request brought commit {head}" in collects(root, hub, tmp_path, trains=True)


def test_a_pull_request_that_is_still_open_has_brought_nothing(root: Path, hub: Hub, tmp_path: Path) -> None:
    reviewed(root, hub)
    shutil.rmtree(root / "candidates")
    assert "no merged pull request brought commit" in collects(root, hub, tmp_path, trains=True)


def test_a_pull_request_that_was_merged_into_another_branch_has_brought_nothing_to_main(
    root: Path, hub: Hub, octo: Caller, tmp_path: Path
) -> None:
    octo.branch("dev", octo.head())
    edit(root, "version: 1.0.0", "version: 1.1.0")
    git(root, "checkout", "--quiet", "-b", "topic")
    commit(root)
    hub.take(root, "topic")
    pull = octo.post("/pulls", title="t", head="topic", base="dev", body="")
    teams.checked(root, hub, pull)
    octo.put("/pulls/1/merge", merge_method="merge")
    hub.take(root)
    shutil.rmtree(root / "candidates")
    assert "no merged pull request brought commit" in collects(root, hub, tmp_path, trains=True)


def test_of_several_runs_the_newest_that_agrees_is_taken(root: Path, hub: Hub, tmp_path: Path) -> None:
    pull, made = reviewed(root, hub)
    newer = hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], "topic")
    newest = hub.add_run(runs.CHECK, "pull_request", pull["head"]["sha"], "topic")
    teams.hand_in(root, hub, newer)
    hub.add_artifact(newest, "candidate-digits", b"no zip")
    teams.merge(root, hub, pull)
    assert f"built in {hub.server_url}/octo/models/actions/runs/{newer['id']}\n" in collects(
        root, hub, tmp_path, trains=False
    )


def test_a_lost_run_costs_nothing(root: Path, hub: Hub, tmp_path: Path) -> None:
    pull, _ = reviewed(root, hub)
    teams.merge(root, hub, pull)
    (root / "README.md").write_text("words\n")  # main moved on, and nobody released what was merged before
    commit(root)
    hub.take(root)
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)


def test_a_tag_without_its_release_is_collected_again_and_published(root: Path, hub: Hub, tmp_path: Path) -> None:
    pull, _ = reviewed(root, hub)
    teams.merge(root, hub, pull)
    collects(root, hub, tmp_path, trains=False)
    hub.faults.add("500", method="PATCH", times=9)
    assert run(root, hub, publish, "digits")[0] == 1
    shutil.rmtree(root / "candidates")
    teams.update(root, hub)
    hub.faults.clear()
    assert "took the candidate of #1" in collects(root, hub, tmp_path, trains=False)
    succeeds(root, hub, publish, "digits")
    (release,) = hub.repository.releases.values()
    assert not release.draft
    shutil.rmtree(root / "candidates")
    assert succeeds(root, hub, collect) == "every model's version is released; nothing to do\n"


def test_a_job_that_may_only_read_can_collect(root: Path, hub: Hub, tmp_path: Path) -> None:
    hub.repository.private = True
    pull, _ = reviewed(root, hub)
    teams.merge(root, hub, pull)
    token = hub.workflow({"actions": "read", "contents": "read", "pull_requests": "read"})
    assert "took the candidate" in succeeds(root, hub, collect, GITHUB_TOKEN=token, GITHUB_ACTIONS="true")


def test_digests_of_artifacts_are_those_of_the_zip(hub: Hub, root: Path) -> None:
    """What the tests above rest on."""
    _, made = reviewed(root, hub)
    (one,) = hub.repository.artifacts.values()
    assert one["digest"] == f"sha256:{hashlib.sha256(one['path'].read_bytes()).hexdigest()}"
