"""From a request to its answer: who asks, what is planned to go wrong, who answers, and what the description says."""

import json
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from hub import assets, faults, filling, openapi, pages, queries, smarthttp
from hub.calls import Call
from hub.messages import Answer, Refusal, Request, missing
from hub.routes import find
from hub.tokens import admit, secret

if TYPE_CHECKING:
    from hub.service import Hub

LIMIT = 5000
NO_AGENT = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"


class Exchange:
    """One request on its way through the hub."""

    def __init__(self, hub: "Hub", ask: Request) -> None:
        self.hub, self.ask = hub, ask
        ask.hub = hub
        self.route, self.variables = None, {}
        if ask.host in openapi.HOSTS:
            self.route, self.variables = find(ask.method, ask.path)
        template = self.route.template if self.route else ask.path
        number = 0 if ask.host in ("git", "web") else hub.next_number()
        authorized = "authorization" in ask.headers
        self.call = Call(number, ask.host, ask.method, template, ask.path, ask.query, "", authorized, hash(ask.body))
        hub.calls.append(self.call)
        self.fault = hub.faults.strike(self.call)
        self.kind = self.fault.kind if self.fault else ""

    def answer(self) -> Answer:
        """Act, or do what is planned instead, and return what to send; status 0 stands for a broken connection."""
        try:
            answer = self._planned() or self._acted()
            facts = answer.facts
            if self.route and answer.status < 400 and not isinstance(facts, bytes) and facts is not None:
                answer.facts = filling.filled(self.ask.method, self.route.template, answer.status, facts)
        except Refusal as refusal:
            answer = Answer(refusal.status, refusal.facts, refusal.headers)
        self._written(answer)
        if self.route and self.kind not in faults.REFUSING and answer.status not in (0, 500):
            self._check(answer)
        kind = answer.headers.get("Content-Type", "")
        self.call.is_alterable = self._uploads or faults.altered(answer.facts, kind) != answer.facts
        if self.kind == "502-after":
            answer = self._written(Answer(502, self.hub.faults.refusal(self.kind).facts))
        self.call.status = 0 if self.kind.startswith("reset") else answer.status
        return answer

    def _planned(self) -> Answer | None:
        """Return or raise what a fault says instead of acting; prepare what it does while acting."""
        if self.kind == "502-before" and self._uploads:
            self._leave_starter()
        if self.kind in faults.REFUSING:
            raise self.hub.faults.refusal(self.kind)
        if self.kind == "reset-before":
            return Answer(0)
        if self.kind == "altered" and self._uploads:
            self.ask.body = faults.altered(self.ask.body, "")
            self.kind = "altered-upload"  # what was stored is wrong; the answer tells its digest truly
        return None

    @property
    def _uploads(self) -> bool:
        return (self.ask.method, self.call.template) == ("POST", openapi.UPLOAD)

    def _leave_starter(self) -> None:
        self._identify()
        self._name_repository()
        with suppress(Refusal):  # no such release, or the name is taken: nothing to leave
            assets.leave_starter(self.ask, self.variables["release_id"])

    def _acted(self) -> Answer:
        ask = self.ask
        if ask.host == "storage":
            return self.hub.storage.answer(ask)
        if ask.host == "git":
            return smarthttp.answer(ask, self._identify)
        if "user-agent" not in ask.headers:
            raise Refusal(403, NO_AGENT)
        self._identify()
        if ask.host == "web":
            return pages.answer(ask)
        if ask.path == "/graphql":
            return queries.answer(ask)
        if self.route is None:
            self.hub.violations.append(f"request {ask.method} {ask.path}: the hub has no such operation")
            raise missing()
        if found := self.hub.is_strict and openapi.request_faults(ask, self.route.template, self.variables):
            self.hub.violations += [f"request {ask.method} {ask.path}: {one}" for one in found]
            raise Refusal(500, f"the hub's check: {'; '.join(found)}")
        self._name_repository()
        admit(ask, self.route)
        names = {name: value for name, value in self.variables.items() if name not in ("owner", "repo")}
        answer = self.route.function(ask, **names)
        if answer is None:
            return Answer(204)
        return answer if isinstance(answer, Answer) else Answer(200, answer)

    def _identify(self) -> None:
        if given := self.ask.headers.get("authorization"):
            self.ask.token = self.hub.tokens.get(secret(given))
            if self.ask.token is None:
                raise Refusal(401, "Bad credentials")
        self.call.login = self.ask.login

    def _name_repository(self) -> None:
        if "repo" in self.variables:
            self.ask.repository = self.hub.repositories.get(f"{self.variables['owner']}/{self.variables['repo']}")
            if self.ask.repository is None:
                raise missing()

    def _written(self, answer: Answer) -> Answer:
        """Turn facts into bytes and add the headers that every answer of the API has."""
        if not isinstance(answer.facts, bytes):
            if answer.facts is not None:
                answer.headers = {"Content-Type": "application/json; charset=utf-8"} | answer.headers
            answer.facts = b"" if answer.facts is None else json.dumps(answer.facts).encode()
        if self.ask.host in openapi.HOSTS:
            used = self.call.number % LIMIT
            counts = {
                "limit": LIMIT,
                "remaining": LIMIT - used,
                "used": used,
                "reset": 2_000_000_000,
                "resource": "core",
            }
            rate = {f"x-ratelimit-{name}": str(value) for name, value in counts.items()}
            answer.headers = rate | {"X-GitHub-Request-Id": secrets.token_hex(8).upper()} | answer.headers
        return answer

    def _check(self, answer: Answer) -> None:
        ask = self.ask
        if not self.hub.is_strict:
            return
        found = openapi.answer_faults(ask, self.route.template, answer.status, answer.headers, answer.facts)
        self.hub.violations += [f"answer {ask.method} {ask.path} {answer.status}: {one}" for one in found]
