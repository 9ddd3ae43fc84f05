"""Check every model spec, environment and pin, and how they hang together; all problems at once."""

from registry import console, git
from registry.checks import consistency


def main() -> None:
    parser = console.parser(__doc__, "tox run -e validate -- digits")
    parser.add_argument("models", nargs="*", metavar="MODEL", help="only these models; all, when none is named")
    found, places, advice = consistency.validate(git.root(), parser.parse_args().models)
    pins = sum(len(place.pins) for place in places)
    counts = console.count(len(found), "model"), console.count(len(places), "environment"), console.count(pins, "pin")
    console.conclude(f"{', '.join(counts)}: all valid", "`tox run -e changed` lists what has no release yet")
    console.output("models", [{"model": model.name, "runs_on": model.runs_on} for model in found])
    console.advise(advice)


if __name__ == "__main__":
    console.run(main)
