"""A search through the verb: real trainings, killed and gone on with, in sight of the rows to train with alone."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import handmade
import numpy as np
import pytest
from registries import ENVIRONMENT, commit, git, template, verb
from servers import ROOT

from registry.learning import briefing
from registry.loading import making
from registry.loading.rows import Examination
from registry.specs import models

SPEC = "models/tiny/model.yaml"
CUTS = """\
with open({seen!r}, "a") as file:
    print(*features[:, 0], sep="\\n", file=file)
if cut == 6:
    raise ValueError("no luck")
while cut == 8:
    __import__("time").sleep(1)
known = np.array([[cut - 1], [cut + 1]])
"""
WORDS = ("tiny", "--set", "cut=5.0,6.0,8.0", "--folds", "3", "--limit", "0.1")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a model that answers 1 above a cut, of rows whose labels are 1 above 5."""
    made = template(tmp_path_factory.mktemp("tuning") / "root")
    values = np.random.default_rng(3).uniform(0, 10, 200).round(4)
    (made / "rows.csv").write_text("".join(f"{value},{int(value > 5)}\n" for value in values))
    verb(made, "new", "tiny", "--data", "rows.csv")
    text = (made / SPEC).read_text("utf-8")
    text = re.sub(r"  epochs: .*\n  learning_rate: .*\n", "  cut: 7.0  # a guess\n", text)
    (made / SPEC).write_text(re.sub("folds: .*", "folds: 0", text), "utf-8")
    write(made)
    commit(made)
    return made


def write(root: Path, last: str = "") -> None:
    """Write the model's code, with another line at the end of its training."""
    lines = CUTS.format(seen=str(root.with_name("seen"))) + last
    (root / "models/tiny/model.py").write_text(handmade.code("seed: int, cut: float", lines))


def killed(root: Path) -> str:
    """Start a search and kill it as soon as its first trial ended; return what it said."""
    command, said = [sys.executable, str(ROOT / "scripts/tune.py"), *WORDS], ""
    with subprocess.Popen(command, cwd=root, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            said += line
            if line.startswith("  trial 0: "):
                process.send_signal(signal.SIGKILL)
    return said


def test_a_search_goes_on_where_it_was_killed_past_what_fails_or_never_ends_and_writes_what_is_surely_better(
    root: Path,
) -> None:
    first = killed(root)
    (key,) = re.findall(
        "^search ([0-9a-f]{12}), by accuracy over 3 folds of the rows to train with, is new$", first, re.M
    )
    place, own = f"candidates/.tuned/tiny/{key}", "  trial 0: cut 7.0: accuracy "
    assert own in first
    said = verb(root, "tune", *WORDS, "--write")
    assert re.search(f"search {key}, .*, goes on: 4 trials of it lie here\n", said)
    assert own not in said, "what ended is not trained again"
    assert "  trial 1: cut 5.0: accuracy 1.0000 ± 0.0000\n" in said
    assert re.search(rf"  trial-2-fold-\d failed; {place}/trial-2-fold-\d.log holds its traceback\n", said)
    line = handmade.FIRST + 3
    assert f"trial 2 failed (cut 6.0): models/tiny/model.py:{line}: train: ValueError: no luck\n" in said
    late = "models/tiny/model.py: the process of trial-3-fold-1 took more than 0.1 minutes"
    assert f"trial 3 failed (cut 8.0): {late}; {place}/trial-3-fold-1.log holds what it printed\n" in said
    logs = {path.name: path.read_text("utf-8") for path in (root / place).glob("trial-*.log")}
    assert {name.split("-")[1] for name in logs} == {"2", "3"}, "of what ended well none is kept"
    assert "no luck" in logs["trial-2-fold-1.log"]
    assert "best: trial 1, accuracy 1.0000 ± 0.0000 over 3 folds: cut 5.0\n" in said
    assert "all others are worse, sure at 95 % for all of them together\n" in said
    assert f"drawn: {place}/search.svg, {place}/search.md\n" in said
    assert "<svg" in (root / place / "search.svg").read_text("utf-8")
    page = (root / place / "search.md").read_text("utf-8")
    assert page.startswith("# tiny: accuracy over 3 folds\n\n| trial | accuracy | cut | seconds |  |\n")
    assert page.count("```mermaid") == 2
    assert not git(root, "status", "--porcelain", "--", "candidates")
    assert f"{SPEC}: cut 5.0, of trial 1\nnext: `tox run -e build -- tiny`" in said
    assert git(root, "diff", "--unified=0", "--", "models").splitlines()[5:] == [
        "-  cut: 7.0  # a guess", "+  cut: 5.0  # a guess",
    ]  # fmt: skip
    said = verb(root, "tune", *WORDS, "--write")
    assert "making the rows" not in said and said.endswith("are the best of these, so it stays as it is\n")

    (model,) = models.load(root, ["tiny"])
    examination = briefing.examination(model, root / "models/tiny", root / "models/tiny/data.csv")
    rows = making.load(Examination(**examination))
    seen = {float(line) for line in root.with_name("seen").read_text().split()}
    as_read = {float(value) for value in np.asarray(rows.training.features)[:, 0].astype(str)}
    held_out = {float(value) for value in np.asarray(rows.held_out.features)[:, 0].astype(str)}
    assert seen == as_read and len(held_out) > 30 and not seen & held_out
    assert not (root / place / "work").exists(), "rows don't stay there"


def test_a_model_that_never_learns_ends_the_search_with_the_reasons_and_its_exam_is_not_even_fetched(
    root: Path,
) -> None:
    text = (root / SPEC).read_text("utf-8")
    exam = f"holdout: {{url: 'https://nowhere.invalid/exam.csv', sha256: {'a' * 64}}}"
    (root / SPEC).write_text(re.sub("holdout: .*", exam, text), "utf-8")
    cut = re.search(r"\n  cut: ([\d.]+) ", text)[1]
    for word in ("not now", "never"):
        write(root, f"raise ValueError('{word}')")
        said = verb(root, "tune", "tiny", "--set", "cut=1..2", "--folds", "2", "--trials", "1", code=1)
    key = re.search("search ([0-9a-f]{12})", said)[1]
    assert "  other code, data, ranges or metric than " in said
    assert said.endswith(
        f"candidates/.tuned/tiny/{key}: trial 0 failed (cut {cut}):"
        f" models/tiny/model.py:{handmade.FIRST + 7}: train: ValueError: never\n1 problem\n"
    )
