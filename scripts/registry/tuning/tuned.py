"""What a search hands over to be proposed, maybe on another machine: numbers, held against a schema and what was asked."""

from pathlib import Path

from registry import files
from registry.errors import refuse
from registry.formats import documents
from registry.tuning import space, wishes
from registry.tuning.trials import Found, Trial
from registry.tuning.wishes import Wish

SCHEMA = "tuned"
AGAIN = "search again"


def store(root: Path, wish: Wish, found: Found) -> None:
    """Put what was found in place of what was found last of a model."""
    trials = [{"number": one.number, "arguments": dict(one.arguments), "values": list(one.values), "seconds": one.seconds}
              for one in found.trials if one.values or one.reason]  # fmt: skip
    facts = {"model": found.model, "fingerprint": wish.model.fingerprint, "search": wish.key, "trials": trials}
    files.write(root / _place(wish), documents.dump_json(facts))


def load(root: Path, wish: Wish) -> Found:
    """Return what was found; raise RegistryError where it is of another search, or code, or holds what was not asked for.

    Code of a model ran where it was made, so nothing in it is believed but that trials reached some numbers.
    """
    place = _place(wish)
    if not (root / place).is_file():
        raise refuse(place, f"is not there; {AGAIN}")
    facts = documents.load_json(root / place, SCHEMA, place, AGAIN)
    if (facts["model"], facts["fingerprint"]) != (wish.model.name, wish.model.fingerprint):
        raise refuse(
            place, f"is of another model, or of other code, data or settings than {wish.model.place} holds; {AGAIN}"
        )
    if facts["search"] != wish.key:
        raise refuse(place, f"is of another search than is asked for; {AGAIN}")
    trials = [_trial(wish, place, one) for one in facts["trials"]]
    if len({one.number for one in trials}) < len(trials):
        raise refuse(place, f"has two trials of one number; {AGAIN}")
    return wish.found(trials)


def _trial(wish: Wish, place: str, facts: dict) -> Trial:
    arguments, values = facts["arguments"], facts["values"]
    if arguments != wish.own and not (arguments.keys() == {*wish.names} and space.is_within(wish.axes, arguments)):
        raise refuse(place, f"has a trial {facts['number']} of arguments that were not searched; {AGAIN}")
    if len(values) not in (0, wish.folds):
        raise refuse(place, f"has a trial {facts['number']} of other folds; {AGAIN}")
    return Trial(facts["number"], arguments, values, facts["seconds"], "" if values else "failed")


def _place(wish: Wish) -> str:
    return f"{wishes.FOLDER}/{wish.model.name}.json"
