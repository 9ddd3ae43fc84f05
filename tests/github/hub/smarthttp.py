"""Git over HTTP: `git http-backend` behind the same address, with the same tokens."""

import gzip
import subprocess
from collections.abc import Callable

from hub import heads, rules
from hub.git import NOBODY, environment
from hub.messages import Answer, Refusal, Request
from hub.state import Event

CHALLENGE = {"WWW-Authenticate": 'Basic realm="GitHub"'}
PASSED_ON = {
    "HTTP_GIT_PROTOCOL": "git-protocol",
    "HTTP_CONTENT_ENCODING": "content-encoding",
    "CONTENT_TYPE": "content-type",
}


def answer(ask: Request, identify: Callable[[], None]) -> Answer:
    """Answer a fetch or a push."""
    owner, name, rest = ask.path.strip("/").split("/", 2)
    name = name.removesuffix(".git")  # which GitHub lets you leave out
    ask.repository = ask.hub.repositories.get(f"{owner}/{name}")
    pushes = "git-receive-pack" in (rest, ask.query.get("service"))
    _admit(ask, identify, pushes)
    if not pushes:
        heads.refresh_all(ask.hub, ask.repository)
    commands = _commands(ask.body if ask.headers.get("content-encoding") != "gzip" else gzip.decompress(ask.body))
    if rest == "git-receive-pack":
        _hold(ask, commands)
    answer = _backend(ask, f"/{owner}/{name}.git/{rest}")
    if rest == "git-receive-pack":
        _note(ask, commands)
    return answer


def _admit(ask: Request, identify: Callable[[], None], pushes: bool) -> None:
    try:
        identify()
    except Refusal as error:
        raise Refusal(401, "Bad credentials", headers=CHALLENGE) from error
    repository, token = ask.repository, ask.token
    if repository is None or (repository.private and token and not token.sees(repository.full_name)):
        raise Refusal(404, "Repository not found.")
    if token is None and (pushes or repository.private):
        raise Refusal(401, "Authentication required", headers=CHALLENGE)
    if pushes and not token.may("contents:write"):
        raise Refusal(403, f"Permission to {repository.full_name}.git denied to {token.login}.")


def _commands(body: bytes) -> list[tuple[str, str, str]]:
    """Return what a push wants: old, new, reference."""
    found, start = [], 0
    while (size := int(body[start : start + 4] or b"0", 16)) > 4:
        words = body[start + 4 : start + size].split(b"\0")[0].decode().split()
        if len(words) == 3 and words[2].startswith("refs/"):
            found.append(tuple(words))
        start += size
    return found


def _hold(ask: Request, commands: list[tuple[str, str, str]]) -> None:
    """Refuse a push that a rule forbids. GitHub says so by reference; here the whole push fails, with a 403."""
    git = ask.repository.git
    for old, new, ref in commands:
        change = "creation" if old == NOBODY else "deletion" if new == NOBODY else "update"
        if change == "update" and git.has(new) and not git.is_ancestor(old, new):
            change = "non_fast_forward"
        rules.hold(ask.repository, ref, change, 403)


def _note(ask: Request, commands: list[tuple[str, str, str]]) -> None:
    for old, new, ref in commands:
        if (ask.repository.git.resolve(ref, "") or NOBODY) == new:
            heads.moved(ask, Event("push", ref=ref, before=old, sha=new))


def _backend(ask: Request, path: str) -> Answer:
    cgi = {
        "GIT_PROJECT_ROOT": str(ask.hub.root / "git"), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
        "QUERY_STRING": ask.headers["query"], "REQUEST_METHOD": ask.method, "CONTENT_LENGTH": str(len(ask.body)),
        "REMOTE_USER": ask.login, "REMOTE_ADDR": "127.0.0.1",
    }  # fmt: skip
    cgi |= {name: ask.headers[header] for name, header in PASSED_ON.items() if header in ask.headers}
    done = subprocess.run(["git", "http-backend"], input=ask.body, capture_output=True, env=environment() | cgi)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
    return Answer(int(headers.pop("Status", "200").split()[0]), body, headers)
