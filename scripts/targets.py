"""List the environments that deploy.yml reconciles: each with its runner, its page, and what loads its models."""

from registry import console, git
from registry.environments import manifests
from registry.environments.manifests import Environment
from registry.errors import raise_all
from registry.releases import ledger
from registry.releases.ledger import Releases


def main() -> None:
    console.parser(__doc__, "tox run -e targets").parse_args()
    root = git.root()
    places, problems = manifests.load_all(root)
    raise_all(problems)
    known = ledger.load_all(root)
    found = [
        {"environment": name, "runs_on": place.runs_on, "tox": verb(place, known), "url": place.url}
        for name, place in places.items()
    ]
    for one in found:
        console.say(
            f"{one['environment']}: `tox run -e {one['tox']} -- {one['environment']} --apply` on {one['runs_on']}"
        )
    console.output("environments", found)


def verb(place: Environment, known: Releases) -> str:
    """Models that only TensorFlow runs take longer to load, where it is deploy that loads them: it must be installed."""
    runtimes = ledger.runtimes(place.pins.values(), known).values()
    return "deploy-tensorflow" if "tensorflow" in runtimes and place.verb == "deploy" else place.verb


if __name__ == "__main__":
    console.run(main)
