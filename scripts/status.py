"""Show each model's newest release, and what each environment pins and runs."""

from registry import console, git
from registry.artifacts import engines
from registry.environments import directory, manifests
from registry.environments.directory import Running
from registry.environments.manifests import Environment, Pin
from registry.errors import raise_all
from registry.releases import ledger
from registry.releases.ledger import Release
from registry.specs import models


def main() -> None:
    console.parser(__doc__, "tox run -e status").parse_args()
    root = git.root()
    places, problems = manifests.load_all(root)
    raise_all(problems)
    known, others = ledger.survey(root)
    targets = {name: directory.find(root, place) for name, place in places.items() if not place.is_elsewhere}
    running = {name: targets[name].running() if name in targets else None for name in places}
    rows = []
    for model in sorted({*models.names(root), *known}):
        marks = {one.version: f"{one.version} (withdrawn)" for one in known.get(model, []) if one.withdrawn is not None}
        pinned = {place.pins[model].version for place in places.values() if model in place.pins}
        marks |= {one: f"{one} (foreign)" for one in pinned if ledger.strange(others, model, one)}
        cells = [cell(place.pins.get(model), running[name], model, marks) for name, place in places.items()]
        rows.append((model, released(known.get(model, []), marks), *cells))
    strangers = [problem for target in targets.values() if (problem := target.stranger())]
    console.advise([*models.advice(root), *ledger.problems(others.values()), *strangers])
    console.table(("model", "release", *places), rows)
    for name, place in places.items():
        if running[name] is None:
            console.say(f"{place.name} {elsewhere(place)}; what runs is known there")
    pins = [pin for place in places.values() for pin in place.pins.values()]
    for note in engines.notes(ledger.runtimes(pins, known)):
        console.say(note)
    if any("runs" in cell for row in rows for cell in row[1:]):
        console.say("next: `tox run -e deploy -- ENVIRONMENT` shows what would make it run what is pinned")


def released(those: list[Release], marks: dict[str, str]) -> str:
    newest = ledger.newest(those) or (those[-1] if those else None)
    return marks.get(newest.version, newest.version) if newest else "-"


def cell(pin: Pin | None, target: dict[str, Running] | None, model: str, marks: dict[str, str]) -> str:
    """Return what is pinned and runs; of a target on another machine, None, only what is pinned can be told."""
    pinned = marks.get(pin.version, pin.version) if pin else "-"
    if target is None:
        return f"{pinned} pinned" if pin else pinned
    running = target.get(model)
    if pin is None and running is None:
        return pinned
    if running is None:
        return f"{pinned}, runs nothing"
    runs = marks.get(running.version, running.version)
    if not running.healthy:
        return f"{pinned}, runs {runs} (damaged)"
    if pin is None or running.version != pin.version:
        return f"{pinned}, runs {runs}"
    return pinned if running.sha256 == pin.sha256 else f"{pinned}, runs {runs} (other bytes)"


def elsewhere(place: Environment) -> str:
    if isinstance(place.runs_on, list):
        return f"runs on [{', '.join(place.runs_on)}], {place.path}"
    return f"runs at {place.path}, which is not on this machine"


if __name__ == "__main__":
    console.run(main)
