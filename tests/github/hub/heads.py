"""What pull requests follow: their branches. Git knows them as refs/pull/N/head and refs/pull/N/merge."""

from typing import TYPE_CHECKING

from hub.git import Git, GitError
from hub.messages import Request
from hub.state import Event, Repository, now

if TYPE_CHECKING:
    from hub.service import Hub

DATES = {"GIT_AUTHOR_DATE": "2000-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z"}
GITHUB = {
    "GIT_AUTHOR_NAME": "GitHub", "GIT_AUTHOR_EMAIL": "noreply@github.com",
    "GIT_COMMITTER_NAME": "GitHub", "GIT_COMMITTER_EMAIL": "noreply@github.com",
}  # fmt: skip


def moved(ask: Request, event: Event) -> None:
    """Record that a reference moved, and let the pull requests from that branch follow."""
    ask.hub.happened(ask, event)
    for base in ask.hub.repositories.values():
        for pull in base.pulls.values():
            if pull["state"] == "open" and _head_ref(ask.hub, pull) == (ask.repository, event.ref):
                refresh(ask.hub, base, pull)
                action = "synchronize" if pull["state"] == "open" else "closed"
                ask.hub.happened(ask, opened(pull, action), base)


def opened(pull: dict, action: str) -> Event:
    return Event(
        "pull_request", action, f"refs/pull/{pull['number']}/merge", pull["head"]["sha"], number=pull["number"]
    )


def _head_ref(hub: "Hub", pull: dict) -> tuple[Repository, str]:
    return hub.repositories[pull["head"]["repository"]], f"refs/heads/{pull['head']['ref']}"


def refresh_all(hub: "Hub", base: Repository) -> None:
    for pull in base.pulls.values():
        refresh(hub, base, pull)


def refresh(hub: "Hub", base: Repository, pull: dict) -> None:
    """Bring an open pull request to what its branches are now; without its branch it is closed."""
    if pull["state"] != "open":
        return
    other, ref = _head_ref(hub, pull)
    head, target = other.git.resolve(ref), base.git.resolve(f"refs/heads/{pull['base']['ref']}")
    if head is None:
        pull |= {"state": "closed", "closed_at": now(), "updated_at": now()}
        return
    if (head, target) == (pull["head"]["sha"], pull["base"]["sha"]) and "mergeable" in pull:
        return
    if other is not base:
        base.git.raw("fetch", "--quiet", str(other.git.path), head)
    pull["head"]["sha"], pull["base"]["sha"] = head, target
    base.git.set_ref(f"refs/pull/{pull['number']}/head", head)
    tree = merged_tree(base.git, target, head)
    pull |= {"mergeable": tree is not None, "unknown": hub.mergeability_lag}
    if tree:
        message = f"Merge {head} into {target}"
        sha = base.git.text("commit-tree", tree, "-p", target, "-p", head, "-m", message, **DATES, **GITHUB)
        base.git.set_ref(f"refs/pull/{pull['number']}/merge", sha)
        pull["merge_commit_sha"] = sha


def merged_tree(git: Git, base: str, head: str) -> str | None:
    """Return the tree of a merge, or None when it conflicts."""
    try:
        return git.text("merge-tree", "--write-tree", base, head).splitlines()[0]
    except GitError:
        return None
