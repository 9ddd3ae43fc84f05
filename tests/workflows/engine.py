"""Workflow files run by act, a real workflow engine, against a GitHub on loopback.

    engine = Engine(hub)
    run = engine.play("check", "pull_request", sha=merge_commit, ref="refs/pull/1/merge", payload={...})
    assert run.conclusion == "success" and run.results["gate"] == "success"

The file is read from the commit, as GitHub reads it, and run as it is, but for `queue:`, which act doesn't know yet,
and for the runners of a matrix, unless `engine.chooses` them. The four actions have stand-ins. Each job has a workspace
of its own and checks out over HTTP.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import outcome
import yaml
from hub import Hub, Repository
from hub.git import Git
from outcome import Run
from preparing import HOME, PATH, TOX, prepare

STANDINS = Path(__file__).parent / "standins"
ACT = Path(sys.executable).parent / "act"
UV_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "uv")  # jobs have another home
PASSED_ON = re.compile(r"(PIP|UV|SSL|REQUESTS)_|XDG_CACHE_HOME|LANG")
QUEUE = re.compile(r"^ +queue: max\n", re.MULTILINE)
MATRIX = re.compile(r"^( +)strategy:\n", re.MULTILINE)
LIMIT = 600  # seconds for a run
CHOSEN = re.compile(r"(?<=runs-on: )\$\{\{ matrix\.runs_on \}\}$", re.MULTILINE)
# Jobs share tox's environments; what tox empties each time lies beside each job's own workspace.
APART = ";".join(f"testenv.env_{kind}_dir={{env:GITHUB_WORKSPACE}}/../{kind}/{{envname}}" for kind in ("log", "tmp"))


class Engine:
    """Runs workflows of the hub's repository, on runners with these labels.

    Where it `chooses`, each job of a matrix gets the runner that it names, one job after another: act writes what `runs-on`
    comes to into the one that all of them read. Otherwise they run side by side, all on `ubuntu-latest`.
    """

    def __init__(self, hub: Hub, labels: Iterable[str] = ("ubuntu-latest", "self-hosted")) -> None:
        self.hub, self.labels, self.chooses = hub, labels, False

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
        """Run the workflow file of commit `sha` for an event; keep the run, its jobs and its artifacts in the hub.

        The token gets what the file grants its jobs, all together, unless one is given. `head` is what the run is said
        to be of, where that is not the ref: the commit, branch and repository of a pull request.
        """
        git, path = self.hub.repository.git, f".github/workflows/{workflow}.yml"
        texts = files(git, sha, path)
        prepare(git, sha, "".join(texts.values()))
        commit, branch, source = head or (sha, ref.removeprefix("refs/heads/"), None)
        facts = self.hub.add_run(path, event, commit, branch, source, status="in_progress", conclusion=None)
        kept = self.hub.root / "artifacts" / str(facts["id"])
        kept.mkdir(parents=True)
        told = {
            "GITHUB_SHA": sha, "SHA_REF": sha, "GITHUB_REF": ref, "GITHUB_RUN_ID": str(facts["id"]),
            "GITHUB_RUN_ATTEMPT": "1", "RUNNER_ENVIRONMENT": runner, "ENGINE_ARTIFACTS": str(kept),
            "ENGINE_FIRST_ID": str(1_000_000 * facts["id"]),
        }  # fmt: skip
        repository = {"default_branch": self.hub.repository.default_branch}
        known = {"GITHUB_TOKEN": token or self.hub.workflow(grants(texts[path])), **(secrets or {})}
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            (place / "nowhere/.github/workflows").mkdir(parents=True)
            for file, text in texts.items():
                (place / "nowhere" / file).write_text(for_act(text, self.chooses), "utf-8")
            (place / "event.json").write_text(json.dumps({"repository": repository} | (payload or {})), "utf-8")
            said = self._act(place, path, event, ["--actor", actor, *standins(git, sha)], told, known)
        names = [name for text in texts.values() for name, job in jobs(text).items() if "uses" not in job]
        run = Run(outcome.heard(said, names), {path.stem: path for path in kept.glob("*.zip")}, facts)
        self._keep(run, commit, event)
        return run

    def _act(
        self, place: Path, file: str, event: str, more: list[str], told: dict[str, str], secrets: dict[str, str]
    ) -> list[dict]:
        told |= {
            "GITHUB_REPOSITORY": self.hub.repository.full_name, "GITHUB_API_URL": self.hub.api_url,
            "GITHUB_SERVER_URL": f"http://github.localhost:{urlsplit(self.hub.server_url).port}",
            "ENGINE_PYTHON": sys.executable, "ENGINE_STANDINS": str(STANDINS),
            "ENGINE_PATH": PATH, "TOX_WORK_DIR": str(TOX), "TOX_OVERRIDE": APART,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_WARN_CONFLICTS": "1", "UV_CACHE_DIR": str(UV_CACHE),
        }  # fmt: skip
        told |= {name: value for name, value in os.environ.items() if PASSED_ON.match(name)}
        command = [
            ACT, event, "--directory", place / "nowhere", "--workflows", place / "nowhere" / file,
            "--eventpath", place / "event.json", "--action-cache-path", place / "jobs",
            "--no-cache-server", "--no-skip-checkout", "--json", *more,
        ]  # fmt: skip
        command += [f"--platform={label}=-self-hosted" for label in self.labels]
        command += [f"--env={name}={value}" for name, value in told.items()]
        command += [f"--secret={name}" for name in secrets]
        path = os.pathsep.join([os.defpath, str(Path(shutil.which("git")).parent)])
        alone = {"PATH": path, "HOME": str(HOME)} | secrets
        given = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": LIMIT}
        done = subprocess.run(command, env=alone, **given)
        said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert done.returncode == any(one.get("jobResult") == "failure" for one in said), done.stdout + done.stderr
        return said

    def _keep(self, run: Run, commit: str, event: str) -> None:
        run.facts |= {"status": "completed", "conclusion": run.conclusion, "jobs": run.results}
        for name, artifact in run.artifacts.items():
            number = int(artifact.with_name(f"{name}.id").read_text())
            self.hub.add_artifact(run.facts, name, artifact.read_bytes(), number=number)
        for title, result in run.results.items():
            self.hub.repository.check(commit, title, result, event)


def for_act(workflow: str, chooses: bool) -> str:
    """Return a workflow as act can run it."""
    known = QUEUE.sub("", workflow)
    return MATRIX.sub(r"\g<0>\1  max-parallel: 1\n", known) if chooses else CHOSEN.sub("ubuntu-latest", known)


def standins(git: Git, sha: str) -> list[str]:
    """Return what makes act take the stand-ins for the actions that a commit names."""
    pins = set(git.lines("grep", "-hoE", "actions/[a-z-]+@[0-9a-f]{40}", sha, "--", ".github"))
    return [f"--local-repository={pin}={STANDINS / pin.split('@')[0].split('/')[1]}" for pin in sorted(pins)]


def files(git: Git, sha: str, path: str) -> dict[str, str]:
    """Return the text of a commit's workflow file, and of those whose jobs it has run in place of one of its own."""
    text = git.text("show", f"{sha}:{path}") + "\n"
    called = [job["uses"].removeprefix("./") for job in jobs(text).values() if "uses" in job]
    return {path: text} | {one: git.text("show", f"{sha}:{one}") + "\n" for one in called}


def jobs(workflow: str) -> dict[str, dict]:
    return yaml.safe_load(workflow)["jobs"]


def grants(workflow: str) -> dict[str, str]:
    """Return the most that any job of a workflow may do: act has one token for all."""
    found: dict[str, str] = {}
    for job in jobs(workflow).values():
        for area, level in job.get("permissions", {}).items():
            name = area.replace("-", "_")
            found[name] = max(found.get(name, ""), level)  # write comes after read
    return found
