"""What must be set once on GitHub: what it is now, what stands in for it, and how to set it."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from registry.github import answers, guards, rules, triggers
from registry.github.answers import GitHubError
from registry.github.client import GitHub

ON, OFF, UNKNOWN, NOT_OFFERED = "on", "off", "unknown", "not offered"
GATE = "gate"
ACTIONS = 15368  # the number of GitHub Actions among the Apps of github.com
UPGRADE = "Upgrade to "
ANY_SOURCE = "it need not be of GitHub Actions, so whoever may write statuses can post it"
POLICY = ("enabled", "allowed_actions", "sha_pinning_required")
REVIEWS = {
    "required_approving_review_count": 0, "dismiss_stale_reviews_on_push": False, "require_code_owner_review": False,
    "require_last_push_approval": False, "required_review_thread_resolution": False,
}  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """One setting: its name and its place on the settings pages, its state, and what stands in while it is not on.

    `sets` says in words what `fix` does; without these a person has to. `unseen` is what to say while it is unknown.
    """

    name: str
    place: str
    state: str
    told: str
    sets: str = ""
    fix: Callable[[], object] | None = None
    unseen: str = "the token needs Administration: read to see it"

    @property
    def can_be_set(self) -> bool:
        return self.state == OFF and self.fix is not None

    @property
    def note(self) -> str:
        """What to know about it as it is."""
        return {ON: "", UNKNOWN: self.unseen}.get(self.state, self.told)


def read(github: GitHub) -> list[Setting]:
    """Return the settings of a repository, as far as the token may see them."""
    repository = github.get("")
    policy, hidden = _seen(lambda: github.get("actions/permissions"))
    return [
        _actions(github, policy, hidden),
        _pulls(github),
        _default(github, repository["default_branch"]),
        _gate(github, repository["default_branch"]),
        _tags(github),
        _immutable(github, hidden),
        _branches(github, repository),
        _token(github, repository["default_branch"]),
    ]


def _actions(github: GitHub, policy: dict, hidden: str | None) -> Setting:
    name, place = "Actions", "Settings → Actions → General → Actions permissions"
    if hidden or not policy["enabled"]:
        told = "without them nothing is checked, released or deployed"
        sets = "Actions run in this repository; which of them are allowed stays as it is"
        return Setting(name, place, hidden or OFF, told, sets, lambda: _enable(github, policy))
    allowed, hidden = _seen(lambda: _allows_ours(github, policy))
    some = "only some actions may run"
    told, unseen = f"{some}; allow those created by GitHub", f"{some}; see whether those created by GitHub may"
    return Setting(name, place, hidden or allowed, told, unseen=Setting.unseen if hidden else unseen)


def _enable(github: GitHub, policy: dict) -> None:
    github.put("actions/permissions", {name: policy[name] for name in POLICY if name in policy} | {"enabled": True})


def _allows_ours(github: GitHub, policy: dict) -> str:
    """Return whether the actions that the workflows use, which are GitHub's own, may run."""
    if policy.get("allowed_actions") == "local_only":
        return OFF
    if policy.get("allowed_actions") != "selected":
        return ON
    selected = github.get("actions/permissions/selected-actions")
    if selected.get("github_owned_allowed"):
        return ON
    return UNKNOWN if selected.get("patterns_allowed") else OFF


def _pulls(github: GitHub) -> Setting:
    place, kept = "actions/permissions/workflow", "default_workflow_permissions"
    found, hidden = _seen(lambda: github.get(place))
    state = hidden or _state(found["can_approve_pull_request_reviews"])
    return Setting(
        "Actions may open pull requests",
        "Settings → Actions → General → Workflow permissions",
        state,
        "without it a person opens each promotion's pull request",
        "“Allow GitHub Actions to create and approve pull requests”; what else workflows may do stays as it is",
        lambda: github.put(place, {kept: found[kept], "can_approve_pull_request_reviews": True}),
    )


def _default(github: GitHub, branch: str) -> Setting:
    missed, hidden = _seen(lambda: [file for file in triggers.DOES if _is_missed(github, file, branch)])
    files = " and ".join(missed or [])
    nothing = " or ".join(triggers.DOES[file] for file in missed or [])
    return Setting(
        "Default branch of the workflows",
        f"Settings → General → Default branch, or write {branch} into on.push.branches of {files}",
        hidden or _state(not missed),
        f"nothing is {nothing} from {branch}; rename it to main",
        unseen="the token needs Contents: read to see it",
    )


