"""What GitHub is told of an agent's rounds: a deployment for what each commit brings, and how it ended."""

from collections.abc import Callable
from dataclasses import dataclass

from registry.deploying.rounds import Outcome
from registry.environments.manifests import Environment
from registry.environments.reconcile import Ended
from registry.github import answers
from registry.github.answers import GitHubError
from registry.github.client import GitHub
from registry.notifying import endings, incident
from registry.tending.complaints import Complaint
from registry.tending.patience import Patience
from registry.tending.pinned import Known

TASK = "deploy:agent"  # beside those that Actions makes for a job of an environment
OPEN = ("queued", "pending", "in_progress")
LONGEST = 140  # characters of a status' description


@dataclass(frozen=True)
class Word:
    """A deployment: its number, the commit that it is of, and the last that was said of it."""

    number: int
    commit: str
    state: str
    text: str = ""


class Informer:
    """Tells a repository of an environment's deployments; raises GitHubError where it can't.

    GitHub keeps them: an agent that was killed goes on with the one that it had begun.
    """

    def __init__(self, github: GitHub, environment: str) -> None:
        self._github = github
        self._environment = environment
        self._last: Word | None = None
        self._has_looked = False
        self._found: tuple[list[str], bool] | None = None

    def begin(self, known: Known) -> None:
        """Say that a commit is being deployed; once, whatever has to be tried again."""
        last = self._look()
        if last is None or last.commit != known.commit or last.state not in (*OPEN, "failure"):
            self._last = last = Word(self._make(known.commit), known.commit, "queued")
        if last.state == "queued":
            self._tell(known.environment, last, "in_progress", "")

    def end(self, known: Known, faults: list[str], outcome: Outcome) -> None:
        """Say how what was begun stands or ended, where that was not said yet; and what is wrong, in its one issue."""
        last = self._look()
        state, text = _word(faults, outcome)
        if last and last.state in (*OPEN, "failure") and (last.state, last.text) != (state, text):
            self._tell(known.environment, last, state, text)
        found = (outcome.findings, outcome.is_well)
        if found != self._found:
            incident.tell(self._github, self._environment, outcome.findings, is_gone=outcome.is_well)
            self._found = found

    def tell_of(self, ended: Ended) -> None:
        """Say on the pull request that brought a version how its trial ended."""
        endings.tell(self._github, self._environment, ended)

    def _look(self) -> Word | None:
        if not self._has_looked:
            query = {"environment": self._environment, "task": TASK, "per_page": 1}
            found = next(self._github.pages("deployments", **query), None)
            self._last, self._has_looked = found and self._last_word(found), True
        return self._last

    def _last_word(self, found: dict) -> Word:
        last = next(self._github.pages(f"deployments/{found['id']}/statuses", per_page=1), None)
        told = (last["state"], last.get("description") or "") if last else ("queued", "")
        return Word(found["id"], found["sha"], *told)

    def _make(self, commit: str) -> int:
        body = {
            "ref": commit, "task": TASK, "environment": self._environment, "required_contexts": [], "auto_merge": False,
            "description": "by the agent on the serving machine",
        }  # fmt: skip
        return self._github.post("deployments", body)["id"]

    def _tell(self, environment: Environment, last: Word, state: str, text: str) -> None:
        body = {"state": state, "description": text}
        if environment.url:
            body["environment_url"] = environment.url
        self._github.post(f"deployments/{last.number}/statuses", body)
        self._last = Word(last.number, last.commit, state, text)


def _word(faults: list[str], outcome: Outcome) -> tuple[str, str]:
    """Return a deployment's state after a round, and what to say of it: of what was tried the figures."""
    if faults:
        return "failure", _short(faults)
    if outcome.tried:
        return "in_progress", _short([f"{', '.join(sorted(outcome.tried))} is tried"])
    told = [f"{model}: {step.told}" for model, step in outcome.steps.items()]
    return "success", _short(told or ["runs what is pinned"])


def _short(faults: list[str]) -> str:
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    room = LONGEST - len(more)
    return f"{faults[0] if len(faults[0]) <= room else f'{faults[0][: room - 1]}…'}{more}"


class Reports:
    """Tells GitHub what happens, where there is one to tell: that it is away is told once, and holds nothing up."""

    def __init__(self, informer: Informer | None, patience: Patience) -> None:
        self._informer = informer
        self._patience = patience
        self._owes = False
        self._ended: list[Ended] = []
        self.untold: list[Complaint] = []

    def begin(self, known: Known, now: float) -> None:
        """Say that something is being deployed."""
        self._owes = True
        self._try(lambda informer: informer.begin(known), now)

    def end(self, known: Known, faults: list[str], outcome: Outcome, now: float) -> None:
        """Say how it ended; where it could not be said that it began, that first. Then how trials ended."""
        self._ended += outcome.ended

        def tell(informer: Informer) -> None:
            if self._owes:
                informer.begin(known)
            informer.end(known, faults, outcome)
            self._owes = False
            while self._ended:
                self._tell_of(informer, self._ended[0])
                del self._ended[0]

        self._try(tell, now)

    def _tell_of(self, informer: Informer, ended: Ended) -> None:
        """What the token may not say is not said later either."""
        try:
            informer.tell_of(ended)
        except GitHubError as error:
            if answers.is_hidden(error):
                self._ended.remove(ended)
            raise

    def _try(self, tell: Callable[[Informer], None], now: float) -> None:
        if self._informer is None or not self._patience.is_due(now):
            return
        try:
            tell(self._informer)
        except GitHubError as error:
            self._patience.failed(now, error.wait or 0)
            text = f"GitHub can't be told what runs: {error.brief}; all else goes on"
            self.untold = [Complaint("GitHub", text, "GitHub is told again", is_fault=False)]
        else:
            self._patience.succeeded()
            self.untold = []
