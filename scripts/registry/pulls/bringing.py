"""The pull request that brings a newer version of the template: its branch pushed, its words, and how it is opened."""

from pathlib import Path

from registry import git
from registry.errors import RegistryError, refuse
from registry.formats.markdown import Section, bulleted, code, fit, text
from registry.github import access
from registry.github.client import GitHub
from registry.pulls import opening, proposals
from registry.pulls.opening import Opened, Proposal
from registry.upgrading import merging
from registry.upgrading.extent import is_teams
from registry.upgrading.steps import Upgrade

MOST = 100
NAMES = "diff-tree", "-r", "-z", "--name-only"
SUBJECTS = "log", "--no-merges", "--format=%s"
WORKFLOWS = ".github/workflows/"
MAY_NOT = ("without `workflows` permission", "without `workflow` scope")
TO_PUSH = (
    "a workflow's own token may not change workflow files, and this version does; run the same command on a laptop, or"
    " let an App or a person have a token with Workflows: write as REGISTRY_TOKEN"
)


def check(root: Path, github: GitHub, upgrade: Upgrade) -> None:
    """Raise RegistryError where GitHub will not take the branch from this token, before anything is tried."""
    if github.is_workflow and git.run(
        root, "diff", "--name-only", f"{upgrade.commit}^", upgrade.commit, "--", WORKFLOWS
    ):
        raise refuse("GitHub Actions", TO_PUSH)
    branch = github.default_branch
    if not git.is_ancestor(root, "HEAD", github.get(f"git/ref/heads/{branch}")["object"]["sha"]):
        text = f"is no commit that {branch} on GitHub is known to have, so more than the upgrade would be proposed"
        raise refuse("HEAD", f"{text}; `git switch {branch}`, `git pull`, and run the same command again")


def propose(root: Path, github: GitHub, upgrade: Upgrade, tests: str) -> Opened:
    """Push the branch of an upgrade, which these environments of tox have tried, and open its pull request."""
    commit = git.resolve(root, f"refs/heads/{upgrade.branch}") or ""
    proposal = Proposal(
        branch=upgrade.branch,
        title=f"upgrade to {upgrade.release.version} of the template",
        body=_body(root, upgrade, tests, waits=github.is_workflow),
        files={},
        before={},
        is_asked_for=True,
    )
    _push(root, github, upgrade.branch, commit)
    return opening.offer(github, proposal, commit)


def _push(root: Path, github: GitHub, branch: str, commit: str) -> None:
    token = access.first_token()
    own = git.settings(git.authorized(github.site.server, token)) if token else {}
    try:
        git.run(root, "push", "--quiet", "--no-follow-tags", f"{github.site.address}.git", f"{commit}:refs/heads/{branch}",
                within=own | {"GIT_TERMINAL_PROMPT": "0"})  # fmt: skip
    except RegistryError as error:
        if any(words in str(error) for words in MAY_NOT):
            raise refuse("GitHub", TO_PUSH) from error
        if "[rejected]" in str(error):
            text = "is another branch on GitHub, as of an earlier try"
            raise refuse(branch, f"{text}; look at it, and delete it: {github.site.address}/branches") from error
        raise


def _body(root: Path, upgrade: Upgrade, tests: str, *, waits: bool) -> str:
    release = upgrade.release
    source = code(release.record.repository or "the template")
    facts = f"From {text(upgrade.base.told)} to {release.version}, commit {code(release.commit)} of {source}."
    stays = "Models, environments and pins are as they were, and so is what this repository had changed."
    subjects = git.lines(root, *SUBJECTS, upgrade.history, within=git.settings(merging.PLAIN))
    migrated = git.run(root, *NAMES, "HEAD", upgrade.branch).split("\0")[:-1]
    signed = "its tag is signed, and Git knows by whom" if release.is_signed else "its tag is not signed"
    tried = f" Before it was proposed, {code(f'tox run -e {tests}')} passed." if tests else ""
    parts = [
        Section("what it is", f"{facts} {stays}", 100),
        Section("checks", proposals.button() if waits else "", 95),
        Section("digest", f"The template's files have the SHA-256 {code(release.record.sha256)}; {signed}.{tried}", 90),
        Section(
            "merged", _listed("Changed by both, and merged by Git, so look at these first:", [*upgrade.merged]), 88
        ),
        Section("kept", _listed("Yours, and not touched:", list(upgrade.kept)), 80),
        Section(
            "migrated",
            _listed("Put into the shape that it reads, by a commit of its own:", list(filter(is_teams, migrated))),
            85,
        ),
        Section("undo", "To undo it, press Revert once it is merged, and merge that.", 70),
        Section("commits", _listed("## What came since", subjects), 50),
    ]
    return fit(parts, proposals.LIMIT)


def _listed(head: str, lines: list[str]) -> str:
    return f"{head}\n\n{bulleted([text(line) for line in lines], MOST)}" if lines else ""
