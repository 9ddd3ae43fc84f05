"""Train once: the candidate that a pull request's checks built, taken over when everything about it agrees."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from registry import files, git, versions
from registry.artifacts import archive
from registry.checks import scope
from registry.commits import revisions
from registry.errors import RegistryError, raise_all, refuse
from registry.formats import documents
from registry.github import runs
from registry.github.client import GitHub
from registry.github.runs import Unpacked
from registry.judging import candidates, incumbents, reporting
from registry.judging.candidates import Candidate
from registry.publishing import publication
from registry.showing import reportpage
from registry.specs import models
from registry.specs.models import Model

QUEUE = "gh-readonly-queue/{base}/"
RETARGETED = ("base_ref_changed", "automatic_base_change_succeeded")


@dataclass(frozen=True)
class Origin:
    """Where a candidate was built: the pull request and the run of its checks."""

    pull: int
    run: str


class Seen:
    """GitHub as it is first seen: of many models, which one pull request brought, each thing is asked for once."""

    def __init__(self, github: GitHub) -> None:
        self.repository = github.repository
        self.get, self.find, self.download = cache(github.get), cache(github.find), github.download
        self.pages = cache(lambda path, key=None, **query: [*github.pages(path, key, **query)])
        self.brought = cache(lambda commit: [*github.brought(commit)])
        self._candidates: dict[int, tuple[dict, Unpacked] | None] = {}
        self._open = ExitStack()

    def __enter__(self) -> "Seen":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def candidates(self, run: dict) -> tuple[dict, Unpacked] | None:
        """Return the artifact of a run that holds candidates, and what lies in it; None where its gate accepted none."""
        if run["id"] not in self._candidates:
            artifact = runs.accepted(self, run).get(runs.CANDIDATES)
            found = artifact and (artifact, self._open.enter_context(runs.unpacked(self, artifact)))
            self._candidates[run["id"]] = found
        return self._candidates[run["id"]]


def take(root: Path, github: Seen, model: Model) -> Origin:
    """Put the candidate that was reviewed where `build` would put it; raise RegistryError, saying why, without one."""
    pull = _pull(root, github, model)
    problems = []
    for run in _runs(github, pull):
        try:
            _take(root, github, model, run)
            return Origin(pull["number"], run["html_url"])
        except RegistryError as error:
            problems += error.problems
    if problems:
        raise RegistryError(*problems)
    raise refuse(model.place, f"no run of {runs.CHECK} succeeded for #{pull['number']}")


def _pull(root: Path, github: Seen, model: Model) -> dict:
    """Return the pull request that brought a model; of one that was rebased GitHub may know its last commit only."""
    commit = revisions.last_change(root, model.place)
    pull = next((one for sha in dict.fromkeys((commit, git.head(root))) for one in github.brought(sha)), None)
    if pull is None:
        raise refuse(model.place, f"no merged pull request brought commit {commit[:12]}")
    if (pull["head"]["repo"] or {}).get("full_name") != github.repository:
        raise refuse(model.place, f"#{pull['number']} comes from a fork, whose bytes are never taken")
    return pull


def _is_in(pull: dict) -> bool:
    """Say whether a pull request goes to the default branch."""
    return pull["base"]["ref"] == pull["base"]["repo"]["default_branch"]


def _runs(github: Seen, pull: dict) -> list[dict]:
    """Return the successful runs of the checks, newest first: of the merge queue, else of the last commit."""
    head, queue = pull["head"], QUEUE.format(base=pull["base"]["ref"])
    queued = _checks(github, pull["merge_commit_sha"], "merge_group")
    ours = [one for one in queued if (one["head_branch"] or "").startswith(queue)]
    if not ours:
        _check_bases(github, pull)
        ours = [one for one in _checks(github, head["sha"], "pull_request") if one["head_branch"] == head["ref"]]
        ours = _of_last_base(github, pull, ours)
    return _fresh(pull, sorted(ours, key=lambda one: one["id"], reverse=True))


def _fresh(pull: dict, newest_first: list[dict]) -> list[dict]:
    """Return the runs that succeeded, up to the newest that did not: what is older than that is stale."""
    fresh = list(takewhile(_has_succeeded, newest_first))
    if not fresh and any(map(_has_succeeded, newest_first)):
        newest = newest_first[0]
        how = f"ended with {newest['conclusion']}" if newest["conclusion"] else "has not ended"
        raise refuse(f"#{pull['number']}", f"{newest['html_url']}, which {how}, is newer than the run that succeeded")
    return fresh


def _has_succeeded(run: dict) -> bool:
    return run["conclusion"] == "success"


def _checks(github: Seen, sha: str, event: str) -> list[dict]:
    found = github.pages("actions/runs", key="workflow_runs", head_sha=sha, event=event)
    return [one for one in found if _is_ours(github, one, sha, event)]


def _is_ours(github: Seen, run: dict, sha: str, event: str) -> bool:
    places = {run["repository"]["full_name"], (run["head_repository"] or {}).get("full_name")}
    return (
        (run["head_sha"], run["event"]) == (sha, event)
        and run["path"].partition("@")[0] == runs.CHECK
        and places == {github.repository}
    )


def _check_bases(github: Seen, pull: dict) -> None:
    """A run doesn't tell its base: with another one, the same commit was checked by other code than was reviewed."""
    owner, head = github.repository.partition("/")[0], pull["head"]
    for other in github.pages("pulls", head=f"{owner}:{head['ref']}", state="all"):
        if other["head"]["sha"] == head["sha"] and not _is_in(other):
            text = f"#{other['number']} had the same commit checked against {other['base']['ref']}"
            raise refuse(f"#{pull['number']}", f"{text}, and a run does not tell which of them it checked")


