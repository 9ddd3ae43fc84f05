"""Workflow files run by act, a real workflow engine, against a GitHub on loopback.

    engine = Engine(hub)
    run = engine.play("check", "pull_request", sha=merge_commit, ref="refs/pull/1/merge", payload={...})
    assert run.conclusion == "success" and run.results["gate"] == "success"

The file is read from the commit, as GitHub reads it, and is run as it is, but for `queue:`, which act doesn't know yet.
The four actions have stand-ins; what they say of the network goes to the hub. Each job gets a workspace of its own; all
share one Python with tox and one folder of tox environments, which are made before the first run that needs them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from hub import Hub, Repository
from hub.git import Git

STANDINS = Path(__file__).parent / "standins"
BIN = Path(sys.executable).parent
HOME = Path(os.environ.get("ENGINE_HOME", Path(tempfile.gettempdir(), "engine"))).absolute()
PYTHON, TOX = HOME / "python", HOME / "tox"
PASSED_ON = re.compile(r"(PIP|UV|SSL|REQUESTS)_|XDG_CACHE_HOME|LANG|.*_proxy", re.IGNORECASE)
QUEUE = re.compile(r"^ +queue: max\n", re.MULTILINE)
VERB = re.compile(r"tox run -e (\S+)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LIMIT = 600  # seconds for a run
PREPARED: set[tuple] = set()


@dataclass
class Job:
    """A job as it went; one of a matrix has its values."""

    name: str
    matrix: dict
    result: str = "failure"
    failed: bool = False
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    annotations: list[dict] = field(default_factory=list)

    def hear(self, said: dict) -> None:
        """Take in a line that act said of this job."""
        self.failed |= said.get("stepResult") == "failure"
        if "jobResult" in said:  # act has one result for a whole matrix
            self.result = "failure" if self.failed else said["jobResult"] if not self.matrix else "success"
        if said.get("raw_output") or said["level"] == "error":
            self.log += COLOUR.sub("", said["msg"])
        match said.get("command"):
            case "set-output":
                self.outputs[said["name"]] = said["arg"]
            case "summary":
                self.summary += said["content"]
            case "error" | "warning" | "notice":
                self.annotations.append({"level": said["command"], "text": said["arg"]} | said["kvPairs"])


@dataclass
class Run:
    """What came of a run of a workflow: its jobs, its artifacts as zips, and what the hub keeps of it."""

    jobs: list[Job]
    artifacts: dict[str, Path]
    facts: dict

    @property
    def conclusion(self) -> str:
        return "failure" if any(job.result == "failure" for job in self.jobs) else "success"

    @property
    def results(self) -> dict[str, str]:
        """Return how each job ended, by name; those of a matrix are named `build (digits)` after its first value."""
        return {f"{job.name} ({next(iter(job.matrix.values()))})" if job.matrix else job.name: job.result for job in self.jobs}

    @property
    def log(self) -> str:
        """Return all that the jobs printed."""
        return "".join(job.log for job in self.jobs)

    def job(self, name: str, **matrix: str) -> Job:
        """Return the one job of this name and these values of its matrix."""
        (found,) = [one for one in self.jobs if one.name == name and matrix.items() <= one.matrix.items()]
        return found


class Engine:
    """Runs workflows of the hub's repository."""

    def __init__(self, hub: Hub, labels: Iterable[str] = ("ubuntu-latest", "self-hosted")) -> None:
        self.hub, self.labels = hub, labels

    def play(
        self,
        workflow: str,
        event: str,
        sha: str,
        ref: str = "refs/heads/main",
        payload: Mapping[str, object] | None = None,
        *,
        token: str | None = None,
        secrets: Mapping[str, str] | None = None,
        head: tuple[str, str, Repository | None] | None = None,
        runner: str = "github-hosted",
        actor: str = "someone",
    ) -> Run:
        """Run the workflow file of commit `sha` for an event; keep run and artifacts in the hub.

        The token gets what the file grants its jobs, all together, unless one is given. `head` is what the run is said
        to be of, where that is not the ref: the commit, branch and repository of a pull request.
        """
        path = f".github/workflows/{workflow}.yml"
        text = self.hub.repository.git.text("show", f"{sha}:{path}") + "\n"
        prepare(self.hub.repository.git, sha, text)
        commit, branch, source = head or (sha, ref.removeprefix("refs/heads/"), None)
        facts = self.hub.add_run(path, event, commit, branch, source, status="in_progress", conclusion=None)
        secrets = {"GITHUB_TOKEN": token or self.hub.workflow(grants(text))} | dict(secrets or {})
        told = {"GITHUB_SHA": sha, "SHA_REF": sha, "GITHUB_REF": ref, "GITHUB_RUN_ID": str(facts["id"])}
        told |= {"RUNNER_ENVIRONMENT": runner, "GITHUB_RUN_ATTEMPT": "1"}
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            (place / "nowhere").mkdir()
            kept = self.hub.root / "artifacts" / str(facts["id"])
            kept.mkdir(parents=True)
            (place / "workflow.yml").write_text(QUEUE.sub("", text), "utf-8")
            (place / "event.json").write_text(json.dumps(payload or {}), "utf-8")
            command = ["--actor", actor, *standins(self.hub.repository.git, sha)]
            said = self._act(place, event, command, told | {"ENGINE_ARTIFACTS": str(kept)}, secrets)
        run = listened(said, yaml.safe_load(text), kept, facts)
        facts |= {"status": "completed", "conclusion": run.conclusion}
        for name, artifact in run.artifacts.items():
            self.hub.add_artifact(facts, name, artifact.read_bytes())
        for name, result in run.results.items():
            self.hub.repository.check(commit, name, result, event)
        return run

    def _act(self, place: Path, event: str, more: list[str], told: dict[str, str], secrets: dict[str, str]) -> list[dict]:
        told |= {
            "GITHUB_REPOSITORY": self.hub.repository.full_name, "GITHUB_API_URL": self.hub.api_url,
            "GITHUB_SERVER_URL": f"http://github.localhost:{urlsplit(self.hub.server_url).port}",
            "ENGINE_PYTHON": sys.executable, "ENGINE_STANDINS": str(STANDINS),
            "ENGINE_PATH": str(PYTHON / "bin"), "TOX_WORK_DIR": str(TOX),
        }  # fmt: skip
        told |= {name: value for name, value in os.environ.items() if PASSED_ON.match(name)}
        command = [
            BIN / "act", event, "--directory", place / "nowhere", "--workflows", place / "workflow.yml",
            "--eventpath", place / "event.json", "--action-cache-path", place / "jobs",
            "--no-cache-server", "--no-skip-checkout", "--json", *more,
        ]  # fmt: skip
        command += [f"--platform={label}=-self-hosted" for label in self.labels]
        command += [f"--env={name}={value}" for name, value in told.items()]
        command += [f"--secret={name}" for name in secrets]
        path = os.pathsep.join([os.defpath, str(Path(shutil.which("git")).parent)])
        alone = {"PATH": path, "HOME": str(HOME)} | secrets
        done = subprocess.run(command, env=alone, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
        said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert done.returncode == any(one.get("jobResult") == "failure" for one in said), done.stdout + done.stderr
        return said


def standins(git: Git, sha: str) -> list[str]:
    """Return what makes act take the stand-ins for the actions that a commit names."""
    pins = set(git.lines("grep", "-hoE", "actions/[a-z-]+@[0-9a-f]{40}", sha, "--", ".github"))
    return [f"--local-repository={pin}={STANDINS / pin.split('@')[0].split('/')[1]}" for pin in sorted(pins)]


def grants(text: str) -> dict[str, str]:
    """Return the most that any job of a workflow may do: act has one token for all."""
    found: dict[str, str] = {}
    for job in yaml.safe_load(text)["jobs"].values():
        for area, level in job.get("permissions", {}).items():
            area = area.replace("-", "_")
            found[area] = max(found.get(area, ""), level)  # write comes after read
    return found


def prepare(git: Git, sha: str, text: str) -> None:
    """Make the Python with tox and the environments that a workflow uses, so that no job has to, or two at once."""
    names = {name.replace('"$VERB"', "deploy") for name in VERB.findall(text)}
    known = sorted(name for name in names if f"[testenv:{name}" in git.text("show", f"{sha}:tox.ini"))
    made = (git.resolve(f"{sha}:tox.ini", "blob"), git.resolve(f"{sha}:requirements", "tree"), *known)
    if made in PREPARED:
        return
    with tempfile.TemporaryDirectory() as folder:
        files = git.raw("archive", sha, "tox.ini", "requirements")
        subprocess.run(["tar", "-x", "-C", folder], input=files, check=True)
        if not PYTHON.exists():
            subprocess.run([sys.executable, "-m", "venv", PYTHON], check=True)
        python = PYTHON / "bin/python"
        _quietly([python, "-m", "pip", "install", "--require-hashes", "--requirement", "requirements/tox.txt"], folder)
        if known:
            _quietly([python, "-m", "tox", "run", "--notest", "-e", ",".join(known)], folder)
    PREPARED.add(made)


def _quietly(command: list[str | Path], folder: str) -> None:
    done = subprocess.run(command, cwd=folder, env=os.environ | {"TOX_WORK_DIR": str(TOX)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def listened(said: list[dict], workflow: dict, kept: Path, facts: dict) -> Run:
    """Make a run of what act said."""
    jobs: dict[str, Job] = {}
    for one in said:
        if "jobID" in one:
            key = json.dumps([one["jobID"], one["matrix"]])
            jobs.setdefault(key, Job(one["jobID"], one["matrix"])).hear(one)
    ran = {job.name for job in jobs.values()}
    skipped = [Job(name, {}, "skipped") for name in workflow["jobs"] if name not in ran]
    return Run([*jobs.values(), *skipped], {path.stem: path for path in kept.glob("*.zip")}, facts)
