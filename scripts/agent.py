"""Follow main on the serving machine: let a target run what an environment pins, and heal what drifts."""

import getpass
import os
import sys
import time
from argparse import Namespace
from pathlib import Path

from registry import console, files, git
from registry.environments import merged, terms
from registry.errors import refuse
from registry.github import access
from registry.releases import choice
from registry.tending import advancing, pulse, renewal, seen, unit
from registry.watching import remembered

EPILOG = """tox run -e agent -- production --repository octo/models
then: curl http://127.0.0.1:8502/healthz"""


def main() -> None:
    options = _options()
    root = git.root()
    folder = seen.place(root, options.environment)
    root = renewal.home(root, folder)
    if options.unit:
        console.say(_unit(root, options).rstrip("\n"))
    elif options.accept:
        accept(root, options)
    elif options.update:
        update(root, folder, options.environment)
    else:
        tend(root, options)


def _options() -> Namespace:
    parser = console.parser(__doc__, EPILOG)
    parser.add_argument("environment", metavar="ENVIRONMENT", help="its name, such as production")
    parser.add_argument(
        "--every",
        type=terms.option("smhd", "one such as 60s or 5m", least=1),
        default="60s",
        metavar="60s",
        help="how long between two rounds; default: 60s",
    )
    parser.add_argument(
        "--port", type=int, default=8502, help="of /healthz and /metrics; default: 8502, 0 for any free one"
    )
    choice.add_options(parser)
    other = parser.add_mutually_exclusive_group()
    other.add_argument(
        "--accept",
        type=console.given,
        metavar="SHA",
        help="let the agent follow this commit of main, come what came before",
    )
    other.add_argument(
        "--update", action="store_true", help="let it go on as the code that main has, once that has tried itself"
    )
    other.add_argument("--unit", action="store_true", help="print a unit for systemd that runs it with few rights")
    return parser.parse_args()


def tend(root: Path, options: Namespace) -> None:
    from registry.tending.keeper import Agent

    renewal.load()
    agent = Agent(
        root,
        options.environment,
        options.every,
        choice.choose(root, options, is_patient=False),
        informer(options),
        console.say,
    )
    with agent.alone(), pulse.told(options.port, lambda: agent.vitals) as address:
        console.say(f"{options.environment}: main is followed every {options.every:g} s; {address}/healthz")
        while True:
            if successor := agent.successor():
                break
            agent.round()
            time.sleep(options.every)
    console.say(f"going on as {successor}")
    renewal.become(successor, sys.argv[1:])


def informer(options: Namespace):
    """Return what tells GitHub of deployments, or None where there is no repository or no token."""
    if not (options.repository or os.environ.get("GITHUB_REPOSITORY")):
        return None
    if access.first_token() is None:
        console.say("no token: GITHUB_TOKEN is not set, so GitHub is told of no deployments")
        return None
    from registry.github.client import GitHub
    from registry.tending.informing import Informer

    return Informer(GitHub.from_environment(options.repository, is_patient=False), options.environment)


def accept(root: Path, options: Namespace) -> None:
    folder = seen.place(root, options.environment)
    commit = advancing.check_accepted(root, advancing.ref(options.environment), options.accept)
    seen.accept(folder, commit)
    console.say(f"{options.environment}: {commit[:12]} is accepted; the agent follows it in its next round")


def update(root: Path, folder: Path, environment: str) -> None:
    commit = seen.load(folder)
    if commit is None:
        raise refuse(str(folder), f"holds nothing of an agent yet; start it first: `tox run -e agent -- {environment}`")
    with files.lock(folder / "update.lock", "an update is made"):
        place = renewal.make(root, folder, commit, environment)
        renewal.switch(root, folder, place)
    console.say(f"{environment}: the agent goes on as the code of {commit[:12]} after its round, in {place}")


def _unit(root: Path, options: Namespace) -> str:
    commit = seen.load(seen.place(root, options.environment)) or git.head(root) or ""
    environment = merged.find(root, commit, options.environment)
    told = [root / environment.target["config"]] if "config" in environment.target else []
    written = [remembered.place(root, environment), *told]
    writable = [*dict.fromkeys(str(one.parent) for one in written), str(git.shared(root).resolve())]
    for folder in writable:
        if not os.path.isdir(folder):
            raise refuse(folder, "is not there, and the unit lets the agent write only there; make that folder")
    words = [word for word in sys.argv[1:] if word != "--unit"]
    script = renewal.HERE / "scripts/agent.py"
    return unit.text(environment.name, getpass.getuser(), str(root), [sys.executable, str(script), *words], writable)


if __name__ == "__main__":
    console.run(main)
