"""What differs between commits."""

from hub import commits
from hub.git import GitError
from hub.messages import Refusal, Request, missing
from hub.routes import route

STATUS = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "C": "copied", "T": "changed"}
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def changed(ask: Request, old: str, new: str) -> list[dict]:
    """Return what differs between two commits, as diff entries."""
    git = ask.repository.git
    lines = git.text("diff", "--raw", "--numstat", "--no-abbrev", "-M", old, new).splitlines()
    raw, counts = lines[: len(lines) // 2], lines[len(lines) // 2 :]
    return [_entry(ask, old, new, line, count) for line, count in zip(raw, counts, strict=True)]


def _entry(ask: Request, old: str, new: str, line: str, count: str) -> dict:
    facts, *names = line.split("\t")
    kind = STATUS[facts.split()[4][0]]
    blob = facts.split()[3 if kind != "removed" else 2]
    added, deleted = (int(one) if one != "-" else 0 for one in count.split("\t")[:2])
    entry = {
        "sha": blob, "filename": names[-1], "status": kind, "additions": added, "deletions": deleted,
        "changes": added + deleted, "contents_url": f"{ask.here}/contents/{names[-1]}?ref={new}",
    }  # fmt: skip
    if kind == "renamed":
        entry["previous_filename"] = names[0]
    if "-" not in count.split("\t")[:2]:
        patch = ask.repository.git.text("diff", "-M", old, new, "--", *names)
        entry["patch"] = patch[patch.find("@@") :] if "@@" in patch else ""
    return entry


@route("GET", "/commits/{ref}", "contents:read")
def get_commit(ask: Request, ref: str) -> dict:
    found = commits.one(ask.repository.git, commits.sha_of(ask, ref))
    parent = found.parents[0] if found.parents else EMPTY_TREE
    files = changed(ask, parent, found.sha)
    counts = {name: sum(file[name] for file in files) for name in ("additions", "deletions")}
    return commits.shown(ask, found) | {"files": files, "stats": counts | {"total": sum(counts.values())}}


@route("GET", "/compare/{basehead}", "contents:read")
def compare(ask: Request, basehead: str) -> dict:
    start, dots, end = basehead.partition("...")
    if not dots:
        raise missing()
    git = ask.repository.git
    try:
        old, new = (commits.sha_of(ask, _local(ask, name)) for name in (start, end))
        fork = git.text("merge-base", old, new)
    except (Refusal, GitError) as error:
        raise missing() from error
    ahead, behind = commits.log(git, "--reverse", f"{old}..{new}"), commits.log(git, f"{new}..{old}")
    status = {(0, 0): "identical", (1, 0): "ahead", (0, 1): "behind"}.get((bool(ahead), bool(behind)), "diverged")
    base, common = (commits.shown(ask, commits.one(git, sha)) for sha in (old, fork))
    return {
        "status": status, "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
        "base_commit": base, "merge_base_commit": common,
        "commits": [commits.shown(ask, found) for found in ahead], "files": changed(ask, fork, new),
    }  # fmt: skip


def _local(ask: Request, name: str) -> str:
    """Return a revision for `branch` or, in a fork, for `owner:branch`, whose commits are fetched."""
    owner, colon, branch = name.rpartition(":")
    if not colon or owner == ask.repository.owner:
        return branch
    for other in ask.hub.repositories.values():
        sha = other.git.resolve(f"refs/heads/{branch}")
        if sha and other.owner == owner and other.parent is ask.repository:
            ask.repository.git.raw("fetch", "--quiet", str(other.git.path), sha)
            return sha
    raise missing()
