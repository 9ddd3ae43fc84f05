"""A pull request that releases digits 1.1.0, checked on a hub, and what `collect` makes of it."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import collect
import redone
import teams
from hub import Hub
from hub.caller import Caller
from talking import succeeds

TREES = (
    "scripts/engine.py", "requirements/base.txt", ".github/workflows/check.yml", "tox.ini", "uv.toml", ".venv/a.pth",
)  # fmt: skip


def edit(root: Path, old: str, new: str) -> None:
    spec = root / "models/digits/model.yaml"
    assert old in spec.read_text("utf-8")
    spec.write_text(spec.read_text("utf-8").replace(old, new), "utf-8")


def reviewed(root: Path, hub: Hub) -> tuple[dict, dict]:
    """Let a pull request that releases 1.1.0 be checked; return it and the run."""

    def review() -> None:
        edit(root, "version: 1.0.0", "version: 1.1.0")
        teams.checked(root, hub, teams.pull(root, hub))

    redone.once(root, hub, review, "reviewed")
    return Caller(hub, hub.token).get(f"/pulls/{max(hub.repository.pulls)}"), [*hub.repository.runs.values()][-1]


def collects(root: Path, hub: Hub, tmp_path: Path, *, trains: bool) -> str:
    """Collect; return what it said. It must have taken the candidate, or none at all."""
    (tmp_path / "outputs").unlink(missing_ok=True)
    said = succeeds(root, hub, collect, GITHUB_OUTPUT=str(tmp_path / "outputs"))
    lines = (tmp_path / "outputs").read_text().splitlines()
    outputs = {name: json.loads(value) for name, value in (line.split("=", 1) for line in lines)}
    assert outputs["train"] == ([{"models": "digits", "runs_on": "ubuntu-latest", "number": 1}] if trains else []), said
    assert outputs["models"] == ["digits"]
    assert (root / "candidates/digits").exists() is not trains
    assert not (root / "candidates/.taken/digits").exists()
    return said


def handed(change: Callable[[dict[str, bytes]], object]) -> Callable:
    """The files in the artifact are other ones than they should be."""

    def act(hub: Hub, made: dict) -> None:
        (one,) = [one for one in hub.repository.artifacts.values() if one["name"] == "candidates"]
        with zipfile.ZipFile(one["path"]) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        change(files)
        hub.repository.artifacts.clear()
        teams.accept(hub, made, candidates=files)

    return act


def saying(files: dict[str, bytes], **facts: object) -> dict[str, bytes]:
    return {REPORT: json.dumps(json.loads(files[REPORT]) | facts).encode()}


REPORT, TAR = "digits/report.json", "digits/digits-1.1.0.tar"
NO_RUN = "no run of .github/workflows/check.yml succeeded for #1"
