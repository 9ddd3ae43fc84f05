"""Git's objects through the API: blobs, trees, commits, tags."""

import base64

from hub import commits, shapes
from hub.git import NOBODY, GitError
from hub.messages import Answer, Refusal, Request, missing
from hub.routes import route


@route("POST", "/git/blobs", "contents:write")
def create_blob(ask: Request) -> Answer:
    given = ask.json
    coded = given.get("encoding", "utf-8") == "base64"
    sha = ask.repository.git.write("blob", base64.b64decode(given["content"]) if coded else given["content"].encode())
    return Answer(201, {"sha": sha, "url": f"{ask.here}/git/blobs/{sha}"})


@route("GET", "/git/blobs/{file_sha}", "contents:read")
def get_blob(ask: Request, file_sha: str) -> Answer:
    if not ask.repository.git.has(file_sha, "blob"):
        raise missing()
    content = ask.repository.git.read(file_sha, "blob")
    if "raw" in ask.headers.get("accept", ""):
        return Answer(200, content, {"Content-Type": "application/vnd.github.raw"})
    coded = base64.encodebytes(content).decode()
    facts = {"sha": file_sha, "size": len(content), "content": coded, "encoding": "base64"}
    return Answer(200, facts | {"url": f"{ask.here}/git/blobs/{file_sha}"})


@route("POST", "/git/trees", "contents:write")
def create_tree(ask: Request) -> Answer:
    given, git = ask.json, ask.repository.git
    base = given.get("base_tree")
    if base and git.resolve(base, "tree") is None:
        raise missing()
    try:
        sha = git.tree(base, _entries(ask, given["tree"]))
    except GitError as error:
        raise Refusal(422, f"GitRPC::BadObjectState: {error}") from error
    return Answer(201, _tree(ask, sha, []))


def _entries(ask: Request, entries: list[dict]) -> str:
    """Return a request's tree as `git update-index --index-info` reads it."""
    git, lines = ask.repository.git, []
    for entry in entries:
        sha = entry.get("sha", NOBODY)
        if "content" in entry:
            sha = git.write("blob", entry["content"].encode())
        elif sha is None:
            lines.append(f"0 {NOBODY}\t{entry['path']}")
            continue
        elif not git.has(sha):
            raise Refusal(422, "tree.sha " + sha + " is not a valid blob")
        if entry.get("type") == "tree":
            listed = git.lines("ls-tree", "-r", sha)
            lines += [f"{line.partition(chr(9))[0]}\t{entry['path']}/{line.partition(chr(9))[2]}" for line in listed]
        else:
            lines.append(f"{entry['mode']} {sha}\t{entry['path']}")
    return "\n".join(lines) + "\n"


@route("GET", "/git/trees/{tree_sha}", "contents:read")
def get_tree(ask: Request, tree_sha: str) -> dict:
    sha = ask.repository.git.resolve(f"refs/heads/{tree_sha}", "tree") or ask.repository.git.resolve(tree_sha, "tree")
    if sha is None:
        raise missing()
    return _tree(ask, sha, ["-r", "-t"] if "recursive" in ask.query else [])


def _tree(ask: Request, sha: str, flags: list[str]) -> dict:
    entries = []
    for line in ask.repository.git.text("ls-tree", "-l", "-z", *flags, sha).split("\0"):
        if line:
            facts, path = line.split("\t", 1)
            mode, kind, name, size = facts.split()
            entry = {"path": path, "mode": mode, "type": kind, "sha": name, "url": f"{ask.here}/git/{kind}s/{name}"}
            entries.append(entry | ({"size": int(size)} if kind == "blob" else {}))
    facts = {"sha": sha, "url": f"{ask.here}/git/trees/{sha}"}
    return facts | {"tree": entries[: ask.hub.tree_limit], "truncated": len(entries) > ask.hub.tree_limit}


@route("POST", "/git/commits", "contents:write")
def create_commit(ask: Request) -> Answer:
    given, git = ask.json, ask.repository.git
    if not git.has(given["tree"], "tree"):
        raise Refusal(422, "Tree SHA does not exist")
    for parent in given.get("parents", []):
        if not git.has(parent, "commit"):
            raise Refusal(422, "Parent SHA does not exist or is not a commit object")
    bot = ask.token.is_bot
    parents, message = given.get("parents", []), given["message"]
    sha = commits.create(ask.repository, ask.login, given["tree"], parents, message, given, bot)
    return Answer(201, _commit(ask, sha))


@route("GET", "/git/commits/{commit_sha}", "contents:read")
def get_commit(ask: Request, commit_sha: str) -> dict:
    if not ask.repository.git.has(commit_sha, "commit"):
        raise missing()
    return _commit(ask, commit_sha)


def _commit(ask: Request, sha: str) -> dict:
    found = commits.shown(ask, commits.one(ask.repository.git, sha))
    inner = found["commit"]
    kept = {key: inner[key] for key in ("author", "committer", "message", "tree", "verification", "url")}
    return kept | {"sha": sha, "html_url": found["html_url"], "parents": found["parents"]}


@route("POST", "/git/tags", "contents:write")
def create_tag(ask: Request) -> Answer:
    given, git = ask.json, ask.repository.git
    if not git.has(given["object"], given["type"]):
        raise Refusal(422, f"Could not verify that object {given['object']} is a {given['type']}")
    tagger = given.get("tagger") or {"name": ask.login, "email": shapes.email(ask.login)}
    lines = [f"object {given['object']}", f"type {given['type']}", f"tag {given['tag']}"]
    lines += [f"tagger {commits.person(tagger)}", "", given["message"]]
    try:
        sha = git.write("tag", "\n".join(lines).encode())
    except GitError as error:
        raise Refusal(422, f"tag name is not valid: {error}") from error
    return Answer(201, _tag(ask, sha))


@route("GET", "/git/tags/{tag_sha}", "contents:read")
def get_tag(ask: Request, tag_sha: str) -> dict:
    if not ask.repository.git.has(tag_sha, "tag"):
        raise missing()
    return _tag(ask, tag_sha)


def _tag(ask: Request, sha: str) -> dict:
    head, _, message = ask.repository.git.read(sha, "tag").decode().partition("\n\n")
    facts = dict(line.split(" ", 1) for line in head.splitlines())
    name, _, rest = facts["tagger"].partition(" <")
    address, _, when = rest.partition("> ")
    return {
        "sha": sha, "tag": facts["tag"], "message": message, "url": f"{ask.here}/git/tags/{sha}",
        "tagger": {"name": name, "email": address, "date": commits.stamp(int(when.split()[0]))},
        "object": named(ask, facts["object"], facts["type"]), "verification": shapes.verification(ask.repository, sha),
    }  # fmt: skip


def named(ask: Request, sha: str, kind: str) -> dict:
    return {"sha": sha, "type": kind, "url": f"{ask.here}/git/{kind}s/{sha}"}
