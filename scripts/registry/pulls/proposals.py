"""The words of the pull requests that pin versions: the plan, why, what it means for users, how to undo it. Pure."""

from registry import versions
from registry.environments import reconcile
from registry.environments.reconcile import Change
from registry.formats.markdown import COMMENT_LIMIT, Section, code, duration, fence, fit, link, text
from registry.github.sites import Site
from registry.pulls import effects
from registry.pulls.effects import Plan
from registry.pulls.grounds import History, Pull, Stay
from registry.showing import sections

LIMIT = COMMENT_LIMIT - 500  # room for the seal that marks it as unedited
MOST = 30


def title(plan: Plan) -> str:
    """Return a title such as `promote digits@v1.1.0 to staging`, which is the commit's message too."""
    (change,) = plan.changes
    tag = versions.tag(change.model, change.new)
    back = change.old is not None and versions.parse(change.new) < versions.parse(change.old)
    return f"roll {plan.environment} back to {tag}" if back else f"promote {tag} to {plan.environment}"


def body(plan: Plan, past: History, *, site: Site | None = None, waits: bool) -> str:
    """Return the body of the pull request that makes a plan of one change.

    `waits` says that GitHub holds its checks back, since it was opened with a workflow's own token.
    """
    (change,) = plan.changes
    drawn = fence(reconcile.diff(plan.environment, plan.changes), "diff")
    told = effects.judged(plan, change)
    parts = [
        Section("verdict", sections.headline(told) if told else "", 99),
        Section("plan", f"Merging this deploys to {plan.environment}:\n\n{drawn}", 100),
        Section("what holds it up", "\n".join(f"- {text(note, 1000)}." for note in plan.notes), 96),
        Section("checks", button() if waits else "", 95),
        Section("why", f"## Why\n\n{_why(change, past, site)}", 85),
        Section("what changed", _changed(past), 60),
        Section("what changes for users", f"## For users\n\n{effects.effect(plan, change)}", 80),
        Section("how to undo it", f"## How to undo it\n\n{_undo(plan, change)}", 90),
    ]
    return fit(parts, LIMIT)


def _why(change: Change, past: History, site: Site | None) -> str:
    tag = versions.tag(change.model, change.new)
    page = link(code(tag), site and site.release(tag))
    made = f"by {_pull(past.pull, site)}" if past.pull else f"from {_commit(past.commit, site)}"
    lines = [
        f"{page} was made {made}.",
        *([_stay(past.stay, site)] if past.stay else []),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _commit(commit: str, site: Site | None) -> str:
    return link(code(commit[:12]), site and site.commit(commit))


def _pull(pull: Pull, site: Site | None) -> str:
    author = f" of {text(pull.author)}" if pull.author else ""
    return f"{link(f'pull request {pull.number}', site and site.pull(pull.number))}{author}, “{text(pull.title)}”"


def _stay(stay: Stay, site: Site | None) -> str:
    number = stay.pull and link(f"pull request {stay.pull.number}", site and site.pull(stay.pull.number))
    brought = f", by {number}" if number else ""
    return f"{stay.environment} has pinned it for {duration(stay.seconds)}, since {stay.since}{brought}."


def _changed(past: History) -> str:
    """Return what the spec asks otherwise than that of the version that is replaced."""
    if past.since is None or past.differences is None:
        return ""
    known = past.differences
    lines = [f"{code(one.field, 100)}: {' → '.join(sections.values(one.old, one.new))}" for one in known[:MOST]]
    lines += [f"and {len(known) - MOST:,} more"] if len(known) > MOST else []
    told = "this changed:" if lines else "nothing of the recipe or the thresholds changed."
    return "\n".join([f"Since {code(past.since)} {told}", "", *(f"- {line}" for line in lines)]).rstrip()


def button() -> str:
    """Return what to press where a workflow's own token opened the pull request."""
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
