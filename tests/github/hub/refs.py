"""Git's references through the API: branches and tags come, move and go."""

from hub import heads, objects, rules
from hub.git import NOBODY, GitError
from hub.messages import Answer, Refusal, Request, missing
from hub.paging import paged
from hub.routes import route
from hub.state import Event


def _ref(ask: Request, name: str, sha: str, kind: str) -> dict:
    return {"ref": name, "url": f"{ask.here}/git/{name}", "object": objects.named(ask, sha, kind)}


@route("GET", "/git/ref/{ref}", "contents:read")
def get_ref(ask: Request, ref: str) -> dict:
    found = ask.repository.git.ref(f"refs/{ref}")
    if found is None:
        raise missing()
    return _ref(ask, f"refs/{ref}", *found)


@route("GET", "/git/matching-refs/{ref}", "contents:read")
def matching_refs(ask: Request, ref: str) -> Answer:
    return paged(ask, [_ref(ask, name, *found) for name, found in ask.repository.git.refs(f"refs/{ref}").items()])


@route("POST", "/git/refs", "contents:write")
def create_ref(ask: Request) -> Answer:
    given, git = ask.json, ask.repository.git
    ref, sha = given["ref"], given["sha"]
    if not ref.startswith("refs/") or ref.count("/") < 2:
        raise Refusal(422, f"{ref} is not a valid ref name.")
    if not git.has(sha):
        raise Refusal(422, "Object does not exist")
    if git.ref(ref):
        raise Refusal(422, "Reference already exists")
    rules.hold(ask.repository, ref, "creation")
    _move(ask, ref, sha, NOBODY)
    return Answer(201, _ref(ask, ref, *git.ref(ref)), {"Location": f"{ask.here}/git/{ref}"})


@route("PATCH", "/git/refs/{ref}", "contents:write")
def update_ref(ask: Request, ref: str) -> dict:
    given, git, name = ask.json, ask.repository.git, f"refs/{ref}"
    if git.ref(name) is None:
        raise Refusal(422, "Reference does not exist")
    if not git.has(given["sha"]):
        raise Refusal(422, "Object does not exist")
    old = git.ref(name)[0]
    forward = git.is_ancestor(old, given["sha"])
    if not forward and not given.get("force"):
        raise Refusal(422, "Update is not a fast forward")
    rules.hold(ask.repository, name, "update" if forward else "non_fast_forward")
    _move(ask, name, given["sha"], old)
    return _ref(ask, name, *git.ref(name))


@route("DELETE", "/git/refs/{ref}", "contents:write")
def delete_ref(ask: Request, ref: str) -> None:
    git, name = ask.repository.git, f"refs/{ref}"
    if git.ref(name) is None:
        raise Refusal(422, "Reference does not exist")
    rules.hold(ask.repository, name, "deletion")
    old = git.ref(name)[0]
    git.delete_ref(name)
    heads.moved(ask, Event("push", ref=name, before=old, sha=NOBODY))


def _move(ask: Request, ref: str, new: str, old: str) -> None:
    try:
        ask.repository.git.set_ref(ref, new, old)
    except GitError as error:
        raise Refusal(422, "Reference update failed") from error
    heads.moved(ask, Event("push", ref=ref, before=old, sha=new))
