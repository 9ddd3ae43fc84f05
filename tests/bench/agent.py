"""From a merged pin to the version that answers, by an agent, a server, and a GitHub that has Git and releases.

All are on loopback, and the agent looks each second: of that a merge waits for half on average.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import asking
import callers
import load
import registries
import requests
import scale
import servers
import teams
from hub import Hub
from registries import git

from registry import versions
from registry.specs import models

COUNTS = 1, 100, 1000
FLIPS, ROUNDS = 3, 10
MOST, MOST_IDLE = 10, 0.3  # seconds: from a merge to an answer, and of the processor for a round
RATE, AFTER = 200, 2  # requests a second while it rolls back, and for how many seconds after that answers
INFER, BODY = "/v2/models/digits/infer", json.dumps(asking.x()).encode()
TICKS = os.sysconf("SC_CLK_TCK")


def measure(folder: Path) -> list[list[str]]:
    """Return a row for each target: what, the figure, the target, whether it is met."""
    rows = []
    for count in COUNTS:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            forward, back, (sent, failed), idle = story(Path(place), count)
        pins = f"{count:,} pin{'s' * (count > 1)}"
        rows.append(row(f"agent, merged pin to answer, {pins}", forward, MOST))
        rows.append(row(f"agent, merged revert to answer at {RATE} requests/s, {pins}", back, MOST))
        told = f"{failed:,} of {sent:,}"
        rows.append([f"agent, requests that failed while it rolled back, {pins}", told, "0", "NO" if failed else "yes"])
    rows.append(row(f"agent, round with nothing to do, {pins}, processor", idle, MOST_IDLE))
    return rows


def row(what: str, seconds: float, most: float) -> list[str]:
    return [what, f"{seconds:.2f} s", f"under {most} s", "yes" if seconds < most else "NO"]


def story(folder: Path, count: int) -> tuple[float, float, tuple[int, int], float]:
    """Return the seconds from a merge to an answer, forward and back, and those of the processor for an idle round.

    Of the requests that callers send on the way back it returns how many there were, and how many failed.
    """
    with Hub(folder / "hub") as hub:
        hub.is_strict = False
        root = repository(folder, hub, count)
        clone = folder / "serving"
        git(folder, "clone", "--quiet", str(hub.repository.git.path), str(clone))
        git(clone, "remote", "set-url", "origin", hub.git_url)
        if count > 1:
            (root / "deployments").rename(clone / "deployments")
        with agent(clone, hub) as (process, address), servers.running(clone, *servers.SERVE, "staging") as server:
            servers.until(lambda: answers(server, "1.0.0"), "the first version")
            forward, back, sent, failed = [], [], 0, 0
            for _ in range(FLIPS):
                forward.append(until_answered(server, "1.1.0", lambda: teams.pin(root, hub, "staging", "1.1.0")))
                with callers.calling(servers.address(server)[1], load.post(INFER, BODY), RATE) as calls:
                    back.append(until_answered(server, "1.0.0", lambda: revert(root, hub)))
                    time.sleep(AFTER)  # the other version is let go
                sent, failed = sent + calls.sent, failed + calls.failed
            time.sleep(3)  # a file that was written just now is read again
            return median(forward), median(back), (sent, failed), idle(process, address)


def until_answered(server: servers.Server, version: str, merge: Callable[[], object]) -> float:
    """Merge something; return the seconds until a version answers."""
    merge()
    begun = time.perf_counter()
    servers.until(lambda: answers(server, version), f"digits {version}")
    return time.perf_counter() - begun


def revert(root: Path, hub: Hub) -> None:
    """Take main's last commit back, as the button Revert does."""
    git(root, "revert", "--no-edit", "HEAD")
    hub.take(root, hub.repository.default_branch)


def repository(folder: Path, hub: Hub, count: int) -> Path:
    """Make a registry that pins so many models, of which digits has two releases on the hub."""
    root = scale.repository(folder / "root", count - 1)
    shutil.copytree(registries.TEMPLATE / "models/digits", root / "models/digits")
    registries.commit(root)
    hub.take(root)
    for version in "1.0.0", "1.1.0":
        teams.release(root, hub, version, filler=int(version == "1.1.0"))
    if count > 1:
        scale.install(root, "staging", [name for name in models.names(root) if name != "digits"])
    git(root, "push", "--quiet", str(hub.repository.git.path), "--tags")
    teams.pin(root, hub, "staging")
    return root


@contextmanager
def agent(clone: Path, hub: Hub) -> Iterator[tuple[subprocess.Popen, str]]:
    """Run an agent of staging that looks each second; yield its process and the address of its pages."""
    command = [sys.executable, servers.ROOT / "scripts/agent.py", "staging", "--every", "1s", "--port", "0"]
    with (clone.parent / "agent.log").open("w+") as log:
        process = subprocess.Popen(command, cwd=clone, env=registries.ENVIRONMENT | hub.environment, stdout=log, stderr=log)
        try:
            said = (clone.parent / "agent.log").read_text
            servers.until(lambda: process.poll() is not None or "/healthz" in said(), "the agent")
            yield process, re.search(r"http://\S+:\d+", said())[0]
        finally:
            process.terminate()
            process.wait()


def answers(server: servers.Server, version: str) -> bool:
    """Say whether a version is the one that answers who names none."""
    answer = server.post(INFER, BODY)
    return answer.status_code == 200 and answer.json()["model_version"] == str(versions.to_integer(version))


def idle(process: subprocess.Popen, address: str) -> float:
    """Return the seconds of the processor that a round takes, with all that it starts."""
    rounds: Callable[[], int] = lambda: requests.get(f"{address}/healthz").json()["rounds"]
    first, before = rounds(), used(process)
    servers.until(lambda: rounds() >= first + ROUNDS, "rounds")
    return (used(process) - before) / (rounds() - first)


def used(process: subprocess.Popen) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS
