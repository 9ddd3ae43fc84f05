"""Whether those who must approve what a branch changes of environments have done so: asked of GitHub."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from registry import versions
from registry.checks import order
from registry.environments import approving, manifests
from registry.environments.approving import Asked, Heard, Review, Tally
from registry.environments.manifests import Environment
from registry.errors import Problem, refuse
from registry.github import access, answers
from registry.github.answers import GitHubError

if TYPE_CHECKING:
    from registry.github.client import GitHub

ASKER = re.compile(rf"^{access.ASKER}: ([A-Za-z0-9-]+)$", re.MULTILINE)
BESIDE = re.compile(
    r"^Co-authored-by: .*<(?:([0-9]+)\+)?([A-Za-z0-9-]+)@users\.noreply\.[^>]+>", re.MULTILINE | re.IGNORECASE
)
QUEUED = re.compile(r"gh-readonly-queue/.+/pr-([0-9]+)-[0-9a-f]{40,64}$")
MOST_COMMITS = 250  # GitHub lists no more of a pull request
MAY_WRITE = ("admin", "write")


def asked(root: Path, base: str, names: Iterable[str], places: Mapping[str, Environment]) -> Iterator[Asked]:
    """Yield whose leave a branch needs: of environments whose pins go forward, or whose own file changes.

    What the base asks for counts, so that no branch spares itself the question.
    """
    for name in names:
        place, before = places.get(name), order.before(root, base, name)
        rules = before or place
        if rules is None or rules.approvals is None:
            continue
        is_other = before is not None and (place is None or place.document.data != before.document.data)
        if is_other or any(order.forward(root, base, place)):
            yield Asked(name, rules.approvals.count, rules.approvals.people)


def concerns(github: "GitHub", number: int, places: Mapping[str, Environment]) -> bool:
    """Say whether a pull request touches an environment that asks for approvals."""
    asking = {name for name, place in places.items() if place.approvals}
    files = github.pages(f"pulls/{number}/files")
    paths = (one[side].split("/") for one in files for side in ("filename", "previous_filename") if side in one)
    return any(first == manifests.FOLDER and rest[0].removesuffix(".yaml") in asking for first, *rest in paths if rest)


def promotions(github: "GitHub", names: Collection[str]) -> Iterator[tuple[dict, str, str]]:
    """Yield the open pull requests whose branch `promote` made, each with its environment, one of some, and its model."""
    for pull in github.pages("pulls", state="open"):
        match pull["head"]["ref"].split("/"):
            case ["promote", place, model] if place in names and versions.NAME.fullmatch(model):
                yield pull, place, model


def subject(event: Mapping) -> tuple[int, str | None]:
    """Return the pull request that started a run of the checks, and its last commit then, None in the merge queue."""
    if pull := event.get("pull_request"):
        return pull["number"], pull["head"]["sha"]
    if queued := QUEUED.search((event.get("merge_group") or {}).get("head_ref", "")):
        return int(queued[1]), None
    raise refuse("GITHUB_EVENT_PATH", "names no pull request, of which approvals are asked; run this in check.yml")


def tallies(github: "GitHub", number: int, commit: str | None, wanted: Sequence[Asked]) -> list[Tally]:
    """Return the approvals that a commit of a pull request has, its last by default, of those that are asked for."""
    heard = _hear(github, number, commit, wanted)
    return [approving.tally(one, heard) for one in wanted]


def problems(counted: Iterable[Tally]) -> list[Problem]:
    """Return what is missing."""
    return [
        Problem(f"{manifests.FOLDER}/{one.asked.environment}.yaml", 0, "approvals", f"{one.told}; {one.wanted}")
        for one in counted
        if one.missing
    ]


def _hear(github: "GitHub", number: int, commit: str | None, wanted: Sequence[Asked]) -> Heard:
    pull = github.get(f"pulls/{number}")
    commits = list(github.pages(f"pulls/{number}/commits"))
    if pull["commits"] > MOST_COMMITS:
        text = f"has more than {MOST_COMMITS} commits, and GitHub does not tell whose all are; make it fewer"
        raise refuse(f"pull request {number}", text)
    reviews = [
        Review(
            one["user"]["login"],
            one["state"],
            one["commit_id"] or "",
            one["user"].get("type") == "User",
            one["user"]["id"],
        )
        for one in github.pages(f"pulls/{number}/reviews")
        if one["user"]
    ]
    named = {name for one in wanted for name in one.people if approving.is_team(name)}
    people = {one.by for one in reviews} if any(not one.people for one in wanted) else ()
    writers = {name for name in people if _may_write(github, name)}
    last = commit or pull["head"]["sha"]
    return Heard(last, set(_authors(pull, commits)), reviews, {one: _members(github, one) for one in named}, writers)


def _authors(pull: dict, commits: Iterable[dict]) -> Iterator[str]:
    """Yield who opened a pull request, or asked for it, and who made its commits: names, and numbers that none loses."""
    people = [pull["user"], *(one[role] for one in commits for role in ("author", "committer"))]
    yield from (one["login"] for one in people if one and "login" in one)
    for one in commits:
        yield from ASKER.findall(one["commit"]["message"])
        for number, name in BESIDE.findall(one["commit"]["message"]):
            yield from filter(None, (name, number and f"#{number}"))


def _may_write(github: "GitHub", name: str) -> bool:
    found = github.find(f"collaborators/{name}/permission")
    return found is not None and found["permission"] in MAY_WRITE


def _members(github: "GitHub", team: str) -> list[str] | None:
    """Return who is in a team; None where this token is not told."""
    organization, _, name = team.removeprefix("@").partition("/")
    try:
        return [one["login"] for one in github.pages(f"/orgs/{organization}/teams/{name}/members")]
    except GitHubError as error:
        if not answers.is_hidden(error):
            raise
        return None
