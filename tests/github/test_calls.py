"""Each verb that talks to GitHub, with its calls going wrong, in all ways that there are, and killed after each of them."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import collect
import deploy
import doctor
import judge
import promote
import publish
import pytest
import report
import teams
import withdraw
from hub import Hub
from published import ASSETS, check_released
from registries import ROOT, candidate, git
from talking import Trial

from registry import console
from registry.artifacts import litert  # noqa: F401  it loads what deploy proves
from registry.judging import incumbents
from registry.pulls import comments
from registry.releases import choice
from registry.specs import models


def forget(hub: Hub, *prefixes: str) -> None:
    """Take away all references below some prefixes."""
    hub.repository.git.delete_ref(*(ref for ref in hub.repository.git.refs() if ref.startswith(prefixes)))


def publishing(root: Path, hub: Hub) -> Trial:
    candidate(root)

    def reset() -> None:
        hub.repository.releases.clear()
        forget(hub, "refs/tags/")

    return Trial(root, hub, publish, "digits", reset=reset, check=lambda: check_released(root, hub))


def collecting(root: Path, hub: Hub) -> Trial:
    """A run that could not be asked may be told as a reason to train again: what is taken is right, or nothing is."""
    pull = teams.pull(root, hub)
    teams.checked(root, hub, pull)
    made = (root / "candidates/digits/digits-1.0.0.tar").read_bytes()
    teams.merge(root, hub, pull)
    taken = root / "candidates/digits/digits-1.0.0.tar"

    def check() -> None:
        assert not taken.exists() or taken.read_bytes() == made

    return Trial(root, hub, collect, reset=lambda: shutil.rmtree(root / "candidates", ignore_errors=True), check=check)


def merging(root: Path, hub: Hub) -> Trial:
    """An automatic environment: proposed as any, then merged, and deploy started, perhaps by the run after."""
    hub.repository.permissions["can_approve_pull_request_reviews"] = True
    (root / ".github/workflows").mkdir(parents=True)
    shutil.copy(ROOT / ".github/workflows/deploy.yml", root / ".github/workflows")
    place = root / "environments/staging.yaml"
    place.write_text(place.read_text().replace("promote: by-hand\n", "") + "promote: automatic\n")
    teams.release(root, hub)
    main = git(root, "rev-parse", "HEAD").strip()

    def reset() -> None:
        hub.repository.issues.clear()
        hub.repository.events.clear()
        hub.repository.git.set_ref("refs/heads/main", main)
        forget(hub, "refs/heads/promote/", "refs/pull/")
        teams.update(root, hub)

    def check() -> None:
        (pull,) = hub.repository.pulls.values()
        repository, head = hub.repository.git, pull["head"]["sha"]
        assert (pull["title"], bool(pull["merged_at"])) == (f"promote {teams.TAG} to staging", True)
        assert (repository.lines("rev-list", f"{main}..{head}"), head in hub.repository.verified) == ([head], True)
        assert repository.lines("diff", "--name-only", main, "refs/heads/main") == ["environments/staging/digits.yaml"]
        assert hub.repository.dispatches

    token = hub.workflow({"actions": "write", "contents": "write", "pull_requests": "write"})
    return Trial(root, hub, promote, "--pull-request", reset=reset, check=check, again=lambda: teams.update(root, hub),
                 told="not merged", GITHUB_TOKEN=token, GITHUB_ACTIONS="true")  # fmt: skip


def reporting(root: Path, hub: Hub) -> Trial:
    pull = teams.pull(root, hub)
    run = teams.checked(root, hub, pull)

    def check() -> None:
        (comment,) = hub.repository.comments.values()
        assert comment["issue"] == pull["number"]
        assert comment["body"].startswith(comments.MARKER)
        assert "**digits 1.0.0 passes, and is the first version**" in comment["body"]

    token = hub.workflow({"actions": "read", "contents": "read", "pull_requests": "write"})
    return Trial(root, hub, report, "--run", str(run["id"]), reset=hub.repository.comments.clear, check=check,
                 told="", GITHUB_TOKEN=token, GITHUB_ACTIONS="true")  # fmt: skip


def deploying(root: Path, hub: Hub) -> Trial:
    teams.release(root, hub)
    teams.pin(root, hub, "staging")
    hub.repository.private = True
    target = root / "deployments"

    def check() -> None:
        assert [path.name for path in target.glob("*/digits/1000000")] == ["1000000"]

    def reset() -> None:
        shutil.rmtree(target, ignore_errors=True)

    return Trial(root, hub, deploy, "staging", "--apply", reset=reset, check=check)


def judging(root: Path, hub: Hub) -> Trial:
    teams.release(root, hub)
    return Trial(root, hub, judge, "digits", reset=int, check=int)


def building(root: Path, hub: Hub) -> Trial:
    """All that `build` asks of GitHub: the incumbent, which is right, or not there and told so."""
    teams.release(root, hub)
    made = (root / "candidates/digits/digits-1.0.0.tar").read_bytes()
    spec, scratch = root / "models/digits/model.yaml", root / "scratch"
    spec.write_text(spec.read_text("utf-8").replace("version: 1.0.0", "version: 1.1.0"), "utf-8")
    (model,) = models.load(root, ["digits"])

    def main() -> None:
        parser = console.parser("build", "build")
        choice.add_options(parser)
        incumbents.find(root, model, choice.choose(root, parser.parse_args()), scratch)

    def reset() -> None:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()

    def check() -> None:
        assert (scratch / "digits-1.0.0.tar").read_bytes() == made

    return Trial(
        root, hub, SimpleNamespace(__name__="build", main=main), reset=reset, check=check, told="can't be compared with"
    )


def withdrawing(root: Path, hub: Hub) -> Trial:
    teams.release(root, hub)
    (released,) = hub.repository.releases.values()
    page = released.body

    def reset() -> None:
        released.body = page
        forget(hub, f"refs/tags/{teams.TAG}!")
        git(root, "update-ref", "-d", f"refs/tags/{teams.TAG}!")

    def check() -> None:
        (there,) = hub.repository.releases.values()
        assert "is withdrawn**: too bold" in there.body
        assert (there.draft, len(there.assets)) == (False, len(ASSETS))
        tags = hub.repository.git.refs("refs/tags/")
        assert list(tags) == [f"refs/tags/{teams.TAG}", f"refs/tags/{teams.TAG}!"]
        assert [git(root, "rev-parse", tag).strip() for tag in tags] == [sha for sha, _ in tags.values()]

    words = "digits", "1.0.0", "--reason", "too bold"
    return Trial(root, hub, withdraw, *words, reset=reset, check=check, told="this one too")


def fixing(root: Path, hub: Hub) -> Trial:
    repository = hub.repository
    before = dict(repository.permissions), dict(repository.settings)

    def reset() -> None:
        repository.permissions, repository.settings = dict(before[0]), dict(before[1])
        repository.rulesets.clear()
        repository.environments.clear()
        repository.immutable_releases = False

    def check() -> None:
        assert sorted(one["target"] for one in repository.rulesets.values()) == ["branch", "tag"]
        assert repository.permissions["can_approve_pull_request_reviews"]
        assert repository.settings["delete_branch_on_merge"]
        assert [*repository.environments["registry"]["branches"]] == ["main"]
        assert repository.immutable_releases

    return Trial(root, hub, doctor, "--fix", reset=reset, check=check)


TRIALS = [publishing, merging, collecting, fixing, withdrawing, reporting, deploying, judging, building]


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.__name__)
def test_whatever_goes_wrong_with_any_call_a_later_run_ends_as_if_nothing_had(
    root: Path, hub: Hub, trial: Callable[[Path, Hub], Trial], record_property: Callable[[str, object], None]
) -> None:
    record_property("count", trial(root, hub).suffer())


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.__name__)
def test_killed_after_any_call_a_later_run_ends_as_if_nothing_had(
    root: Path, hub: Hub, trial: Callable[[Path, Hub], Trial], record_property: Callable[[str, object], None]
) -> None:
    record_property("count", trial(root, hub).die())
