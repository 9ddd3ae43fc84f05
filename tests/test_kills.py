"""Verbs killed before every step that they do on the file system, and run again."""

import itertools
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import deploy
import forks
import new
import promote
import publish
import pytest
from registries import candidate, commit, state, template

from registry import console, files
from registry.judging import candidates

TARGET = "deployments/staging/digits"
RELEASE = "releases/digits@v1.0.0"

Tree = dict[str, bytes]


@dataclass(frozen=True)
class Verb:
    """A verb's main function and what it is given."""

    module: object
    words: tuple[str, ...]

    def __call__(self) -> None:
        console.run(self.module.main)


PUBLISH = Verb(publish, ("digits",))
PROMOTE = Verb(promote, ("digits", "staging"))
DEPLOY = Verb(deploy, ("staging", "--apply"))
PRUNE = Verb(deploy, ("staging", "--apply", "--prune"))
NEW = Verb(new, ("flowers", "--data", "rows.csv"))


def run(root: Path, verb: Verb) -> None:
    status, said = forks.run(root, verb, *verb.words)
    assert status == 0, said


def survives(root: Path, verb: Verb, steps: int) -> bool:
    return forks.survives(root, verb, *verb.words, steps=steps)


def tree(folder: Path) -> Tree:
    """Return every file below a folder, of Git's only the tags; of owners, not what a folder is called."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: content(path) for name, path in found.items() if not name.startswith(".git/") or "/tags/" in name}


def content(path: Path) -> bytes:
    if path.name != ".owner.json":
        return path.read_bytes()
    return json.dumps(json.loads(path.read_bytes()) | {"name": "any"}).encode()


def serving(root: Path) -> list[Tree]:
    """Return the versions of digits that a server finds."""
    folder = root / TARGET
    return [tree(one) for one in sorted(folder.iterdir()) if one.name.isdecimal()] if folder.exists() else []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a candidate of digits 1.0.0."""
    root = template(tmp_path_factory.mktemp("made") / "répository")
    (root / "rows.csv").write_text("1,2,0\n3,4,1\n")
    candidate(root)
    return root


@pytest.fixture(scope="module")
def released(made: Path) -> Path:
    """As above, with digits 1.0.0 released."""
    return after(made, "released", lambda root: run(root, PUBLISH))


@pytest.fixture(scope="module")
def pinned(released: Path) -> Path:
    """As above, and pinned in staging."""
    return after(released, "pinned", lambda root: run(root, PROMOTE))


@pytest.fixture(scope="module")
def deployed(pinned: Path) -> Path:
    """As above, and deployed there."""
    return after(pinned, "deployed", lambda root: run(root, DEPLOY))


@pytest.fixture(scope="module")
def changed(deployed: Path) -> Path:
    """As above, with 1.1.0 pinned in its place."""

    def change(root: Path) -> None:
        spec = root / "models/digits/model.yaml"
        spec.write_text(spec.read_text().replace("version: 1.0.0", "version: 1.1.0"))
        commit(root)
        candidate(root, filler=1)
        run(root, PUBLISH)
        run(root, PROMOTE)

    return after(deployed, "changed", change)


@pytest.fixture(scope="module")
def damaged(deployed: Path) -> Path:
    """Digits 1.0.0 deployed and then damaged."""
    return after(deployed, "damaged", lambda root: (root / TARGET / "1000000/saved_model.pb").write_text("broken"))


@pytest.fixture(scope="module")
def unpinned(deployed: Path) -> Path:
    """Digits 1.0.0 deployed, its pin gone."""
    return after(deployed, "unpinned", lambda root: (root / "environments/staging/digits.yaml").unlink())


def after(before: Path, name: str, change: Callable[[Path], object]) -> Path:
    root = copy(before, before.with_name(name))
    change(root)
    return root


def copy(root: Path, place: Path) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    return Path(shutil.copytree(root, place))


def killed_everywhere(before: Path, folder: Path, verb: Verb, every: int = 1) -> Iterator[Path]:
    """Yield a repository for each step before which a kill finds the verb, and see that it ends well when run again.

    What a kill leaves is what lies there at that moment: one run is enough, of which each moment is kept, and one kill,
    half-way, which has to leave the same. What a step leaves as an earlier one did is not looked at again; of the rest
    one in `every` few is, where other tests go through the same steps.
    """
    root, moments = folder / "killed", folder / "moments"
    undisturbed = copy(before, folder / "undisturbed")
    run(undisturbed, verb)
    states = kept(copy(before, root), verb, moments)
    wanted, half = tree(undisturbed), len(states) // 2
    assert not survives(copy(before, root), verb, half)
    assert state(root) == states[half]
    for step in sorted({found: step for step, found in reversed([*enumerate(states)])}.values())[::every]:
        shutil.rmtree(root)
        (moments / str(step)).rename(root)
        yield root
        if not (verb is NEW and (root / "models/flowers").exists()):
            run(root, verb)
        assert tree(root) == wanted, f"killed before step {step}"
    print(f"{len(states)} steps of {verb.module.__name__} {' '.join(verb.words)}")
    assert len(states) > 3


