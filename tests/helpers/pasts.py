"""Repositories with a past, made in seconds by `git fast-import`: commits of main, their dates, and tags of releases."""

import hashlib
import subprocess
from itertools import islice
from pathlib import Path

import registries

from registry.environments import manifests
from registry.releases import ledger
from registry.releases.ledger import Release

START = 1_735_689_600  # 1 January 2025
DAY = 24 * 3600
PERSON = "Someone <someone@example.org>"
FOLDERS = {"staging": "releases", "production": "staging"}
ENVIRONMENT = "description: Serves.\ntakes_from: {source}\npromote: by-hand\ntarget:\n  type: directory\n  path: deployments/{name}\n"


class Past:
    """What is to have happened; a commit is known by its mark, a number from 1 on."""

    def __init__(self) -> None:
        self.count = 0
        self._told: list[bytes] = []

    def commit(
        self, files: dict[str, str | None], message: str = "a change", date: int | None = None, *,
        onto: int | None = None, merged: tuple[int, ...] = (), branch: str = "main", person: str = PERSON,
        modes: dict[str, str] | None = None,
    ) -> int:  # fmt: skip
        """Put a commit on a branch, or on a commit, with what files become; None takes one away."""
        self.count += 1
        date = START + 600 * self.count if date is None else date
        self._say(f"commit refs/heads/{branch}\nmark :{self.count}\nauthor {person} {date} +0000")
        self._say(f"committer {person} {date} +0000\n{_data(message)}")
        for word, mark in [*([("from", onto)] if onto else []), *(("merge", one) for one in merged)]:
            self._say(f"{word} :{mark}")
        for path, text in files.items():
            mode = (modes or {}).get(path, "100644")
            self._say(f"D {path}" if text is None else f"M {mode} inline {path}\n{_data(text)}")
        return self.count

    def release(
        self,
        model: str,
        version: str,
        mark: int,
        date: int | None = None,
        *,
        person: str | None = PERSON,
        seed: int = 0,
        metrics: dict[str, float] | None = None,
    ) -> None:
        """Put the tag of a release on a commit, 300 seconds after it unless a date is given."""
        metrics = metrics or {"accuracy": 0.9 + seed % 90 / 1000, "size_mb": 0.1, "latency_ms": 0.2}
        digest = sha256(model, version)
        release = Release(model, version, "", f"{seed:064x}", digest, 2_812_416, "pass", metrics, "litert")
        self.tag(
            release.tag, mark, ledger.tag_message(release, f"{model} {version}", "One of many."), date, person=person
        )

    def tag(self, name: str, mark: int, message: str, date: int | None = None, *, person: str | None = PERSON) -> None:
        """Put an annotated tag on a commit."""
        date = START + 600 * mark + 300 if date is None else date
        tagger = f"tagger {person} {date} +0000\n" if person else ""
        self._say(f"tag {name}\nfrom :{mark}\n{tagger}{_data(message)}")

    def write(self, root: Path) -> list[str]:
        """Make it the past of a new repository, with main checked out; return the commits, that of mark 1 first."""
        registries.git(root.parent, "init", "--quiet", "--initial-branch=main", str(root))
        marks = root / ".git/marks"
        command = ["git", "fast-import", "--quiet", f"--export-marks={marks}"]
        subprocess.run(command, cwd=root, input=b"\n".join([*self._told, b""]), check=True)
        registries.git(root, "pack-refs", "--all")  # as a clone has them
        registries.git(root, "checkout", "--quiet", "--force", "main")
        found = dict(line.split() for line in marks.read_text().splitlines())
        return [found[f":{mark + 1}"] for mark in range(self.count)]

    def _say(self, text: str) -> None:
        self._told.append(text.encode("utf-8", "surrogateescape"))


def _data(text: str) -> str:
    return f"data {len(text.encode('utf-8', 'surrogateescape'))}\n{text}"


def sha256(model: str, version: str) -> str:
    """Return the digest that the artifact of a version has."""
    return hashlib.sha256(f"{model} {version}".encode()).hexdigest()


def environments(**more: str) -> dict[str, str]:
    """Return the files of staging, and of production, which takes from it, with more lines in those that are named."""
    return {
        f"{manifests.FOLDER}/{name}.yaml": ENVIRONMENT.format(name=name, source=source) + more.get(name, "")
        for name, source in FOLDERS.items()
    }


def pin(place: str, model: str, version: str | None) -> dict[str, str | None]:
    """Return the file of a pin; without a version it is taken away."""
    text = version and manifests.pin_text(version, sha256(model, version))
    return {manifests.pin_place(place, model): text}


def long(root: Path, models: int, versions: int, moves: int) -> Path:
    """Make a repository whose main went through so many releases and moves of pins, a commit each; return it.

    Each model is released and pinned in both environments first.
    """
    spec = (registries.TEMPLATE / "models/digits/model.yaml").read_text("utf-8")
    names = [f"model-{number:04}" for number in range(models)]
    past = Past()
    past.commit(environments(), "begin")
    for version in range(versions):
        for number, name in enumerate(names):
            text = spec.replace("version: 1.0.0", f"version: 1.{version}.0").replace("seed: 7", f"seed: {number}")
            mark = past.commit({f"models/{name}/model.yaml": text}, f"{name} 1.{version}.0 (#{past.count + 1})")
            past.release(name, f"1.{version}.0", mark, seed=number)
        if version == 0:
            past.commit(
                {path: text for place in FOLDERS for name in names for path, text in pin(place, name, "1.0.0").items()}
            )
    turns = ((place, name, version) for name in names for version in range(1, versions) for place in FOLDERS)
    for place, name, version in islice(turns, moves):
        subject = f"Merge pull request #{past.count + 1} from octo/promote/{place}/{name}"
        past.commit(pin(place, name, f"1.{version}.0"), subject)
    past.write(root)
    return root
