"""A team's repository on the hub: what people do there, and the runs of the real workflow files that this starts.

with Hub(tmp_path / "hub") as hub:
    team = Team(tmp_path / "tree", hub)
    team.write("models/tiny/model.yaml", "accuracy: {min: 0.50}", "accuracy: {min: 0.60}")
    number = team.pull("better")
    checked = team.check(number)
    team.report(checked)
    team.merge(number)
    team.release()
"""

import shutil
from pathlib import Path

import handmade
from engine import Engine
from hub import Hub, Repository
from hub.caller import Caller
from hub.state import now
from outcome import Run
from parsed import ROOT
from registries import IDENTITY, commit, git, verb

FOLDERS = (".github", "environments", "requirements", "scripts")
ARGUMENTS = "seed: int, epochs: int, learning_rate: float"
CODE = handmade.code(ARGUMENTS, "sharp = epochs * learning_rate")


class Team:
    """A clone of the template with one tiny model, pushed to the hub's main: with code, or as `new` makes it."""

    def __init__(self, root: Path, hub: Hub, code: str = CODE) -> None:
        self.root, self.hub, self.engine, self.owner = root, hub, Engine(hub), Caller(hub, hub.token)
        self.secrets: dict[str, str] = {}
        root.mkdir()
        for name in FOLDERS:
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in (".gitignore", "tox.ini"):
            shutil.copy(ROOT / name, root / name)
        self.write("tox.ini", "env_list = fast, training, workflows", "env_list = validate")
        git(root, "init", "--quiet", "--initial-branch=main", ".")
        rows = [f"{place % 7}.{place:03},{place % 2 * 9},{place % 2}" for place in range(200)]
        (root / "rows.csv").write_text("\n".join(rows) + "\n")
        verb(root, "new", "tiny", "--data", "rows.csv")
        (root / "rows.csv").unlink()
        self.write("models/tiny/model.yaml", "epochs: 60", "epochs: 3")
        self.write("models/tiny/model.yaml", "learning_rate: 0.01", "learning_rate: 0.1")
        self.write("models/tiny/model.yaml", "folds: 5", "folds: 0")
        if code:
            (root / "models/tiny/model.py").write_text(code)
        commit(root)
        git(root, "repack", "-a", "-d", "--quiet")  # once, and not for each job that checks it out
        hub.take(root)

    def write(self, place: str, old: str, new: str) -> None:
        """Replace text in a file, which must have it."""
        path = self.root / place
        assert old in path.read_text("utf-8"), f"{place} has no {old}"
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    def save(self, message: str) -> None:
        """Put all that lies in the tree into main, past all rules."""
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--message", message)
        self.hub.take(self.root)

    def pull(self, branch: str, fork: Repository | None = None) -> int:
        """Open a pull request of all that lies in the tree, perhaps from a fork; return its number."""
        git(self.root, "switch", "--quiet", "--create", branch)
        commit(self.root)
        self.hub.take(self.root, branch, fork)
        git(self.root, "switch", "--quiet", "main")
        caller = Caller(self.hub, self.hub.user(fork.owner)) if fork else self.owner
        head = f"{fork.owner}:{branch}" if fork else branch
        return caller.post("/pulls", title=branch, head=head, base="main", body="")["number"]

    def check(self, number: int) -> Run:
        """Run the checks of a pull request, as a push to it would; those of a fork get a token that only reads."""
        pull = self.owner.get(f"/pulls/{number}")
        there, ref = self.hub.repository, f"refs/pull/{number}/merge"
        source = self.hub.repositories[pull["head"]["repo"]["full_name"]]
        return self.engine.play(
            "check", "pull_request", there.git.resolve(ref), ref,
            {"action": "synchronize", "number": number, "pull_request": pull, "repository": pull["base"]["repo"]},
            token=self.hub.workflow({"contents": "read"}) if source is not there else None,
            head=(pull["head"]["sha"], pull["head"]["ref"], source),
        )  # fmt: skip

    def queue(self, *numbers: int) -> Run:
        """Run the checks of pull requests that the merge queue would put on main at once, one on top of the other."""
        bare, base = self.hub.repository.git, self.main
        sha = base
        for number in numbers:
            head = bare.resolve(f"refs/pull/{number}/head")
            tree = bare.lines("merge-tree", "--write-tree", sha, head)[0]
            words = "-p", sha, "-p", head, "-m", f"Merge pull request #{number}"
            sha = bare.text("commit-tree", tree, *words, **IDENTITY)
        ref = f"refs/heads/gh-readonly-queue/main/pr-{numbers[-1]}-{base}"
        bare.set_ref(ref, sha)
        group = {"base_sha": base, "head_sha": sha, "base_ref": "refs/heads/main", "head_ref": ref}
        return self.engine.play("check", "merge_group", sha, ref, {"action": "checks_requested", "merge_group": group})

    def report(self, checked: Run) -> Run:
        """Run what follows a run of the checks."""
        run = self.owner.get(f"/actions/runs/{checked.facts['id']}")
        payload = {"action": "completed", "workflow_run": run}
        return self.engine.play("report", "workflow_run", self.main, payload=payload)

    def merge(self, number: int) -> str:
        """Press the button, take main home, and return its commit."""
        sha = self.owner.put(f"/pulls/{number}/merge", merge_method="merge")["sha"]
        self.fetch()
        return sha

    def land(self, number: int, queued: Run) -> None:
        """Let the merge queue put what it checked into main, and take main home."""
        sha = queued.facts["head_sha"]
        merged = {"state": "closed", "merged_at": now(), "closed_at": now(), "merge_commit_sha": sha}
        self.hub.repository.issues[number] |= merged
        self.hub.repository.git.set_ref("refs/heads/main", sha, self.main)
        self.fetch()

    def fetch(self) -> None:
        """Take main home."""
        git(self.root, "pull", "--quiet", "--ff-only", "--tags", str(self.hub.repository.git.path), "main")

    def revert(self, sha: str, branch: str) -> int:
        """Open a pull request that takes a merged one back."""
        git(self.root, "revert", "--no-commit", "--mainline", "1", sha)
        git(self.root, "revert", "--quit")
        return self.pull(branch)

    def release(self, event: str = "push") -> Run:
        return self.engine.play("release", event, self.main, secrets=self.secrets)

    def promote(self, model: str, environment: str, version: str = "") -> Run:
        inputs = {"model": model, "environment": environment, "version": version}
        given = {"payload": {"inputs": inputs}, "secrets": self.secrets}
        return self.engine.play("promote", "workflow_dispatch", self.main, **given)

    def deploy(self, event: str = "push", runner: str = "github-hosted") -> Run:
        return self.engine.play("deploy", event, self.main, runner=runner)

    @property
    def main(self) -> str:
        """Return the commit that main is at on the hub."""
        return self.hub.repository.git.resolve("refs/heads/main")
