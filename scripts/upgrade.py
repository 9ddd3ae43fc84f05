"""Bring the newer engine of the template that this repository was made from, as a branch or a pull request.

Models, environments and pins stay as they are, and so does what a team changed. What is new is tried before it appears.
"""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from registry import console, git, versions
from registry.errors import RegistryError, refuse
from registry.upgrading import merging, rehearsal, releasing, steps, template, upstream
from registry.upgrading.extent import RECORD
from registry.upgrading.steps import Upgrade
from registry.upgrading.template import Record

if TYPE_CHECKING:
    from registry.github.client import GitHub

HERE = Path(__file__).parents[1]
TESTS = "validate,fast"


def options_of() -> ArgumentParser:
    parser = console.parser(__doc__, "tox run -e upgrade -- --check")
    parser.add_argument("version", nargs="?", metavar="VERSION", help="such as 1.2.0; default: the newest")
    parser.add_argument("--check", action="store_true", help="only tell whether there is a newer one")
    parser.add_argument(
        "--template", type=console.given, metavar="ADDRESS", help=f"its repository; default: the one in {RECORD}"
    )
    parser.add_argument(
        "--from", type=console.given, metavar="VERSION", dest="start", help="what is here, where no record tells it"
    )
    parser.add_argument(
        "--of", type=console.path, metavar="FOLDER", help="upgrade that repository, with what this one has"
    )
    parser.add_argument("--tests", default=TESTS, help=f"environments of tox to run before; default: {TESTS}")
    parser.add_argument("--pull-request", action="store_true", help="push the branch, and open a pull request for it")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="on GitHub; default: GITHUB_REPOSITORY")
    parser.add_argument(
        "--release",
        type=console.given,
        metavar="VERSION",
        help="for who makes the template: release what is here as that",
    )
    return parser


def main() -> None:
    options = options_of().parse_args()
    if options.template and os.path.isdir(options.template):
        options.template = os.path.abspath(options.template)
    if options.of:
        options.template = options.template or str(HERE)
        os.chdir(options.of)
    root = git.root()
    if git.head(root) is None:
        raise refuse(".", "has no commit yet; commit what there is")
    if options.release:
        release(root, options)
        return
    record = template.read(root, "HEAD")
    address = options.template or (record.repository if record else None)
    if address is None:
        raise refuse(RECORD, "tells no address of a template to ask; name its repository: `--template ADDRESS`")
    offers = upstream.offered(root, address)
    version = steps.choose(offers, options.version, record)
    if record and record.version == version:
        console.say(f"this repository has {version} of the template; nothing to do")
    elif options.check:
        check(offers, version, record)
    else:
        bring(root, steps.find(root, address, offers, version, options.start), options)


def release(root: Path, options: Namespace) -> None:
    wanted = releasing.record(root, options.release, options.template)
    if releasing.write(root, wanted):
        console.say(f"{RECORD}: {wanted.version}, sha256 {wanted.sha256}")
        console.say(f"next: `git add {RECORD} && git commit -m 'template {wanted.version}'`, merge that by itself, and run "
                    "the same command on main again, which makes the tag")  # fmt: skip
        return
    name = releasing.tag(root, wanted)
    console.say(f"{name}: sha256 {wanted.sha256}\nnext: `git push origin {name}`")


def check(offers: dict[str, str], version: str, record: Record | None) -> None:
    has = record.version if record else "a version that no record tells"
    newer = [one for one in offers if record is None or versions.parse(one) > versions.parse(record.version)]
    console.say(f"this repository has {has} of the template; newer: {', '.join(newer)}")
    console.say(f"next: `tox run -e upgrade -- {version}`")


def bring(root: Path, upgrade: Upgrade, options: Namespace) -> None:
    console.say(f"from {upgrade.base.told}\nto {upgrade.release.told}")
    for path in upgrade.kept:
        console.say(f"{path} is yours, and stays; the newer one: `git show {upgrade.release.commit[:12]}:{path}`")
    github = client(root, upgrade, options) if options.pull_request else None
    if is_there := steps.is_made(root, upgrade):
        console.say(f"{upgrade.branch} is there already")
    else:
        make(root, upgrade, options.tests)
    for path in upgrade.merged:
        console.say(f"{path}: both changed it, and Git merged that; look at it")
    if github:
        from registry.pulls import bringing

        opened = bringing.propose(root, github, upgrade, "" if is_there else options.tests)
        console.conclude(f"{upgrade.release.version} of the template: {opened.told}")
    else:
        console.conclude(f"{upgrade.branch} brings {upgrade.release.version} of the template",
                         f"`git diff HEAD...{upgrade.branch}`, then `git push origin {upgrade.branch}` and a pull request")  # fmt: skip


def client(root: Path, upgrade: Upgrade, options: Namespace) -> "GitHub":
    from registry.github.client import GitHub
    from registry.pulls import bringing

    github = GitHub.from_environment(options.repository)
    bringing.check(root, github, upgrade)
    return github


def make(root: Path, upgrade: Upgrade, tests: str) -> None:
    """Let the branch appear once all is done to it, and tried."""
    log, nothing = git.shared(root) / "upgrade.log", "nothing is proposed"
    with rehearsal.checkout(root) as folder:
        if clashes := merging.pick(folder, upgrade.commit):
            leave(root, upgrade, clashes)
        told = rehearsal.run(
            log, folder, ["migrate"], f"{nothing}; mend that, commit it, and run the same command again"
        )
        for line in merging.commit(folder, f"models: the shape of {upgrade.release.version} of the template", told):
            console.say(line)
        made = git.head(folder) or ""
        for name in filter(None, tests.split(",")):
            rehearsal.run(
                log, folder, [name], f"{nothing}; `--tests ''` makes the branch untried, and you mend that there"
            )
        git.run(root, "branch", "--no-track", upgrade.branch, made)


def leave(root: Path, upgrade: Upgrade, clashes: dict[str, str]) -> None:
    """Say what a person has to decide, and how: Git goes on from here, in a branch of that person's own."""
    git.run(root, "update-ref", upgrade.ref, upgrade.commit)
    for step in (
        f"`git switch --create {upgrade.branch}`", f"`{merging.BY_HAND} {upgrade.ref}`",
        "mend the files below, `git add` them, and `git cherry-pick --continue`",
        "`tox run -e migrate`, commit what that did, and `tox`; then push the branch, and open a pull request",
    ):  # fmt: skip
        console.say(f"next: {step}")
    raise RegistryError(*merging.reasons(root, clashes, "HEAD", upgrade.history))


if __name__ == "__main__":
    console.run(main)
