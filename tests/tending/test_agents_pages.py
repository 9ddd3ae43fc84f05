"""The agent as a process: what it says, its pages for this machine, its unit for systemd, and how it is stopped."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import followers
import forks
import pytest
import requests
from followers import running
from registries import commit
from servers import until

from registry.tending import unit
from registry.tending.patience import Patience


@pytest.fixture
def clone(pinned: Path, tmp_path: Path) -> Path:
    return followers.origin(pinned, tmp_path / "origin.git")


def test_an_agent_tells_how_it_is_on_this_machine_until_it_is_stopped(clone: Path, pinned: Path) -> None:
    with running(clone, "staging", "--releases", str(pinned / "releases")) as (process, log):
        until(lambda: "+ digits" in log.read_text(), "digits deployed")
        address = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())[0]
        until(lambda: requests.get(f"{address}/healthz").status_code == 200, "a round that ended well")
        facts = requests.get(f"{address}/healthz").json()
        assert (facts["status"], facts["environment"], facts["faults"], facts["held"]) == ("well", "staging", [], {})
        page = requests.get(f"{address}/metrics").text
        for name in ("rounds_total", "failures_total", "last_success_timestamp_seconds", "held", "drift", "faults"):
            assert f'\nagent_{name}{{environment="staging"}} ' in page
        assert f'agent_followed{{commit="{facts["followed"]}",environment="staging"}} 1.0' in page
        (pinned / "environments/staging.yaml").unlink()
        followers.push(pinned)
        until(lambda: requests.get(f"{address}/healthz").status_code == 503, "a round that found something the matter")
        assert requests.get(f"{address}/healthz").json()["faults"][0].startswith("environments/staging.yaml: is not in ")
        assert requests.get(f"{address}/healthz", headers={"Host": "example.org"}).status_code == 403
        assert requests.get(f"{address}/other").status_code == 404
        taken = forks.verb(clone, "agent", "staging", "--port", "99999", code=1)
        assert "--port: 99999 can't be listened on: is no port" in taken or "one agent is enough" in taken
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM
        assert log.read_text().endswith("stopped; run the same command again to go on\n")


def test_what_is_no_agent_is_refused_at_once(clone: Path, pinned: Path) -> None:
    commit = followers.git(clone, "rev-parse", "HEAD").strip()[:12]
    text = f"environments/stagin.yaml: is not in {commit}, so nothing is changed, and what runs keeps running; did you mean staging?"
    assert forks.verb(clone, "agent", "stagin", code=1) == f"{text}\n1 problem\n"
    assert not (clone / ".git/agent/stagin/followed.json").exists()
    for word in ("90", "0s", "1w", "100000d"):
        said = forks.verb(clone, "agent", "staging", "--every", word, code=2)
        assert f"argument --every: {word} is no time; write one such as 60s or 5m" in said
    followers.git(clone, "config", "remote.origin.promisor", "true")
    text = ".: is a partial clone, which can't do without origin; clone it anew, without --filter\n1 problem\n"
    assert forks.verb(clone, "agent", "staging", code=1) == text
    followers.git(clone, "remote", "remove", "origin")
    assert forks.verb(clone, "agent", "staging", code=1).startswith("origin: has no address here, so there is no main to follow")


def test_a_unit_is_one_that_systemd_takes_and_finds_hardened(clone: Path, pinned: Path, tmp_path: Path) -> None:
    refused = forks.verb(clone, "agent", "staging", "--unit", code=1)
    assert refused.startswith(f"{clone}/deployments/staging: is not there, and the unit lets the agent write only there")
    (clone / "deployments/staging").mkdir(parents=True)
    said = forks.verb(clone, "agent", "staging", "--unit", "--every", "5m")
    assert f"WorkingDirectory={clone}\n" in said
    assert "scripts/agent.py staging --every 5m\n" in said
    assert f"\nReadWritePaths={clone}/deployments/staging {clone}/.git\n" in said
    assert not [line for line in said.splitlines() if line.startswith("Exec") and "--unit" in line]
    served = "type: tensorflow-serving, path: deployments/staging, config: deployments/served/a.config"
    for target, folder in {
        f"{served}, endpoint: 'http://127.0.0.1:9'": "deployments/staging {}/deployments/served",
        "type: command, observe: ['true'], apply: ['true']": "deployments/staging",
    }.items():
        text = f"description: d\ntakes_from: releases\ntarget: {{{target}}}\n"
        (clone / "environments/staging.yaml").write_text(text)
        commit(clone)
        (clone / "deployments/served").mkdir(exist_ok=True)
        wanted = folder.format(clone)
        assert f"\nReadWritePaths={clone}/{wanted} {clone}/.git\n" in forks.verb(clone, "agent", "staging", "--unit")
    odd = unit.text("production", "models", "/a b/50%", ["/usr/bin/python3", 'x"$y', "/c d/e"], ["/tmp", "/a b"])
    assert "\nWorkingDirectory=/a b/50%%\n" in odd
    assert '\nExecStart=/usr/bin/python3 "x\\"$$y" "/c d/e"\n' in odd
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    file = tmp_path / "models-agent-staging.service"
    file.write_text(said.replace(f"User={os.environ.get('USER', 'root')}", "User=root"))
    done = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True)
    assert (done.returncode, [one for one in done.stderr.splitlines() if file.name in one]) == (0, [])
    rated = subprocess.run(["systemd-analyze", "security", "--offline=true", file], capture_output=True, text=True).stdout
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", rated)[1]) < 2.5


def test_what_fails_is_left_alone_for_longer_each_time_and_never_for_ever() -> None:
    one, waits, now = Patience(60.0, lambda: 1.0), [], 0.0
    for _ in range(8):
        one.failed(now)
        waits.append(one.until - now)
        assert not one.is_due(one.until - 1) and one.is_due(one.until)
    assert waits == [120, 240, 480, 900, 900, 900, 900, 900]
    one.failed(now, wanted=5000)
    assert one.until == 3600
    one.succeeded()
    assert one.is_due(0) and Patience(60.0, lambda: 0.0).is_due(now)
    less = Patience(60.0, lambda: 0.0)
    less.failed(now)
    assert less.until == 60
