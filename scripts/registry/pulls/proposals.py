"""The words of the pull requests that pin versions: the plan, what it means for users, how to undo it. Pure."""

from registry import versions
from registry.environments.reconcile import Change
from registry.formats.markdown import COMMENT_LIMIT, Section, code, fence, fit
from registry.github.sites import Site
from registry.pulls import effects
from registry.pulls.effects import Plan

LIMIT = COMMENT_LIMIT - 500  # room for the seal that marks it as unedited


def title(plan: Plan) -> str:
    """Return a title such as `promote digits@v1.1.0 to staging`, which is the commit's message too."""
    (change,) = plan.changes
    tag = versions.tag(change.model, change.new)
    back = change.old is not None and versions.parse(change.new) < versions.parse(change.old)
    return f"roll {plan.environment} back to {tag}" if back else f"promote {tag} to {plan.environment}"


def body(plan: Plan, *, site: Site | None = None, waits: bool) -> str:
    """Return the body of the pull request that makes a plan of one change.

    `waits` says that GitHub holds its checks back, since it was opened with a workflow's own token.
    """
    (change,) = plan.changes
    users = f"## For users of {effects.headline(change, site)}\n\n{effects.effect(plan, change)}"
    parts = [
        Section("plan", f"Merging this deploys to {plan.environment}:\n\n{fence(plan.text)}", 100),
        Section("checks", _button() if waits else "", 95),
        Section("what changes for users", users, 80),
        Section("how to undo it", f"## How to undo it\n\n{_undo(plan, change)}", 90),
    ]
    return fit(parts, LIMIT)


def _button() -> str:
    return (
        "**Its checks wait for you**: press “Approve workflows to run” below. GitHub asks because a workflow opened"
        " this pull request; with the token of an App or a person as `REGISTRY_TOKEN` it would not."
    )


def _undo(plan: Plan, change: Change) -> str:
    press = "Press Revert on this pull request once it is merged, and merge that"
    if change.old is None:
        last = f"run the workflow `deploy` after that, with {plan.environment} in its field prune"
        return f"{press}: {change.model} then leaves {plan.environment} again. If it is the last model there, {last}."
    if change.old in change.withdrawn:
        tag = versions.tag(change.model, change.old)
        return f"There is no way back to {code(tag)}, which is withdrawn: promote another version."
    command = code(f"tox run -e promote -- {change.model} {plan.environment} --version {change.old}")
    return f"{press}; or run the workflow `promote` with the version {change.old}; or {command}."
