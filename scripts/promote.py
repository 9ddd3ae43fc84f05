"""Pin a released version in an environment: the one that its `takes_from` runs, or the newest release."""

from registry import console, environments, files, git, models, promotion, versions
from registry.errors import did_you_mean, refuse


def main() -> None:
    parser = console.parser(__doc__, "tox run -e promote -- digits production --version 1.0.0")
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("environment", metavar="ENVIRONMENT")
    parser.add_argument("--version", help="the version to pin, such as 1.0.0; also the way to roll back")
    options = parser.parse_args()
    if options.version and (fault := versions.fault(options.version)):
        raise refuse("--version", fault)
    root = git.root()
    known = models.names(root)
    if options.model not in known:
        raise refuse(f"{models.FOLDER}/{options.model}", f"does not exist; {did_you_mean(options.model, known)}")
    environment = environments.find(root, options.environment)
    release = promotion.choose(root, options.model, environment, options.version)
    place = environments.pin_place(environment.name, options.model)
    pin = environment.pins.get(options.model)
    if pin and (pin.version, pin.sha256) == (release.version, release.sha256):
        console.say(f"{place} pins {release.version} already; nothing to do")
        return
    files.write(root / place, environments.pin_text(release.version, release.sha256))
    console.say(f"{place}: {pin.version if pin else 'nothing'} → {release.version}")
    console.say(f"next: `git add {place} && git commit -m 'promote {release.tag} to {environment.name}'`, then "
                f"`tox run -e deploy -- {environment.name} --apply`")  # fmt: skip


if __name__ == "__main__":
    console.run(main)
