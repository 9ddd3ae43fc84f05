"""Publish a catalogue with GitHub Pages: one that this run of a workflow uploaded as an artifact."""

import os

from registry import console
from registry.errors import refuse
from registry.github.client import GitHub
from registry.webpages import hosting


def main() -> None:
    parser = console.parser(__doc__, "tox run -e host -- --artifact 1234567")
    parser.add_argument(
        "--artifact", required=True, metavar="ID", help="the number of the artifact that holds artifact.tar"
    )
    parser.add_argument("--repository", metavar="OWNER/NAME", help="on GitHub; default: GITHUB_REPOSITORY")
    options = parser.parse_args()
    if not options.artifact.isdecimal():
        raise refuse("--artifact", f"{options.artifact} is no number; write that of an artifact of this run")
    if not (commit := os.environ.get("GITHUB_SHA")):
        raise refuse("GITHUB_SHA", "is not set; run this in a job of a workflow")
    address = hosting.publish(GitHub.from_environment(options.repository), int(options.artifact), commit)
    console.say(f"the catalogue is at {address}")
    console.output("address", address)


if __name__ == "__main__":
    console.run(main)
