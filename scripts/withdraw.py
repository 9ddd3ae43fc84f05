"""Mark a released version as not to be promoted any more, with the reason; nothing is deleted."""

from registry import console, git, publication, releases, storage
from registry.errors import refuse


def main() -> None:
    parser = console.parser(__doc__, "tox run -e withdraw -- digits 1.0.0 --reason 'mistakes 7 for 1 on blue paper'")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("version", metavar="VERSION")
    parser.add_argument("--reason", required=True, help="one line for the people who use the model")
    storage.add_options(parser)
    options = parser.parse_args()
    root = git.root()
    known = releases.load_all(root).get(options.model, [])
    release = releases.find(known, options.version)
    reason = " ".join(options.reason.split())
    if release is None:
        listed = ", ".join(one.version for one in known) or "none"
        raise refuse(f"{options.model} {options.version}", f"is no release; released: {listed}")
    if not reason:
        raise refuse("--reason", "is empty; say in one line what is wrong")
    if release.withdrawn is not None:
        console.say(f"{release.tag} is withdrawn already: {release.withdrawn}; nothing to do")
        return
    publication.withdraw(root, release, reason, storage.choose(root, options))
    console.say(f"{release.tag} is withdrawn; environments that run it keep it until their pin changes")


if __name__ == "__main__":
    console.run(main)
