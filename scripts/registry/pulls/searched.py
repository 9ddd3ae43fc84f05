"""The pull request that writes what a search found into a spec: its words, and how it is opened."""

import shlex
from pathlib import Path

from registry import git
from registry.formats.markdown import Section, code, fit
from registry.github.client import GitHub
from registry.pulls import opening, proposals
from registry.pulls.opening import Opened, Proposal
from registry.releases import ledger
from registry.specs.models import Model
from registry.tuning import results, rewriting
from registry.tuning.trials import Found
from registry.tuning.wishes import Wish

LONGEST = 100


def propose(root: Path, github: GitHub, wish: Wish, found: Found) -> Opened:
    """Open the pull request that writes the chosen trial into the spec, as it is committed, or bring it up to date."""
    model, file, trial = wish.model, wish.model.document.file, found.chosen
    version = rewriting.version(model, trial.arguments, *ledger.latest(root, model.name))
    text = rewriting.text(model, git.content(root, "HEAD", file).decode("utf-8"), trial.arguments, version)
    proposal = Proposal(
        branch=f"tune/{model.name}",
        title=_title(model, found),
        body=_body(wish, found, version, waits=github.is_workflow),
        files={file: text},
        before={file: git.objects(root, [f"HEAD:{file}"])[0]},
        is_asked_for=True,
    )
    return opening.propose(github, proposal)


def _title(model: Model, found: Found) -> str:
    title = f"tune {model.name}: {results.arguments(found, found.chosen)}"
    return title if len(title) <= LONGEST else f"tune {model.name}"


def _body(wish: Wish, found: Found, version: str, *, waits: bool) -> str:
    model = wish.model
    raised = "keeps its version" if version == model.version else f"rises from {model.version} to {version}"
    told = (
        f"A search on the rows to train with, over {wish.folds} folds, found arguments that are better than the spec's own."
        f" {code(model.name)} {raised}. The held-out rows, which no trial has seen, tell in the checks how good it is."
    )
    asked = [word for axis in wish.axes for word in ("--set", axis.words)]
    many = "--trials", str(len(found.trials)), "--metric", found.metric
    again = shlex.join(["tox", "run", "-e", "tune", "--", model.name, *many, *asked])
    parts = [
        Section("what it is", told, 100),
        Section("checks", proposals.button() if waits else "", 95),
        Section("trials", results.page(found, wish.axes), 80),
        Section("how to search again", f"The same on a laptop: {code(again, 500)}", 60),
    ]
    return fit(parts, proposals.LIMIT)
