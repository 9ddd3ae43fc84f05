"""Files in branches, read and written one at a time."""

import base64

from hub import commits, heads, rules
from hub.git import Git
from hub.messages import Answer, Refusal, Request, missing
from hub.routes import route
from hub.state import Event

LARGE = 1024 * 1024  # above it GitHub sends no content in JSON


@route("GET", "/contents/{path}", "contents:read")
def get(ask: Request, path: str) -> Answer:
    git = ask.repository.git
    try:
        sha = commits.sha_of(ask, ask.query.get("ref", ask.repository.default_branch))
    except Refusal as error:
        raise Refusal(404, f"No commit found for the ref {ask.query.get('ref', '')}") from error
    found = entry(git, sha, path.rstrip("/"))
    if found is None:
        raise missing()
    if found[0] == "tree":
        listed = git.text("ls-tree", "-z", f"{sha}:{path.rstrip('/')}").split("\0")
        names = [line.split("\t", 1)[1] for line in listed if line]
        return Answer(200, [file(ask, sha, f"{path.rstrip('/')}/{name}", whole=False) for name in names])
    if "raw" in ask.headers.get("accept", ""):
        return Answer(200, git.read(found[1], "blob"), {"Content-Type": "application/vnd.github.raw"})
    return Answer(200, file(ask, sha, path))


def entry(git: Git, commit: str, path: str) -> tuple[str, str] | None:
    """Return the kind and the name of what a commit has at a path."""
    found = git.find(f"{commit}:{path}")
    return found and (found[1], found[0])


def file(ask: Request, commit: str, path: str, whole: bool = True) -> dict:
    """Return a file or folder as answers show it."""
    git = ask.repository.git
    sha, kind, size = git.find(f"{commit}:{path}")
    facts = {
        "type": "file" if kind == "blob" else "dir", "name": path.rsplit("/", 1)[-1], "path": path, "sha": sha,
        "size": size if kind == "blob" else 0,
        "url": f"{ask.here}/contents/{path}?ref={commit}",
    }  # fmt: skip
    if whole:
        large = facts["size"] > LARGE
        content = "" if large else base64.encodebytes(git.read(sha, "blob")).decode()
        facts |= {"encoding": "none" if large else "base64", "content": content}
    return facts


@route("PUT", "/contents/{path}", "contents:write")
def put(ask: Request, path: str) -> Answer:
    given, head, old = _place(ask, path)
    blob = ask.repository.git.write("blob", base64.b64decode(given["content"]))
    sha = _commit(ask, head, given, f"100644 {blob}\t{path}\n")
    facts = {"content": file(ask, sha, path, whole=False), "commit": _shown(ask, sha)}
    return Answer(200 if old else 201, facts)


@route("DELETE", "/contents/{path}", "contents:write")
def delete(ask: Request, path: str) -> dict:
    given, head, old = _place(ask, path)
    if old is None:
        raise missing()
    sha = _commit(ask, head, given, f"0 {'0' * 40}\t{path}\n")
    return {"content": None, "commit": _shown(ask, sha)}


def _place(ask: Request, path: str) -> tuple[dict, str | None, str | None]:
    """Return the request's body, the branch's head and the file's SHA there; refuse what doesn't fit them."""
    git = ask.repository.git
    given = {"branch": ask.repository.default_branch} | ask.json
    head = git.resolve(f"refs/heads/{given['branch']}")
    if head is None and git.refs("refs/heads/"):
        raise Refusal(404, f"Branch {given['branch']} not found")
    found = entry(git, head, path) if head else None
    old = found[1] if found else None
    if old and "sha" not in given:
        raise Refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if given.get("sha") and given["sha"] != old:
        raise Refusal(409, f"{path} does not match {given['sha']}")
    rules.hold(ask.repository, f"refs/heads/{given['branch']}", "update", 409)
    return given, head, old


def _commit(ask: Request, head: str | None, given: dict, change: str) -> str:
    git, ref = ask.repository.git, f"refs/heads/{given['branch']}"
    tree = git.tree(head, change)
    parents = [head] if head else []
    sha = commits.create(ask.repository, ask.login, tree, parents, given["message"], given, ask.token.is_bot)
    git.set_ref(ref, sha)
    heads.moved(ask, Event("push", ref=ref, before=head or "0" * 40, sha=sha))
    return sha


def _shown(ask: Request, sha: str) -> dict:
    found = commits.shown(ask, commits.one(ask.repository.git, sha))
    inner = {key: found["commit"][key] for key in ("message", "tree", "author", "committer", "verification")}
    return inner | {key: found[key] for key in ("sha", "url", "html_url", "parents")}
