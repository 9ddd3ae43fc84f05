"""Show each model's newest release, and what each environment pins and runs."""

from registry import console, git
from registry.environments import directory, manifests
from registry.environments.directory import Running
from registry.environments.manifests import Environment
from registry.errors import raise_all
from registry.releases import ledger
from registry.specs import models


def main() -> None:
    console.parser(__doc__, "tox run -e status").parse_args()
    root = git.root()
    places, problems = manifests.load_all(root)
    raise_all(problems)
    known, by_hand = ledger.survey(root)
    running = {name: directory.find(place.path).running() for name, place in places.items()}
    rows = []
    for model in sorted({*models.names(root), *known}):
        newest = ledger.newest(known.get(model, []))
        cells = [cell(place, running[name].get(model), model) for name, place in places.items()]
        rows.append((model, newest.version if newest else "-", *cells))
    console.advise([*models.advice(root), *ledger.problems(by_hand.values())])
    console.table(("model", "release", *places), rows)
    if any("runs" in cell for row in rows for cell in row):
        console.say("next: `tox run -e deploy -- ENVIRONMENT` shows what would make it run what is pinned")


def cell(place: Environment, running: Running | None, model: str) -> str:
    pin = place.pins.get(model)
    pinned = pin.version if pin else "-"
    runs = "nothing" if running is None else running.version + ("" if running.healthy else " (damaged)")
    if (running is None and pin is None) or (running and running.healthy and runs == pinned):
        return pinned
    return f"{pinned}, runs {runs}"


if __name__ == "__main__":
    console.run(main)
