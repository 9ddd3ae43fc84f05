"""Start a model: a folder with a spec and code that validates, on your own CSV file or on a small real data set."""

import json
from pathlib import Path

from registry import console, files, git, lfs, versions, worktree
from registry.errors import refuse
from registry.specs import models
from registry.starting import goals, labelled
from registry.starting.labelled import Column

DATA = "data.csv"
TEMPLATES = Path(__file__).parent / "templates"
IRIS = """\
  package: mlxtend==0.25.0
  member: mlxtend/data/data/iris.csv.gz
  sha256: 188753cae3fdedccc4968fe37caf5834d53ae53066872d5aa4a2b91a10c19b6b"""
FLOWERS = Column(150, {"0": 50, "1": 50, "2": 50})  # the labels of that
HOLDOUT = 0.25
EXAMPLES = ("digits", "flights", "groups", "mileage", "movies", "sentiment")  # that the template brings
KEPT = "digits"  # which the demo shows


def main() -> None:
    parser = console.parser(__doc__, "tox run -e new -- flowers --data rows.csv --owner botany")
    parser.add_argument("name", metavar="NAME", help="lower-case letters, digits, - and _, a letter first")
    parser.add_argument("--description", default="Say in one sentence what it does.", help="one sentence")
    parser.add_argument("--owner", default="us", help="the team or person who answers for it")
    parser.add_argument(
        "--data", type=console.path, metavar="FILE", help="a CSV file whose last column is the label; copied"
    )
    options = parser.parse_args()
    if not versions.NAME.fullmatch(options.name):
        raise refuse(options.name, "is no name for a model; use lower-case letters, digits, - and _, a letter first")
    root = git.root()
    place = f"{models.FOLDER}/{options.name}"
    if options.name in models.names(root) or (root / place).exists():
        raise refuse(place, "exists already; choose another name")
    if options.data and not options.data.is_file():
        raise refuse(str(options.data), "is no file; name a CSV file")
    if options.data and lfs.target_of(options.data):
        text = "is a Git LFS pointer, not the file; fetch that where it lies"
        raise refuse(str(options.data), f"{text}: `{lfs.command([options.data.name])}`")
    labels = labelled.read(options.data) if options.data else FLOWERS
    create(root, place, options.description, options.owner, options.data, labels)
    console.say(f"made {place}: edit model.yaml, data.py and model.py")
    for note in notes(labels):
        console.say(f"mind: {note}")
    if options.data and files.digest(root / place / DATA) != files.digest(options.data):
        console.say(f"{place}/{DATA} is {options.data} with the line ends that a clone gets")
    if those := [
        name for name in EXAMPLES if name not in (KEPT, options.name) and (root / models.FOLDER / name).is_dir()
    ]:
        told = f"`git rm -r {' '.join(f'{models.FOLDER}/{name}' for name in those)}`"
        but = f" but {KEPT}" if (root / models.FOLDER / KEPT).is_dir() else ""
        console.say(f"the template's examples are still here: {told} takes away all of them{but}")
    console.say(f"next: `tox run -e validate -- {options.name}`, then `tox run -e build -- {options.name}`")


def notes(labels: Column) -> list[str]:
    """Return what a person has to know, or do, before a model of such rows can be built."""
    found = goals.goals(labels, HOLDOUT).notes
    if labels.strange:
        found = [*found, f"{labels.strange}, which is no number; turn that column into numbers in load()"]
    if labels.gaps:
        empty = console.count(labels.gaps, "value")
        found = [*found, f"{empty} before the label, empty, will be NaN: fill them in model.py, in the served graph"]
    return found


def create(root: Path, place: str, description: str, owner: str, data: Path | None, labels: Column) -> None:
    """Fill a new folder beside its place and move it there in one step."""
    folder = root / place
    beside = folder.with_name(f".{folder.name}.new")
    files.remove(beside)
    try:
        beside.mkdir(parents=True)
        if data:
            worktree.write_as_cloned(root, data, f"{place}/{DATA}", beside / DATA)
        fill(beside, description, owner, labels)
        beside.rename(folder)
    finally:
        files.remove(beside)


def fill(beside: Path, description: str, owner: str, labels: Column) -> None:
    data, asked = beside / DATA, goals.goals(labels, HOLDOUT)
    source = f"  path: {DATA}\n  sha256: {files.digest(data)}" if data.exists() else IRIS
    spec = (TEMPLATES / "model.yaml").read_text("utf-8")
    words = {"description": json.dumps(description, ensure_ascii=False), "owner": json.dumps(owner, ensure_ascii=False)}
    sections = {name: "\n".join(f"  {line}" for line in getattr(asked, name)) for name in ("evaluation", "thresholds")}
    files.write(beside / "model.yaml", spec.format(data=source, task=asked.task, holdout=HOLDOUT, **words, **sections))
    kind = "-numbers" if not labels.counts else "" if labels.is_counted_from_0 else "-names"
    code = (TEMPLATES / f"data{kind}.py").read_text("utf-8")
    code = code.replace("HEAD = 0 ", f"HEAD = {labels.has_head:d} ").replace(
        "NAMES = [] ", f"NAMES = {[*labels.counts]} "
    )
    files.write(beside / "data.py", code)
    files.copy(TEMPLATES / ("model-numbers.py" if kind == "-numbers" else "model.py"), beside / "model.py")


if __name__ == "__main__":
    console.run(main)