def _is_missed(github: GitHub, file: str, branch: str) -> bool:
    found = github.find(f"contents/{file}", ref=branch)
    return found is not None and triggers.missing(file, base64.b64decode(found["content"]), branch) is not None


def _gate(github: GitHub, branch: str) -> Setting:
    sources, hidden = _seen(lambda: {source for name, source in rules.required(github, branch) if name == GATE})
    checks = [{"context": GATE, "integration_id": ACTIONS}]
    check = {"strict_required_status_checks_policy": False, "required_status_checks": checks}
    asked = [{"type": "pull_request", "parameters": REVIEWS}, {"type": "required_status_checks", "parameters": check}]
    ruleset = rules.ruleset("registry: gate", "branch", "~DEFAULT_BRANCH", asked)
    return Setting(
        f"Required check `{GATE}`",
        "Settings → Rules → Rulesets",
        hidden or _state(ACTIONS in sources),
        ANY_SOURCE if sources else "without it what checks refuse can be merged; release stops it",
        f"the ruleset `{ruleset['name']}`: nobody pushes to {branch} any more, changes come by pull request, and those"
        f" are merged once the check `{GATE}` of GitHub Actions has passed; no approval is asked for, and nobody is"
        " exempt",
        lambda: rules.make(github, ruleset),
    )


def _tags(github: GitHub) -> Setting:
    kept, hidden = _seen(lambda: rules.are_kept(github))
    ruleset = rules.ruleset("registry: releases", "tag", rules.TAGS, [{"type": "deletion"}, {"type": "update"}])
    return Setting(
        f"Tag rule for `{rules.TAGS}`",
        "Settings → Rules → Rulesets",
        hidden or _state(kept),
        "without it a tag may be moved; deploy notices by the digest",
        f"the ruleset `{ruleset['name']}`: nobody moves or deletes a tag like {rules.TAGS.removeprefix('refs/tags/')};"
        " new ones can be made as before",
        lambda: rules.make(github, ruleset),
    )


def _immutable(github: GitHub, hidden: str | None) -> Setting:
    """GitHub says 404 while it is off, and perhaps to who may not look: `hidden` tells whether this token may."""
    found, refused = _seen(lambda: github.find("immutable-releases"))
    if found is None:
        refused = refused or hidden
    return Setting(
        "Immutable releases",
        "Settings → General → Releases",
        refused or _state(found is not None and found["enabled"]),
        "without it an asset may be replaced; deploy notices",
        "“Enable release immutability”: assets and tags of releases that are published from now on can't be changed",
        lambda: github.put("immutable-releases", {}),
    )


def _branches(github: GitHub, repository: dict) -> Setting:
    found = repository.get("delete_branch_on_merge")
    return Setting(
        "Automatically delete head branches",
        "Settings → General → Pull Requests",
        UNKNOWN if found is None else _state(found),
        "without it merged promotion branches stay",
        "“Automatically delete head branches”: the branch of any pull request goes once that is merged",
        lambda: github.patch("", {"delete_branch_on_merge": True}),
        "the token needs Contents: write to see it",
    )


def _token(github: GitHub, branch: str) -> Setting:
    limited, hidden = _seen(lambda: guards.is_kept_to(github, branch))
    name = guards.ENVIRONMENT
    return Setting(
        f"Environment `{name}` for {branch} only",
        f"Settings → Environments → {name} → Deployment branches and tags",
        hidden or _state(limited),
        f"without it a {guards.TOKEN} has no place that only {branch} reads",
        f"GitHub's environment `{name}`, of which only the workflows of {branch} are told the secrets; who must approve"
        " there, and how long it waits, stays as it is",
        lambda: guards.limit(github, branch),
        "the token needs Actions: read to see it",
    )


def _state(is_on: bool) -> str:
    return ON if is_on else OFF


def _seen(look: Callable[[], object]):
    """Return what a look finds and None; or None and the state that is left to say where GitHub refuses to tell."""
    try:
        return look(), None
    except GitHubError as error:
        if not answers.is_hidden(error):
            raise
        return None, NOT_OFFERED if UPGRADE in error.said else UNKNOWN
