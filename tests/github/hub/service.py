"""The hub: its repositories, tokens, log and faults, and the way from a request to its answer."""

import itertools
import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from hub import artifacts, runs
from hub.answering import Exchange
from hub.calls import Call, Calls
from hub.faults import Fault, Faults
from hub.git import Git
from hub.messages import Answer, Request
from hub.server import Servers
from hub.state import Event, Repository
from hub.storage import Storage
from hub.tokens import BOT, Token


class Hub:
    """A GitHub on loopback that keeps what it is given. Use it in a `with`; leaving it raises what broke the rules.

    `enterprise` decides which of the two shapes it has: API at the top and uploads on another host, or both below /api.
    """

    def __init__(
        self,
        root: Path,
        repository: str = "octo/models",
        *,
        private: bool = False,
        enterprise: bool = False,
        server: str = "127.0.0.1",
        port: int = 0,
        retry_after: int = 1,
    ) -> None:
        self.root = root
        self.enterprise = enterprise
        self.page_limit = 100
        self.tree_limit = 100_000  # how many entries of a tree are listed
        self.asset_limit = 2 * 1024**3
        self.mergeability_lag = 0  # how many looks at a pull request say that GitHub doesn't know yet
        self.listing_lag = 0  # in how many lists a new release is missing
        self.tells_digests = True  # older Enterprise Servers tell none of assets
        self.is_strict = True  # whether calls are held against GitHub's description, which takes time
        self.calls = Calls()
        self.after_call: Callable[[Call], None] = lambda call: None  # before the answer leaves
        self.faults = Faults(retry_after)
        self.violations: list[str] = []
        self.storage = Storage()
        self.repositories: dict[str, Repository] = {}
        self.tokens: dict[str, Token] = {}
        self._ids, self._numbers, self._lock = itertools.count(1001), itertools.count(1), threading.RLock()
        (root / "bytes").mkdir(parents=True, exist_ok=True)
        self.repository = self.add(repository, private=private)
        self.token = self.user(repository.split("/")[0])
        self._server, self._servers = server, Servers(self, port)

    def add(self, name: str, *, private: bool = False, parent: Repository | None = None) -> Repository:
        """Make a repository; a fork begins with what its parent has."""
        owner, _, short = name.partition("/")
        git = Git(self.root / "git" / owner / f"{short}.git")
        if parent:
            git.raw("fetch", "--quiet", str(parent.git.path), "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        self.repositories[name] = Repository(owner, short, git, self._ids, private, parent)
        return self.repositories[name]

    def take(self, root: Path, branch: str = "main", repository: Repository | None = None) -> str:
        """Push what a working tree has checked out into a branch, past all rules; return the commit."""
        target = (repository or self.repository).git
        target.take(root, branch)
        return target.resolve(f"refs/heads/{branch}")

    def add_run(
        self,
        path: str,
        event: str,
        sha: str,
        branch: str = "main",
        head: Repository | None = None,
        repository: Repository | None = None,
        **facts: object,
    ) -> dict:
        """Put a workflow run there, completed with success; `head` is the fork its commit comes from."""
        return runs.add(repository or self.repository, path, event, sha, branch, head, facts)

    def add_artifact(
        self,
        run: dict,
        name: str,
        files: dict[str, bytes] | bytes,
        repository: Repository | None = None,
        number: int | None = None,
    ) -> dict:
        """Put an artifact of a run there, with this number or a new one: files, which are zipped, or a zip as it is."""
        return artifacts.add(repository or self.repository, run, name, files, self.root / "bytes", number)

    def user(self, login: str, permissions: Mapping[str, str] | None = None, *repositories: str) -> str:
        """Return a new personal access token; all permissions by default."""
        return self._token("ghp", login, permissions, "user", repositories)

    def app(self, permissions: Mapping[str, str], login: str = "registry[bot]") -> str:
        """Return a new token of a GitHub App: a bot whose events start workflows."""
        return self._token("ghs", login, permissions, "app", ())

    def workflow(self, permissions: Mapping[str, str]) -> str:
        """Return a new GITHUB_TOKEN: a bot whose events start no workflows."""
        return self._token("ghs", BOT, permissions, "workflow", ())

    def _token(self, prefix: str, login: str, permissions: Mapping | None, kind: str, names: tuple[str, ...]) -> str:
        value = f"{prefix}_{secrets.token_hex(18)}"
        self.tokens[value] = Token(value, login, permissions, kind, frozenset(names) or None)
        return value

    def __enter__(self) -> "Hub":
        self._servers.start()
        self.storage.base = self._servers.base("storage")
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        self._servers.stop()
        for repository in self.repositories.values():
            repository.git.close()
        if kind is None:
            self.check()

    @property
    def alone(self) -> threading.RLock:
        """While it is held nothing is answered."""
        return self._lock

    def check(self) -> None:
        """Raise what broke GitHub's description or its rules so far."""
        leaks = [f"{path}: a token reached the storage host" for path in self.storage.leaks]
        assert not self.violations + leaks, "\n".join(["the hub saw:", *self.violations, *leaks])

    @property
    def server_url(self) -> str:
        """The address of Git and of pages; it may have a name that only Git and curl resolve, as github.localhost."""
        return self._servers.base("api", self._server)

    @property
    def api_url(self) -> str:
        return self.api_base + ("/api/v3" if self.enterprise else "")

    @property
    def api_base(self) -> str:
        return self._servers.base("api")

    @property
    def git_url(self) -> str:
        return f"{self.server_url}/{self.repository.full_name}.git"

    @property
    def environment(self) -> dict[str, str]:
        """What Actions sets, for a verb that is run as a process."""
        return {
            "GITHUB_API_URL": self.api_url, "GITHUB_SERVER_URL": self.server_url,
            "GITHUB_REPOSITORY": self.repository.full_name, "GITHUB_TOKEN": self.token,
        }  # fmt: skip

    def uploads_base(self, ask: Request) -> str:
        """Return where assets are uploaded to: another host, or another path of an Enterprise server."""
        return f"{ask.base}/api/uploads" if ask.prefix else self._servers.base("uploads")

    def bytes_path(self, number: int) -> Path:
        return self.root / "bytes" / str(number)

    def happened(self, ask: Request, event: Event, repository: Repository | None = None) -> None:
        """Record an event, and whether it would start workflows."""
        event.login = ask.login
        by_workflow = ask.token is not None and ask.token.kind == "workflow"
        if by_workflow and not event.name.endswith("_dispatch"):
            event.starts = "approval" if event.name == "pull_request" else "no"
        (repository or ask.repository).events.append(event)

    def next_number(self) -> int:
        return next(self._numbers)

    def answer(self, ask: Request) -> tuple[Answer, Fault | None]:
        """Answer a request that arrived at any of the hosts; the fault says what to do to it on the wire."""
        with self._lock:
            exchange = Exchange(self, ask)
            answer = exchange.answer()
        self.after_call(exchange.call)
        return answer, exchange.fault if exchange.kind != "altered-upload" else None
