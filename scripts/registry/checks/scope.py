"""What a branch changes against its base: what its checks have to build, judge, plan and test."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from registry import git
from registry.environments import manifests
from registry.releases import changes
from registry.releases.ledger import Releases
from registry.specs import fingerprints, models
from registry.specs.models import Model

CODE = (
    "scripts/", "requirements/", "tests/", ".github/", ".devcontainer/", ".gitattributes", "Jenkinsfile", "tox.ini",
)  # fmt: skip
READ = ("scripts/templates/", "tests/fixtures/", "tests/invalid/")
FORMS = ".github/ISSUE_TEMPLATE/"
AROUND = (models.FOLDER, manifests.FOLDER, "tests", "LICENSE")


@dataclass(frozen=True)
class Scope:
    """Models to build, to be judged again by their release, and removed; environments to plan, and removed; code."""

    build: list[Model]
    judge: list[Model]
    gone: list[str]
    environments: list[str]
    removed: list[str]
    code: bool


def find(root: Path, base: str, found: Iterable[Model], known: Releases) -> Scope:
    """Return what differs between a commit and what lies on the disk.

    A model is built when merging would release it: its folder changed and its version has no release yet. Prose asks
    for nothing, wherever it lies.
    """
    touched = [path for path in git.changed_since(root, base) if not is_prose(path)]
    folders = {path.split("/")[1] for path in touched if path.startswith(f"{models.FOLDER}/")}
    mine = [model for model in found if model.name in folders]
    new = changes.unpublished(mine, known)
    judge = [
        model for model in mine if model not in new and models.thresholds_at(root, base, model.name) != model.thresholds
    ]
    paths = [Path(path) for path in touched if path.startswith(f"{manifests.FOLDER}/")]
    places, own = (
        {path.parts[1].removesuffix(".yaml") for path in paths},
        {path.stem for path in paths if _is_own(path)},
    )
    specs = [Path(path) for path in touched if path.startswith(f"{models.FOLDER}/") and path.endswith("/model.yaml")]
    gone = sorted(path.parts[1] for path in specs if len(path.parts) == 3 and not (root / path).exists())
    here = manifests.names(root)
    code = any(path.startswith(CODE) for path in touched)
    return Scope(new, judge, gone, sorted(places & here), sorted(own - here), code)


def is_prose(path: str) -> bool:
    """Say whether a file only tells or asks people something: no verb, no workflow and no model reads it."""
    return path.startswith(FORMS) or (fingerprints.is_prose(path) and not path.startswith(READ))


def decides(path: str) -> bool:
    """Say whether what lies at a path may decide how models are judged: all but models, environments, tests and prose.

    It is no list of what does: tox, uv and Git read files at the top of a repository that such a list would forget.
    """
    return path.split("/")[0] not in AROUND and not is_prose(path)


def _is_own(path: Path) -> bool:
    return len(path.parts) == 2 and path.suffix == ".yaml"
