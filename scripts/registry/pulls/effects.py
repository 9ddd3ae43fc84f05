"""What a change of a pin means for the users of a model, told from two release.json documents. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from registry import versions
from registry.environments import withdrawn
from registry.environments.approving import Tally
from registry.environments.reconcile import Change
from registry.formats.markdown import code, details, link, table, text
from registry.github.sites import Site
from registry.releases.ledger import Releases
from registry.showing import sections, summary
from registry.showing.summary import Summary

Facts = Callable[[str], Mapping | None]  # a tag -> its release.json
NEW, GONE, OTHER = "is new", "is removed", "is described otherwise"


@dataclass(frozen=True)
class Plan:
    """The changes to an environment; by tag, the release.json of the releases and why withdrawn ones are.

    `fate` tells what becomes of the environment's own file (NEW, GONE or OTHER), `warning` what to do besides merging,
    `notes` that it is frozen, and what goes forward all the same; `approvals` are those that it asks for.
    """

    environment: str
    changes: Sequence[Change]
    releases: Mapping[str, Mapping] = field(default_factory=dict)
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    fate: str = ""
    warning: str = ""
    notes: Sequence[str] = ()
    approvals: Tally | None = None

    @property
    def text(self) -> str:
        """The plan as `deploy` prints it."""
        return "\n".join([self.environment, *(f"  {change}" for change in self.changes)])


def plan(environment: str, changes: Sequence[Change], facts: Facts, known: Releases, **more: object) -> Plan:
    """Return a plan with all that is known of the releases that it is about."""
    tags = {versions.tag(one.model, version) for one in changes for version in (one.old, one.new) if version}
    told = {tag: found for tag in sorted(tags) if (found := facts(tag))}
    those = [one for change in changes for one in known.get(change.model, []) if one.withdrawn is not None]
    reasons = {one.tag: one.withdrawn for one in those}
    return Plan(environment, withdrawn.marked(changes, known), told, reasons, **more)


def headline(change: Change, site: Site | None = None) -> str:
    """Return a change of a pin in a few words, `digits 1.0.0 → 1.1.0`, with links where there is a site."""
    old, new = (version and _linked(change, version, site) for version in (change.old, change.new))
    model = text(change.model)
    if change.old and change.new and change.old != change.new:
        return f"{model} {old} → {new}"
    words = {"add": f"{new}, new here", "remove": f"{old}, removed"}
    return f"{model} {words.get(change.kind, f'{new}, other bytes')}"


def _linked(change: Change, version: str, site: Site | None) -> str:
    return link(change.told(version), site and site.release(versions.tag(change.model, version)))


def judged(plan: Plan, change: Change) -> Summary | None:
    """Return what is told of the version that a change brings, held against the one that it replaces.

    Its own report compares it with another where a version is skipped or rolled back: better than that is not better.
    """
    old, new = _report(plan, change.model, change.old), _report(plan, change.model, change.new)
    if new is None or old is None or old is new:
        return new and summary.summarize(new)
    if _scored(old, new):
        return summary.summarize(new, old)
    replaced = {"since": versions.tag(change.model, change.old), "differences": []}
    return summary.summarize(
        {**new, "incumbent": None, "changes": replaced}, old if old["data"] == new["data"] else None
    )


def effect(plan: Plan, change: Change) -> str:
    """Return what changes for the users of a model: what they must do, what was asked, and all else folded.

    Of what goes in and comes out, and of what runs it, only what differs is told.
    """
    if change.new is None:
        return f"Requests for {text(change.model)} get no answer in {text(plan.environment)} any more."
    tag, told = versions.tag(change.model, change.new), judged(plan, change)
    if told is None:
        return f"Nothing is known of {code(tag)}: its release.json could not be read."
    old, new = _report(plan, change.model, change.old), _report(plan, change.model, change.new)
    warning = f"**{code(tag)} is withdrawn**: {text(plan.withdrawn[tag])}" if tag in plan.withdrawn else ""
    if old is None or old is new:
        unknown = change.old not in (None, change.new)
        said = [f"What {change.old} was can't be told: its release.json could not be read." if unknown else _takes(new)]
    else:
        said = [_must(old, new), _unlike(change, old, new), *_incomparable(old, new)]
    others = sections.others(told)
    folded = details("other metrics", others) if others else ""
    return "\n\n".join(filter(None, [warning, *said, sections.metrics(told), folded]))


def _report(plan: Plan, model: str, version: str | None) -> Mapping | None:
    facts = plan.releases.get(versions.tag(model, version)) if version else None
    return facts and facts["report"]


def _takes(report: Mapping) -> str:
    return f"Takes {sections.tensors(report['inputs'])}; gives {sections.tensors(report['outputs'])}."


def _must(old: Mapping, new: Mapping) -> str:
    """Say what the users of a model have to do."""
    differ = [name for name in ("inputs", "outputs") if old[name] != new[name]]
    if differ:
        return f"**{' and '.join(differ)} differ**: clients must change together with this."
    return "Inputs and outputs stay the same: clients need no change."


def _unlike(change: Change, old: Mapping, new: Mapping) -> str:
    """Return a table of what goes in, comes out and runs it, where that differs."""
    known = [(name, *(sections.tensors(one[name]) for one in (old, new))) for name in ("inputs", "outputs")]
    known.append(("runs with", text(old["runtime"]), text(new["runtime"])))
    differ = [row for row in known if row[1] != row[2]]
    return table(("", change.old, change.new), differ) if differ else ""


def _scored(old: Mapping, new: Mapping) -> bool:
    """Say whether the newer version's report has the older one's metrics on the same rows."""
    incumbent = new["incumbent"] or {}
    return incumbent.get("version") == old["version"] and bool(incumbent["metrics"])


def _incomparable(old: Mapping, new: Mapping) -> list[str]:
    if _scored(old, new) or old["data"] == new["data"]:
        return []
    return ["Each was judged on its own data, which is not the same: the metrics can't be held against each other."]
