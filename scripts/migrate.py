"""Put models into the shape that this version of the template reads, and raise the versions that then must rise."""

import shlex
from contextlib import suppress
from pathlib import Path

from registry import console, files, git, versions
from registry.formats import editing
from registry.releases import changes, ledger
from registry.specs import models
from registry.upgrading import migrations


def main() -> None:
    console.parser(
        f"{__doc__}\nNothing is committed, and what has that shape stays as it is.", "tox run -e migrate"
    ).parse_args()
    root = git.root()
    written = [*reshape(root), *raise_versions(root)]
    if not written:
        console.say("every model has this version's shape; nothing to migrate")
        return
    console.say(f"next: `git diff`, then `tox run -e validate`, and commit {shlex.join(sorted({*written}))}")


def reshape(root: Path) -> list[str]:
    """Write the files that are to be others; return their paths."""
    found = migrations.steps({f"{models.FOLDER}/{name}": texts(root, name) for name in models.names(root)})
    for step in found:
        files.write(root / step.path, step.text)
        console.say(f"{step.path}: {step.told}")
    return [step.path for step in found]


def texts(root: Path, name: str) -> dict[str, str]:
    """Return the files of a model's folder that are text: name within it -> text."""
    folder, found = root / models.FOLDER / name, {}
    for path in folder.iterdir():
        if path.suffix in (".py", ".yaml") and path.is_file() and not path.is_symlink():
            with suppress(UnicodeDecodeError):
                found[path.name] = path.read_bytes().decode("utf-8")
    return found


def raise_versions(root: Path) -> list[str]:
    """Raise versions of what is a recipe of its own now; return the specs. What can't be raised validate tells."""
    known, others = ledger.survey(root)
    found, _ = models.load_some(root, [])
    due = [model for model in found.values() if model.name in known and changes.must_rise(model, known[model.name][-1])]
    written = []
    for change in changes.compare(root, due, known):
        model, last = found[change.model], known[change.model][-1]
        version = versions.free(last.version, {one.version for one in others.get(model.name, [])})
        if version == "none":
            continue
        file = model.document.file
        text = (root / file).read_bytes().decode("utf-8")
        files.write(root / file, editing.replaced(file, text, {("version",): version}))
        console.say(f"{file}: version {model.version} → {version}: {change.reason}")
        written.append(file)
    return written


if __name__ == "__main__":
    console.run(main)
