"""The repository of a team that uses this: twelve models, three environments, and what happens to these in half a year."""

import dataclasses
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pasts
import registries
from pasts import Past

from registry.environments.deployments import Deployed
from registry.webpages.knowledge import Known, Opened

NOW = int(datetime(2026, 11, 25, 9, 30, tzinfo=UTC).timestamp())
PEOPLE = {name.split()[0].lower(): f"{name} <{name.split()[0].lower()}@example.org>"
          for name in ("Ada Lovelace", "Alan Turing", "Grace Hopper", "Katherine Johnson")}  # fmt: skip
PLACES = {
    "staging": ("Serves the team's own tests.", "releases", ""),
    "canary": ("Serves one request in a hundred.", "staging", "soak: 24h\n"),
    "production": ("Serves everybody.", "canary", "soak: 48h\nurl: https://models.example.org\n"),
}
DEPLOYED = {"staging": "success", "canary": "failure", "production": "success"}
# model: owner, task, what it does, its rows, what they are judged by with its limits
MODELS = {
    "demand": ("supply", "regression", "Says how many parcels arrive tomorrow.", "rows/parcels.csv", "mae: {max: 60, max_drop: 3}"),
    "digits": ("vision", "classification", "Reads handwritten digits from 28×28 grey images.", "", "accuracy: {min: 0.90, max_drop: 0.03}"),
    "flights": ("travel", "classification", "Says which flights are likely to be cancelled.", "rows/flights.csv", "roc_auc: {min: 0.75, max_drop: 0.05}"),
    "fraud": ("payments", "classification", "Marks payments that somebody should look at.", "rows/payments.csv", "pr_auc: {min: 0.6, max_drop: 0.02}"),
    "groups": ("growth", "clustering", "Puts shops that sell alike into groups.", "rows/shops.csv", "silhouette: {min: 0.3}"),
    "houses": ("pricing", "regression", "Says for how much a house will be sold.", "rows/sales.csv", "r2: {min: 0.7, max_drop: 0.05}"),
    "mileage": ("travel", "regression", "Says how far a car goes on a gallon.", "rows/cars.csv", "mae: {max: 3, max_drop: 0.3}"),
    "movies": ("shop", "ranking", "Lists films that somebody will like.", "rows/ratings.csv", "ndcg: {min: 0.15, max_drop: 0.01}"),
    "offers": ("shop", "ranking", "Lists what goes with a basket.", "rows/baskets.csv", "recall: {min: 0.2, max_drop: 0.02}"),
    "sentiment": ("language", "classification", "Says whether a sentence is friendly.", "rows/reviews.csv", "accuracy: {min: 0.8, max_drop: 0.02}"),
    "spam": ("mail", "classification", "Keeps unwanted mail away.", "rows/mail.csv", "precision: {min: 0.97, slice: worst}"),
    "topics": ("language", "classification", "Says what a letter is about.", "rows/letters.csv", "f1: {min: 0.7, max_drop: 0.03}"),
}  # fmt: skip
# released on, model, version, what its first metric reached, by whom, and when it was pinned in each environment, if ever
RELEASES = """
06-01 digits     1.0.0  0.951  ada        06-01  06-03  06-08
06-02 mileage    1.0.0  2.41   katherine  06-03  06-08  06-10
06-04 spam       1.0.0  0.981  grace      06-04  06-09  06-11
06-09 movies     1.0.0  0.171  alan       06-10  06-15  06-17
06-16 houses     1.0.0  0.74   katherine  06-17  06-22  06-24
06-22 sentiment  1.0.0  0.842  grace      06-23  06-29  07-01
06-30 digits     1.1.0  0.958  ada        07-01  07-06  07-08
07-06 fraud      1.0.0  0.68   alan       07-07  07-13  07-15
07-14 demand     1.0.0  48     katherine  07-15  07-20  07-22
07-21 flights    1.0.0  0.79   ada        07-22  07-27  07-29
07-28 offers     1.0.0  0.226  alan       07-29  08-10  08-12
08-04 spam       1.1.0  0.984  grace      08-05  08-10  08-13
08-11 mileage    1.1.0  2.29   katherine  08-12  08-17  08-19
08-18 digits     1.2.0  0.969  ada        08-19  08-24  08-26
08-25 movies     1.1.0  0.183  alan       08-26  08-31  09-02
09-01 fraud      2.0.0  0.73   alan       09-02  09-07  09-09
09-08 houses     1.1.0  0.77   katherine  09-09  09-14  09-16
09-15 demand     1.1.0  44     katherine  09-16  09-21  09-23
09-22 sentiment  1.1.0  0.853  grace      09-23  09-28  09-30
09-29 flights    1.1.0  0.81   ada        09-30  10-05  10-07
10-06 movies     1.2.0  0.186  alan       10-07  10-12  10-14
10-13 sentiment  1.2.0  0.861  grace      10-14  -      -
10-20 fraud      2.1.0  0.76   alan       10-21  10-26  10-28
10-27 groups     1.0.0  0.37   katherine  10-28  -      -
11-03 houses     1.2.0  0.79   katherine  11-04  11-09  11-11
11-10 demand     1.2.0  41     katherine  11-11  11-16  11-18
11-17 spam       1.1.1  0.985  grace      11-18  11-23  -
11-20 topics     1.0.0  0.74   grace      -      -      -
11-23 digits     1.3.0  0.974  ada        11-24  -      -
"""
ROLLED_BACK = """
10-02 production sentiment 1.0.0 grace
11-24 staging    fraud     2.0.0 alan
11-24 canary     fraud     2.0.0 alan
"""
WITHDRAWN = ("11-24", "fraud", "2.1.0", "scores every refund as fraud", "alan")


