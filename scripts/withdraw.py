"""Mark a released version as not to be promoted any more, with the reason; nothing is deleted."""

from registry import console, git, versions
from registry.errors import refuse
from registry.publishing import withdrawal
from registry.releases import choice, ledger
from registry.releases.ledger import Release
from registry.releases.storage import Store


def main() -> None:
    parser = console.parser(__doc__, "tox run -e withdraw -- digits 1.0.0 --reason 'mistakes 7 for 1 on blue paper'")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("version", metavar="VERSION")
    parser.add_argument("--reason", required=True, help="one line for the people who use the model")
    choice.add_options(parser)
    options = parser.parse_args()
    root = git.root()
    store = choice.choose(root, options)
    known = ledger.load_all(root, options.model).get(options.model, [])
    release = find(known, options.model, options.version, store)
    reason = " ".join(options.reason.split())
    if not reason:
        raise refuse("--reason", "is empty; say in one line what is wrong")
    before = store.withdrawn(release.model, release.version)
    if before is None:
        console.advise(withdrawal.withdraw(release, known, reason, store))
        console.say(f"{release.tag} is withdrawn; environments that run it keep it until their pin changes")
    else:
        console.say(f"{release.tag} is withdrawn already: {before}; nothing to do")
    clones = "other clones" if store.tell(root, release) else "every clone, this one too"
    if store.site:
        console.say(f"next: `git fetch --tags` in {clones}, so that `promote` refuses it there")
    else:
        tag = versions.withdrawal_tag(release.model, release.version)
        console.say(f"next: `git push origin '{tag}'`, so that `promote` refuses it in other clones after a fetch")


def find(known: list[Release], model: str, version: str, store: Store) -> Release:
    """Return a release, which this clone need not know yet."""
    release = ledger.find(known, version) or _stored(model, version, store)
    if release is None:
        listed = ", ".join(one.version for one in known) or "none"
        raise refuse(f"{model} {version}", f"is no release; released: {listed}")
    return release


def _stored(model: str, version: str, store: Store) -> Release | None:
    is_tag = versions.NAME.fullmatch(model) and not versions.fault(version)
    return store.tagged(versions.tag(model, version)) if is_tag else None


if __name__ == "__main__":
    console.run(main)