def _of_last_base(github: Seen, pull: dict, those: list[dict]) -> list[dict]:
    """Return the runs that began after a pull request got its base; one of the same second may be of either."""
    events = github.pages(f"issues/{pull['number']}/events")
    last = max((one["created_at"] for one in events if one["event"] in RETARGETED), default="")
    found = [one for one in those if one["created_at"] > last]
    if those and not found:
        raise refuse(f"#{pull['number']}", f"got another base at {last}, and none of its checks began after that")
    return found


def _built(root: Path, github: Seen, run: dict, report: dict) -> str:
    """Return the commit that the run checked out: its own, or the merge of it into main that GitHub made."""
    name, commit, head = f"{report['model']}/{candidates.REPORT}", report["commit"], run["head_sha"]
    if commit is None or not report["clean"]:
        raise refuse(name, "was built from files that no commit holds")
    if commit == head:
        return commit
    made = github.find(f"git/commits/{commit}")
    parents = [parent["sha"] for parent in made["parents"]] if made else []
    if parents[1:] != [head] or not git.is_ancestor(root, parents[0], "HEAD"):
        raise refuse(name, f"was built from {commit[:12]}, which is no merge of {head[:12]} into this branch")
    return commit


def _check_trees(root: Path, github: Seen, model: Model, sha: str) -> None:
    """Compare what was checked out then, as the server knows it, with what is released now.

    Everything counts but other models, environments, tests and prose, as `scope.decides` says: none of these is read to
    train or judge a model, save for the pins, which say what it is compared with.
    """
    top = _tree(github, sha)
    now = git.entries(root)
    differ = sorted(name for name in {*top, *now} if scope.decides(name) and top.get(name) != now.get(name))
    if _models(github, top).get(model.name) != git.tree(root, f"HEAD:{model.place}"):
        differ.append(model.place)
    if differ:
        raise refuse(model.place, f"{', '.join(differ)} differ from what the checks ran with in {sha[:12]}")


def _models(github: Seen, top: dict[str, str]) -> dict[str, str]:
    return _tree(github, top[models.FOLDER]) if models.FOLDER in top else {}


def _tree(github: Seen, sha: str) -> dict[str, str]:
    found = github.get(f"git/trees/{sha}")
    if found["truncated"]:
        raise refuse(f"tree {sha[:12]}", "is too large to be listed whole")
    return {entry["path"]: entry["sha"] for entry in found["tree"]}


def _take(root: Path, github: Seen, model: Model, run: dict) -> None:
    found = github.candidates(run)
    if found is None:
        raise refuse(model.place, f"the run {run['html_url']} left no candidates that its gate accepted")
    artifact, inside = found
    with files.scratch(root / candidates.FOLDER / ".taken" / model.name) as made:
        name = f"{model.name}/{candidates.REPORT}"
        report = documents.load_json(inside.take(name, runs.LARGEST_REPORT), "report", name, runs.AGAIN)
        _check_report(model, report, name)
        _check_incumbent(root, model, report, name)
        _check_trees(root, github, model, _built(root, github, run, report))
        asset = versions.asset(model.name, model.version)
        most = max(artifact["size_in_bytes"], runs.LARGEST_REPORT)  # checks hand it in as it is, not compressed
        files.copy(inside.take(f"{model.name}/{asset}", min(report["artifact"]["size"], most)), made / asset)
        if archive.describe(made / asset) != Candidate(made, report).artifact:
            raise refuse(name, f"is not about the {asset} beside it")
        plots = f"{model.name}/{candidates.PLOTS}"
        if plots in inside.names:  # a report that nothing can be drawn of has none
            files.copy(inside.take(plots, runs.LARGEST_REPORT), made / candidates.PLOTS)
        candidates.store(root, made, report, reportpage.page(report))


def _check_report(model: Model, report: dict, place: str) -> None:
    wanted = {"model": model.name, "version": model.version, "fingerprint": model.fingerprint}
    differ = [name for name, value in wanted.items() if report[name] != value]
    if differ:
        raise refuse(place, f"is of another {' and '.join(differ)}")
    if not reporting.follows(report):
        raise refuse(place, "has a verdict that does not follow from its metrics")
    raise_all(publication.refusals(model, Candidate(Path(place), report)))


def _check_incumbent(root: Path, model: Model, report: dict, place: str) -> None:
    """Whoever is judged may not choose what to be compared with, nor be compared with nothing."""
    expected = incumbents.expected(root, model)
    wanted = expected and expected.version
    found = report["incumbent"] and report["incumbent"]["version"]
    if found != wanted:
        raise refuse(place, f"was compared with {found or 'nothing'}, and should be with {wanted or 'nothing'}")
