"""What a run of the checks found, read from outside: its artifacts, its jobs, and the files of its pull request.

All of it comes from whoever opened the pull request: it is data, held against schemas, and never run.
"""

import base64
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from registry import documents, environments, models, reader, reconcile, rejudging, reports, runs, versions
from registry.answers import GitHubError
from registry.comments import Checked, Job
from registry.effects import Plan
from registry.environments import Environment, Pin
from registry.errors import RegistryError, refuse
from registry.github import GitHub
from registry.reconcile import Change
from registry.rejudging import Judged
from registry.releases import Releases
from registry.stores import Store

GOOD = ("success", "skipped", None)
GATE = "gate"
MOST_DOCUMENTS = 300
REMOVED = "removed"


@dataclass(frozen=True)
class Known:
    """What main says: its environments and releases, and where the releases' files are."""

    places: Mapping[str, Environment]
    releases: Releases
    store: Store


def gather(github: GitHub, run: dict, pull: dict, known: Known) -> Checked:
    """Return what is to be told on a pull request about a run of its checks."""
    found, unread = _reports(github, run)
    changed = _contents(github, pull)
    pins, unreadable = _pins(changed, known.places)
    return Checked(
        reports=found,
        judged=list(_judged(changed, known, {report["model"] for report in found})),
        plans=list(_plans(pins, known)),
        failed=[*_jobs(github, run), *unread, *unreadable],
        first=[place.name for place in environments.first(known.places)],
        fork=(pull["head"]["repo"] or {}).get("full_name") != github.repository,
        pull=pull["number"],
        commit=run["head_sha"],
        run=run["html_url"],
    )


def _reports(github: GitHub, run: dict) -> tuple[list[dict], list[Job]]:
    """Return the reports of a run whose verdict follows from their metrics, and a line for each other one."""
    found, unread = [], []
    for artifact in runs.reports(github, run):
        try:
            report = runs.report(github, artifact)
            if not reports.follows(report):
                raise refuse(artifact["name"], "has a verdict that does not follow from its metrics")
            found.append(report)
        except GitHubError:
            raise
        except RegistryError as error:
            unread.append(Job(artifact["name"], str(error)))
    return found, unread


def _jobs(github: GitHub, run: dict) -> Iterator[Job]:
    for job in github.pages(f"actions/runs/{run['id']}/jobs", key="jobs"):
        if job["conclusion"] not in GOOD and job["name"] != GATE:
            yield Job(job["name"], job["conclusion"], job["html_url"])


def _contents(github: GitHub, pull: dict) -> dict[str, bytes | None]:
    """Return the specs and pins that a pull request changes, by path; None for one that it removes."""
    states: dict[str, str] = {}
    for file in github.pages(f"pulls/{pull['number']}/files"):
        if file["status"] == "renamed":  # a pin that is moved is one less and one more
            states[file["previous_filename"]] = REMOVED
        states[file["filename"]] = file["status"]
    wanted = [(place, state) for place, state in states.items() if _is_document(place)]
    return {
        place: None if state == REMOVED else _content(github, pull, place) for place, state in wanted[:MOST_DOCUMENTS]
    }


def _is_document(place: str) -> bool:
    match place.split("/"):
        case [models.FOLDER, model, "model.yaml"]:
            return versions.NAME.fullmatch(model) is not None
        case [environments.FOLDER, _, file]:
            model, ending = posixpath.splitext(file)
            return ending == ".yaml" and versions.NAME.fullmatch(model) is not None
    return False


def _content(github: GitHub, pull: dict, place: str) -> bytes:
    found = github.get(f"contents/{quote(place)}", ref=pull["head"]["sha"])
    return base64.b64decode(found.get("content", ""))


def _judged(changed: Mapping[str, bytes | None], known: Known, built: set[str]) -> Iterator[Judged]:
    """Yield the released versions whose thresholds change; the checks tell of a spec that can't be read."""
    for place, raw in changed.items():
        folder, name, *_ = place.split("/")
        if folder == models.FOLDER and raw is not None and name not in built:
            spec = _spec(place, raw)
            facts = spec and known.store.facts(versions.tag(name, spec["version"]))
            if facts and facts["report"]["thresholds"] != spec["thresholds"]:
                yield rejudging.judge(name, spec["version"], spec["thresholds"], known.places, known.store)


def _spec(place: str, raw: bytes) -> dict | None:
    try:
        document = documents.check(reader.parse(place, raw), "model")
    except RegistryError:
        return None
    return None if models.alone(document) else document.data


def _pins(changed: Mapping[str, bytes | None], places: Mapping[str, Environment]) -> tuple[dict[str, dict], list[Job]]:
    """Return what each environment will pin, and a line for each pin that can't be read, which changes nothing."""
    pins: dict[str, dict[str, Pin]] = {name: dict(place.pins) for name, place in places.items()}
    unreadable = []
    for file, raw in changed.items():
        folder, name, *_ = file.split("/")
        if folder == environments.FOLDER and name in pins:
            model = PurePosixPath(file).stem
            try:
                if raw is None:
                    pins[name].pop(model, None)
                else:
                    pins[name][model] = environments.parse_pin(file, raw)
            except RegistryError as error:
                unreadable.append(Job(file, str(error)))
    return pins, unreadable


def _plans(pins: Mapping[str, Mapping[str, Pin]], known: Known) -> Iterator[Plan]:
    for name, place in known.places.items():
        if changes := reconcile.between(place.pins, pins[name]):
            yield Plan(name, changes, _facts(changes, known), _withdrawn(changes, known))


def _facts(changes: list[Change], known: Known) -> dict[str, dict]:
    tags = {
        versions.tag(change.model, version) for change in changes for version in (change.old, change.new) if version
    }
    return {tag: facts for tag in sorted(tags) if (facts := known.store.facts(tag))}


def _withdrawn(changes: list[Change], known: Known) -> dict[str, str]:
    those = [one for change in changes for one in known.releases.get(change.model, [])]
    return {one.tag: one.withdrawn for one in those if one.withdrawn is not None}
