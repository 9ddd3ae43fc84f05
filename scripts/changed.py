"""List the models whose fingerprint has no release yet, each with the reason."""

import json
from dataclasses import asdict

from registry import changes, console, git, releases


def main() -> None:
    parser = console.parser(__doc__, "tox run -e changed -- --json")
    parser.add_argument("--json", action="store_true", help="print a JSON list, for programs")
    as_json = parser.parse_args().json
    root = git.root()
    found = changes.changed(root, releases.load_all(root))
    if as_json:
        console.say(json.dumps([asdict(change) | {"reason": change.reason} for change in found], indent=2))
        return
    for change in found:
        console.say(f"{change.model} {change.version}: {change.reason}")
    names = " ".join(change.model for change in found)
    console.say(f"next: `tox run -e build -- {names}`" if names else "every model is released as it is; nothing to build")


if __name__ == "__main__":
    console.run(main)
