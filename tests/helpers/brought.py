"""The models that the template brings: those that a team has taken away, or made another version of, are its own.

So are those that an older version of the template brought, which had no card: an upgrade leaves them as they are.
"""

import re
import shutil
from pathlib import Path

from new import EXAMPLES
from servers import ROOT

AS_BROUGHT = re.compile(r"^version: 1\.0\.0$.*^card:", re.MULTILINE | re.DOTALL)


def names() -> list[str]:
    """Return those that are here as the template brings them."""
    specs = {name: ROOT / f"models/{name}/model.yaml" for name in EXAMPLES}
    return [name for name, spec in specs.items() if spec.is_file() and AS_BROUGHT.search(spec.read_text("utf-8"))]


def copy(name: str, root: Path, called: str = "", **changed: str) -> None:
    """Put an example into a repository, under its name or another, some of its spec's lines changed.

    Without folds it is not asked what takes some.
    """
    folder = root / "models" / (called or name)
    shutil.copytree(ROOT / "models" / name, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / "model.yaml").read_text("utf-8")
    for field, value in changed.items():
        text, count = re.subn(rf"^(  {field}): .*$", rf"\1: {value}", text, flags=re.MULTILINE)
        assert count == 1, field
    if changed.get("folds") == "0":
        text = re.sub(r"^  .*\bfolds: (?:worst|mean).*\n", "", text, flags=re.MULTILINE)
    (folder / "model.yaml").write_text(text, "utf-8")
