"""What a change of a pin means for the users of a model, told from two release.json documents. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from registry import versions
from registry.environments import withdrawn
from registry.environments.reconcile import Change
from registry.evidence import intervals
from registry.formats.markdown import code, details, link, measured, table, text
from registry.github.sites import Site
from registry.releases.ledger import Releases
from registry.showing import sections, summary, tabular

Facts = Callable[[str], Mapping | None]  # a tag -> its release.json
SAME = "none"
NEW, GONE, OTHER = "is new", "is removed", "is described otherwise"


@dataclass(frozen=True)
class Plan:
    """The changes to an environment; by tag, the release.json of the releases and why withdrawn ones are.

    `fate` tells what becomes of the environment's own file (NEW, GONE or OTHER), `warning` what to do besides merging.
    """

    environment: str
    changes: Sequence[Change]
    releases: Mapping[str, Mapping] = field(default_factory=dict)
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    fate: str = ""
    warning: str = ""

    @property
    def text(self) -> str:
        """The plan as `deploy` prints it."""
        return "\n".join([self.environment, *(f"  {change}" for change in self.changes)])


def plan(environment: str, changes: Sequence[Change], facts: Facts, known: Releases, **more: str) -> Plan:
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


def effect(plan: Plan, change: Change) -> str:
    """Return what changes for the users of a model: what they must do, then a table of both versions side by side."""
    old, new = _report(plan, change.model, change.old), _report(plan, change.model, change.new)
    if change.new is None:
        return f"Requests for {text(change.model)} get no answer in {text(plan.environment)} any more."
    tag = versions.tag(change.model, change.new)
    if new is None:
        return f"Nothing is known of {code(tag)}: its release.json could not be read."
    warning = [f"**{code(tag)} is withdrawn**: {text(plan.withdrawn[tag])}"] if tag in plan.withdrawn else []
    if old is None or old is new:
        unknown = change.old not in (None, change.new)
        said = f"What {change.old} was can't be told: its release.json could not be read." if unknown else _takes(new)
        return "\n\n".join([*warning, said, sections.metrics(summary.summarize({**new, "incumbent": None}))])
    compared = table(("", change.old, change.new, "change"), _rows(old, new))
    return "\n\n".join([*warning, _must(old, new), compared, *_unlike(old, new)])


def short(plan: Plan, change: Change) -> str:
    """Return what changes for the users of a model: what they must do and what was asked, all else folded.

    Of what goes in and comes out, and of what runs it, only what differs is told.
    """
    old, new = _report(plan, change.model, change.old), _report(plan, change.model, change.new)
    if old is None or new is None or old is new:
        return effect(plan, change)
    tag = versions.tag(change.model, change.new)
    warning = [f"**{code(tag)} is withdrawn**: {text(plan.withdrawn[tag])}"] if tag in plan.withdrawn else []
    asked = sections.metrics(summary.summarize(new if _scored(old, new) else {**new, "incumbent": None}, old))
    *measured_rows, goes_in, comes_out, runs_with = _rows(old, new)
    metrics = [(tabular.named(name), *cells) for name, *cells in measured_rows]
    differ = [row for row in (goes_in, comes_out, runs_with) if row[-1] != SAME]
    heads = "", change.old, change.new
    unlike = [table(heads, [row[:-1] for row in differ])] if differ else []
    every = details(f"every metric of {change.old} and {change.new}", table((*heads, "change"), metrics))
    return "\n\n".join([*warning, _must(old, new), *unlike, asked, *_unlike(old, new), every])


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


def _rows(old: Mapping, new: Mapping) -> list[tuple[str, ...]]:
    directions = tabular.directed(new["task"])
    earlier, now = old["metrics"], new["metrics"]
    if _scored(old, new):
        earlier, now = tabular.before(new, old)[1], now | (new["incumbent"].get("candidate") or {})
    values = [(name, earlier.get(name), now.get(name)) for name in directions]
    rows = [_compared(old, new, name, was, now) for name, was, now in values if (was, now) != (None, None)]
    for name in ("inputs", "outputs"):
        rows.append((name, sections.tensors(old[name]), sections.tensors(new[name]), _same(old[name], new[name])))
    return [*rows, ("runs with", text(old["runtime"]), text(new["runtime"]), _same(old["runtime"], new["runtime"]))]


def _compared(old: Mapping, new: Mapping, name: str, was: float | None, now: float | None) -> tuple[str, ...]:
    """Return a metric's row, each value with its interval where the reports hold evidence of just that."""
    told, *shown = tabular.compared(name, was, now, tabular.directed(new["task"])[name])
    difference = (
        new["incumbent"]["evidence"].get(name) if _scored(old, new) and "evidence" in new["incumbent"] else None
    )
    whole = [(report.get("evidence", {}).get(name) if report["metrics"].get(name) == value else None, value)
             for report, value in ((old, was), (new, now))]  # fmt: skip
    change = (difference, now - was) if difference and None not in (now, was) else (None, None)
    return told, *(_ranged(cell, *known) for cell, known in zip(shown, [*whole, change], strict=True))


def _ranged(cell: str, evidence: Mapping | None, value: float | None) -> str:
    """Return a value with what the true one lies between, as sure as a verdict is of either side."""
    if value is None or not evidence or evidence["kind"] == "exact":
        return cell
    _, low, high = measured(value, *intervals.bounds(evidence, value))
    return f"{cell} ({low} to {high})"


def _same(old: object, new: object) -> str:
    return SAME if old == new else "**differs**"


def _scored(old: Mapping, new: Mapping) -> bool:
    """Say whether the newer version's report has the older one's metrics on the same rows."""
    incumbent = new["incumbent"] or {}
    return incumbent.get("version") == old["version"] and bool(incumbent["metrics"])


def _unlike(old: Mapping, new: Mapping) -> list[str]:
    if _scored(old, new) or old["data"] == new["data"]:
        return []
    return ["Each was judged on its own data, which is not the same: the metrics can't be held against each other."]