def kept(root: Path, verb: Verb, moments: Path) -> list[int]:
    """Run a verb, with a copy of what lies there before each step, where that is new; return the states of all."""
    moments.mkdir()
    told = moments / "states"

    def keep() -> None:
        states = told.read_text().split() if told.exists() else []
        now = str(state(root))
        if now not in states:
            subprocess.run(["cp", "--archive", root, moments / str(len(states))], check=True)
        told.write_text("\n".join([*states, now]))

    status, said = forks.run(root, verb, *verb.words, first=partial(forks.before_each_step, keep))
    assert status == 0, said
    return [int(one) for one in told.read_text().split()]


def test_publish_killed_anywhere_shows_no_half_release(made: Path, released: Path, tmp_path: Path) -> None:
    complete = tree(released / RELEASE)
    for root in killed_everywhere(made, tmp_path, PUBLISH):
        if (root / RELEASE).exists():
            assert tree(root / RELEASE) == complete
            assert (root / ".git/refs/tags/digits@v1.0.0").exists()


def test_promote_killed_anywhere_shows_no_half_pin(released: Path, pinned: Path, tmp_path: Path) -> None:
    pin = "environments/staging/digits.yaml"
    for root in killed_everywhere(released, tmp_path, PROMOTE):
        assert not (root / pin).exists() or (root / pin).read_bytes() == (pinned / pin).read_bytes()


def test_new_killed_anywhere_shows_no_half_model(made: Path, tmp_path: Path) -> None:
    for root in killed_everywhere(made, tmp_path, NEW):
        folder = root / "models/flowers"
        assert not folder.exists() or sorted(tree(folder)) == ["data.csv", "data.py", "model.py", "model.yaml"]


def test_a_first_deploy_killed_anywhere_serves_nothing_or_all(pinned: Path, deployed: Path, tmp_path: Path) -> None:
    for root in killed_everywhere(pinned, tmp_path, DEPLOY, every=2):
        assert serving(root) in ([], serving(deployed))
        assert not serving(root) or (root / TARGET / "deployed.json").exists()


def test_a_change_killed_anywhere_always_serves_one_or_both(changed: Path, tmp_path: Path) -> None:
    (old,) = serving(changed)
    done = copy(changed, tmp_path / "done")
    run(done, DEPLOY)
    (recent,) = serving(done)
    assert old != recent
    for root in killed_everywhere(changed, tmp_path, DEPLOY):
        assert serving(root) in ([old], [old, recent], [recent])


def test_a_repair_killed_anywhere_serves_what_was_there_or_all(damaged: Path, deployed: Path, tmp_path: Path) -> None:
    for root in killed_everywhere(damaged, tmp_path, DEPLOY, every=2):
        assert serving(root) in (serving(damaged), serving(deployed))


def test_a_removal_killed_anywhere_serves_all_or_nothing(unpinned: Path, tmp_path: Path) -> None:
    for root in killed_everywhere(unpinned, tmp_path, PRUNE):
        assert serving(root) in (serving(unpinned), [])


def test_a_verb_killed_some_steps_later_each_time_ends_the_same(made: Path, deployed: Path, tmp_path: Path) -> None:
    root = copy(made, tmp_path / "killed")
    for verb in PUBLISH, PROMOTE, DEPLOY:
        for steps in itertools.count(step=7):
            if survives(root, verb, steps):
                break
    assert tree(root) == tree(deployed)


def test_a_candidate_that_replaces_another_is_never_half_there(made: Path, changed: Path, tmp_path: Path) -> None:
    report = candidates.load(changed, "digits").report
    tar = candidates.load(changed, "digits").tar
    old = tree(made / "candidates/digits")

    def store() -> None:
        work = Path("candidates/.work/digits")
        files.remove(work)
        work.mkdir(parents=True)
        files.copy(tar, work / tar.name)
        candidates.store(Path.cwd(), work, report, "# digits")

    wanted = copy(made, tmp_path / "wanted")
    forks.run(wanted, store)
    for steps in itertools.count():
        root = copy(made, tmp_path / "killed")
        if forks.survives(root, store, steps=steps):
            break
        assert tree(root / "candidates/digits") in (old, tree(wanted / "candidates/digits"))
        assert forks.run(root, store) == (0, "")
        assert tree(root) == tree(wanted)
    print(f"{steps} kills of storing a candidate")