def write(root: Path) -> None:
    """Make the repository, whose last commit is of 24 November 2026."""
    past, marks, when = Past(), {}, _when("05-28")
    past.commit(dict(_begun()), "begin", when, person=PEOPLE["ada"])
    for at, (day, happens, *words) in enumerate(sorted(_happened(), key=lambda one: one[0])):
        when = max(when + 3000, _when(day) + at * 7919 % (6 * 3600))  # one after the other, most between nine and three
        happens(past, marks, when, *words)
    past.write(root)


def _when(day: str) -> int:
    return int(datetime.fromisoformat(f"2026-{day}T09:00+00:00").timestamp())


def _begun() -> Iterator[tuple[str, str]]:
    for name, (told, source, more) in PLACES.items():
        target = f"target:\n  type: directory\n  path: /srv/{name}\n"
        yield (
            f"environments/{name}.yaml",
            f"description: {told}\ntakes_from: {source}\npromote: by-hand\n{more}{target}",
        )


def _happened() -> Iterator[tuple]:
    """Yield what happens, each thing as its day, the function that does it, and what that is to know."""
    for day, model, version, value, person, *pinned in map(str.split, RELEASES.strip().splitlines()):
        yield day, _release, model, version, float(value), person
        yield from (
            (day, _pin, place, model, version, person) for place, day in zip(PLACES, pinned, strict=True) if day != "-"
        )
    for day, *words in map(str.split, ROLLED_BACK.strip().splitlines()):
        yield day, _pin, *words
    yield WITHDRAWN[0], _withdraw, *WITHDRAWN[1:]


def _release(past: Past, marks: dict, when: int, model: str, version: str, value: float, person: str) -> None:
    text = _spec(model, version)
    files = {f"models/{model}/model.yaml": text, f"models/{model}/model.py": f"# of {version}\n"}
    mark = past.commit(files, f"{model} {version} (#{past.count + 1})", when, person=PEOPLE[person])
    metrics = {_metric(model): value, "latency_ms": 0.3 + value % 0.1, "size_mb": 1.2}
    past.release(model, version, mark, when + 900, person=PEOPLE[person], metrics=metrics)
    marks[model, version] = mark


def _pin(past: Past, marks: dict, when: int, place: str, model: str, version: str, person: str) -> None:
    subject = f"Merge pull request #{past.count + 1} from octo/promote/{place}/{model}"
    past.commit(pasts.pin(place, model, version), subject, when, person=PEOPLE[person])


def _withdraw(past: Past, marks: dict, when: int, model: str, version: str, reason: str, person: str) -> None:
    past.tag(f"{model}@v{version}!", marks[model, version], reason, when, person=PEOPLE[person])


def _metric(model: str) -> str:
    return MODELS[model][4].partition(":")[0]


def _spec(model: str, version: str) -> str:
    if model == "digits":
        text = (registries.TEMPLATE / "models/digits/model.yaml").read_text("utf-8")
        epochs = 5 + int(version.split(".")[1])
        return text.replace("version: 1.0.0", f"version: {version}").replace("epochs: 5", f"epochs: {epochs}")
    owner, task, told, rows, asked = MODELS[model]
    digest = hashlib.sha256(f"{rows} {version[:1]}".encode()).hexdigest()
    trees = 100 + 50 * int(version.split(".")[1])
    return (
        f"version: {version}\ndescription: {told}\nowners: [{owner}]\ntask: {task}\n"
        f"data: {{path: {rows}, sha256: {digest}, holdout: 0.2}}\ntraining: {{seed: 7, trees: {trees}}}\n"
        f"thresholds:\n  {asked}\n  latency_ms: {{max: 20}}\n  size_mb: {{max: 10}}\n"
    )


def beside(known: Known) -> Known:
    """Return what is known of it beside Git, as GitHub would tell it."""
    tips = {name: Deployed(name, state, "2026-11-24T16:20:00Z", "5c" * 20, None) for name, state in DEPLOYED.items()}
    waits = [Opened(112, "canary", "digits", "promote digits 1.3.0 to canary")]
    return dataclasses.replace(known, deployed=tips, opened=waits)
