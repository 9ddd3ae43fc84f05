"""What can go wrong on the way, planned by the test: which call, and how."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hub.calls import Call
from hub.messages import Refusal

RATE = (
    "API rate limit exceeded for installation ID 1. If you reach out to GitHub Support for help, please include the ID."
)
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
WORDS = {
    "401": "Bad credentials",
    "403": "Resource not accessible by integration",
    "403-rate": RATE,
    "403-secondary": SECONDARY,
    "404": "Not Found",
    "409": "Conflict",
    "422": "Validation Failed",
    "429": SECONDARY,
    "500": "Server Error",
    "502-before": "Server Error",
    "502-after": "Server Error",
}
# Before the server acted, and after: the client can't tell them apart.
REFUSING = tuple(kind for kind in WORDS if kind != "502-after")
BROKEN = ("reset-before", "reset-after", "502-after", "truncated", "altered", "slow")
KINDS = REFUSING + BROKEN
RARE = ("stall", "kill", "unsized")  # what no test plans for each call of a verb
ACTED = ("reset-after", "502-after", "truncated", "altered", "slow", *RARE)


@dataclass
class Fault:
    """One planned fault. It strikes the calls for which `matches`, `times` times."""

    kind: str
    matches: Callable[[Call], bool]
    times: int = 1
    pid: int | Callable[[], int] | None = None
    struck: list[Call] = field(default_factory=list)

    def kill(self) -> None:
        os.kill(self.pid() if callable(self.pid) else self.pid, signal.SIGKILL)


class Faults:
    """The plan."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        self.planned: list[Fault] = []

    def add(
        self,
        kind: str,
        call: int | None = None,
        *,
        method: str | None = None,
        template: str | None = None,
        host: str | None = None,
        when: Callable[[Call], bool] = lambda call: True,
        times: int = 1,
        pid: int | Callable[[], int] | None = None,
    ) -> Fault:
        """Plan a fault of a kind (KINDS or RARE) for call number `call`, or for the calls that match.

        `kill` ends the process `pid` with SIGKILL right after the server acted, before it answers; `unsized` is half of
        a body whose length is told nowhere.
        """
        kinds = KINDS + RARE
        assert kind in kinds, f"{kind} is no kind of fault: {', '.join(kinds)}"
        wanted = {"number": call, "method": method, "template": template, "host": host}
        given = {key: value for key, value in wanted.items() if value is not None}
        one = Fault(kind, lambda it: all(getattr(it, k) == v for k, v in given.items()) and when(it), times, pid)
        self.planned.append(one)
        return one

    def clear(self) -> None:
        self.planned.clear()

    def strike(self, call: Call) -> Fault | None:
        """Return the fault that this call gets."""
        for one in self.planned:
            if len(one.struck) < one.times and one.matches(call):
                one.struck.append(call)
                call.fault = one.kind
                return one
        return None

    def refusal(self, kind: str) -> Refusal:
        """Return the answer of a fault that is one."""
        headers = {}
        if kind == "403-rate":
            reset = str(int(time.time()) + self.retry_after)
            headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
        elif kind in ("403-secondary", "429"):
            headers = {"Retry-After": str(self.retry_after)}
        return Refusal(int(kind[:3]), WORDS[kind], headers=headers)


def altered(body: bytes, kind: str) -> bytes:
    """Return a body with wrong bytes: in JSON each SHA-256 is another one, else one byte is."""
    if "json" in kind:
        head, *rest = body.split(b"sha256:")
        return b"sha256:".join([head, *(_flipped(part) for part in rest)])
    return _flipped(body)


def _flipped(body: bytes) -> bytes:
    digit = {ord("0"): ord("1")}.get(body[0], ord("0")) if body else 0
    return bytes([digit]) + body[1:] if body else body
