"""Faults of the machine, of repositories and of files: one clear line, exit 1, nothing half-done or lost."""

import fcntl
import json
import os
import re
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import build
import changed
import deploy
import forks
import jsonschema  # noqa: F401  what verbs import late is here before the forks
import new
import promote
import publish
import pytest
import rich.table  # noqa: F401
import status
import validate
import withdraw
from registries import IDENTITY, candidate, commit, git, template

from registry import console, swap
from registry.artifacts import archive, golden, litert
from registry.errors import RegistryError

TARGET = "deployments/staging/digits"
RELEASE = "releases/digits@v1.0.0"
DEPLOY = deploy, "staging", "--apply"
NOBODY = 65534


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a candidate of digits 1.0.0."""
    root = template(tmp_path_factory.mktemp("made") / "made")
    candidate(root)
    return root


@pytest.fixture(scope="module")
def released(made: Path) -> Path:
    """As above, with digits 1.0.0 released and pinned in staging."""
    root = Path(shutil.copytree(made, made.with_name("released")))
    say(root, publish, "digits")
    say(root, promote, "digits", "staging")
    commit(root)
    return root


@pytest.fixture
def fresh(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "a répository"))


@pytest.fixture
def pinned(released: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(released, tmp_path / "a répository"))


@pytest.fixture
def deployed(pinned: Path) -> Path:
    say(pinned, *DEPLOY)
    return pinned


def say(root: Path, verb: ModuleType, *words: str, code: int = 0, first: Callable[[], object] = int) -> str:
    """Run a verb, which must end with `code`; return what it said, without the count of problems."""
    found, said = forks.run(root, partial(console.run, verb.main), *words, first=first)
    assert (found, "Traceback" in said) == (code, False), said
    return said.removesuffix("1 problem\n")


def refused(root: Path, verb: ModuleType, *words: str, first: Callable[[], object] = int) -> str:
    """Run a verb, which must refuse and leave all as it is; return its one line."""
    before = tree(root)
    said = say(root, verb, *words, code=1, first=first)
    assert tree(root) == before
    return said.splitlines()[-1]


def tree(root: Path) -> dict[str, bytes]:
    """Return every file but Git's and the locks, which stay."""
    found = [path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts]
    return {str(path): path.read_bytes() for path in found if path.suffix != ".lock" and path.name != ".lock"}


def small_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this user can't mount a small disk: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_leaves_no_half_release(fresh: Path, disk: Path) -> None:
    line = refused(fresh, publish, "digits", "--releases", str(disk))
    assert line == (
        f"{disk}/.drafts/digits@v1.0.0/digits-1.0.0.tar: no space left on device; "
        "mend that and run the same command again"
    )
    assert (git(fresh, "tag"), list(disk.rglob("*.tar"))) == ("", [])


def test_a_full_disk_leaves_the_target_as_it_was(pinned: Path, disk: Path) -> None:
    (disk / "other").write_bytes(bytes(4096))
    (pinned / "deployments").symlink_to(disk)
    line = refused(pinned, *DEPLOY)
    assert line.endswith(".staging/digits/assets.extra/golden.npz: no space left on device; "
                         "mend that and run the same command again")  # fmt: skip
    assert sorted(path.name for path in disk.rglob("*") if path.is_file()) == [".lock", "other"]


def test_a_read_only_disk_is_named(pinned: Path, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    (pinned / "deployments").symlink_to(disk)
    assert refused(pinned, *DEPLOY) == (
        "deployments/staging: read-only file system; mend that and run the same command again"
    )


TOO_LARGE = {
    "publish": (publish, "digits"), "promote": (promote, "digits", "production"), "deploy": DEPLOY,
    "new": (new, "flowers"),
}  # fmt: skip


@pytest.mark.parametrize("verb", TOO_LARGE)
def test_a_file_that_can_not_be_written_is_named_and_nothing_is_left(deployed: Path, verb: str) -> None:
    shutil.rmtree(deployed / RELEASE) if verb == "publish" else shutil.rmtree(deployed / TARGET)
    line = refused(deployed, *TOO_LARGE[verb], first=partial(small_files, 50))
    assert (
        re.sub(r"\.\w{8}\.new", ".NEW", line)
        == {
            "publish": "releases/.drafts/digits@v1.0.0/digits-1.0.0.tar",
            "promote": "environments/production/digits.yaml",
            "deploy": "deployments/staging/.staging/digits/assets.extra/golden.npz",
            "new": "models/.flowers.new/model.yaml",
        }[verb]
        + ": file too large; mend that and run the same command again"
    )


def give_to_nobody(root: Path) -> None:
    """Let access rights bind: they don't bind root, so that another user has to run the verb."""
    if os.getuid() == 0:
        for folder in root.parents:
            folder.chmod(folder.stat().st_mode | 0o055)
        for path in (root, *root.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def become_nobody() -> None:
    os.environ |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    if os.getuid() == 0:
        os.setuid(NOBODY)


NO_ACCESS = {
    "deployments/staging": "deployments/staging: permission denied",
    TARGET: f"{TARGET}/deployed.json: permission denied",
    RELEASE: "digits@v1.0.0/release.json: can't be read: permission denied",
    "environments/staging": "environments/staging: permission denied",
    "environments/staging/digits.yaml": "environments/staging/digits.yaml: can't be read: permission denied",
}


@pytest.mark.parametrize("place", NO_ACCESS)
def test_what_can_not_be_read_is_named_and_never_counts_as_empty(deployed: Path, place: str) -> None:
    if place == RELEASE:
        (deployed / TARGET / "1000000/saved_model.pb").write_text("broken")
    give_to_nobody(deployed)
    before, mode = tree(deployed), (deployed / place).stat().st_mode
    (deployed / place).chmod(0)
    words = ["--apply"] * (place == RELEASE)
    said = say(deployed, deploy, "staging", "--prune", *words, code=1, first=become_nobody)
    (deployed / place).chmod(mode)
    assert said.splitlines()[-1].startswith(NO_ACCESS[place])
    assert tree(deployed) == before


FOLDERS_FOR_FILES = {
    "candidates/digits/report.json": (
        publish, "candidates/digits/report.json: can't be read: is a directory; build digits again"),
    "candidates/digits/digits-1.0.0.tar": (
        publish, "candidates/digits/digits-1.0.0.tar: is missing; build digits again"),
    f"{RELEASE}/release.json": (
        publish, "digits@v1.0.0/release.json: can't be read: is a directory; "
        "move the release's folder away and publish it again"),
    "environments/staging/digits.yaml": (
        deploy, "environments/staging/digits.yaml: can't be read: is a directory; "
        "mend that and run the same command again"),
    "deployments/staging/.lock": (
        deploy, "deployments/staging/.lock: is a directory; mend that and run the same command again"),
    "models/digits/model.py": (
        publish, "models/digits/model.py: is a directory; mend that and run the same command again"),
}  # fmt: skip


@pytest.mark.parametrize("place", FOLDERS_FOR_FILES)
def test_a_folder_where_a_file_should_be_is_named(pinned: Path, place: str) -> None:
    verb, line = FOLDERS_FOR_FILES[place]
    (pinned / place).unlink(missing_ok=True)
    (pinned / place / "inside").mkdir(parents=True)
    assert refused(pinned, *((verb, "digits") if verb is publish else DEPLOY)) == line


FILES_FOR_FOLDERS = {
    "candidates/digits": (publish, "candidates/digits: holds no candidate; make one with `tox run -e build -- digits`"),
    RELEASE: (
        publish, "digits@v1.0.0/release.json: can't be read: not a directory; "
        "move the release's folder away and publish it again"),
    "environments/staging": (
        deploy, "environments/staging: is no folder; put <model>.yaml files into a folder of this name"),
    TARGET: (deploy, f"{TARGET}: file exists; mend that and run the same command again"),
}  # fmt: skip


@pytest.mark.parametrize("place", FILES_FOR_FOLDERS)
def test_a_file_where_a_folder_should_be_is_named(pinned: Path, place: str) -> None:
    verb, line = FILES_FOR_FOLDERS[place]
    shutil.rmtree(pinned / place, ignore_errors=True)
    (pinned / place).parent.mkdir(parents=True, exist_ok=True)
    (pinned / place).write_text("a file")
    assert refused(pinned, *((verb, "digits") if verb is publish else DEPLOY)) == line


def test_a_target_that_is_a_file_is_named(pinned: Path) -> None:
    (pinned / "deployments").mkdir()
    (pinned / "deployments/staging").write_text("a file")
    assert refused(pinned, *DEPLOY) == f"{pinned}/deployments/staging: is no folder; write another target.path"


DAMAGE = {
    "": "is not JSON (Expecting value: line 1 column 1 (char 0))",
    "[" * 100_000: "is not JSON (maximum recursion depth exceeded while decoding a JSON array from a unicode string)",
    '{"tag": NaN}': "is not JSON (Out of range float values are not JSON compliant",
    "[]": "is damaged (it is empty)",
    "{}": "is damaged (",
}


@pytest.mark.parametrize("text", DAMAGE, ids=["empty", "deep", "NaN", "list", "mapping"])
def test_a_damaged_report_or_release_is_named_with_what_to_do(pinned: Path, text: str) -> None:
    facts = (pinned / RELEASE / "release.json").read_text()
    (pinned / RELEASE / "release.json").write_text(text)
    line = refused(pinned, *DEPLOY)
    assert line.startswith(f"digits@v1.0.0/release.json: {DAMAGE[text]}")
    assert line.endswith("; move the release's folder away and publish it again")
    (pinned / RELEASE / "release.json").write_text(facts)
    (pinned / "candidates/digits/report.json").write_text(text)
    line = refused(pinned, publish, "digits")
    assert line.startswith(f"candidates/digits/report.json: {DAMAGE[text]}")
    assert line.endswith("; build digits again")


@pytest.mark.parametrize("value", ["x", 1, [], {"min": "much"}, {"min": 10**400}], ids=str)
def test_a_report_with_thresholds_that_no_spec_can_have_is_refused(fresh: Path, value: object) -> None:
    place = fresh / "candidates/digits/report.json"
    report = json.loads(place.read_text())
    place.write_text(json.dumps(report | {"thresholds": {"accuracy": value}}))
    assert refused(fresh, publish, "digits").endswith("; build digits again")


RECORDS = [
    "", "{", "[]", "null", "[" * 100_000, '{"version": 1}', '{"version": "1.0.0"}', '{"version": "../.."}',
    '{"version": "1.0.0", "sha256": "x", "files": {}}', '{"version": "1.0.0", "sha256": "x", "files": {"a": []}}',
    '{"version": "1.0.0", "sha256": "x", "files": {"saved_model.pb": ""}}',
    '{"version": "1.0.0", "sha256": "x", "files": {"saved_model.pb": []}}',
    '{"version": "1.0.0", "sha256": "x", "files": ["\\u0000"]}',
]  # fmt: skip


@pytest.mark.parametrize("text", [*RECORDS, None], ids=[*map(str, range(len(RECORDS))), "folder"])
def test_a_damaged_record_is_drift_and_gets_repaired(deployed: Path, text: str | None) -> None:
    record = deployed / TARGET / "deployed.json"
    if text is None:
        record.unlink()
        record.mkdir()
    else:
        record.write_text(text)
    assert say(deployed, *DEPLOY).startswith(("  ! digits   1.0.0 (drift: repair)\n", "  ~ digits   1.0.0 → 1.0.0\n"))
    assert say(deployed, *DEPLOY) == "staging: nothing to do; it runs what is pinned\n"


GOLDEN = ["", "[]", "{}", "[" * 100_000, '{"inputs": [], "outputs": {}}', '{"inputs": {"x": 1}}']


@pytest.mark.parametrize("text", GOLDEN, ids=range(len(GOLDEN)))
def test_damaged_golden_predictions_are_told(pinned: Path, tmp_path: Path, text: str) -> None:
    folder = tmp_path / "version"
    with (pinned / RELEASE / "digits-1.0.0.tar").open("rb") as tar:
        facts = json.loads((pinned / RELEASE / "release.json").read_text())
        archive.unpack(tar, folder, archive.Artifact(**facts["report"]["artifact"]))
    (folder / golden.FILE).write_text(text)
    with pytest.raises(RegistryError, match=r"can't be read|does not take its golden inputs"):
        golden.check(folder, litert.load(folder / "assets.extra/model.tflite"), "digits@v1.0.0")


def test_a_damaged_artifact_leaves_what_runs(deployed: Path) -> None:
    tar = deployed / RELEASE / "digits-1.0.0.tar"
    good = tar.read_bytes()
    (deployed / TARGET / "1000000/saved_model.pb").write_text("broken")
    distrust = "publish or fetch it again, and don't trust this one"
    tar.write_bytes(good[:1000])
    assert refused(deployed, *DEPLOY) == (
        f"digits-1.0.0.tar: is smaller than the {len(good):,} bytes declared; {distrust}"
    )
    tar.write_bytes(good.replace(b"a SavedModel", b"b SavedModel"))
    assert re.fullmatch(
        rf"digits-1\.0\.0\.tar: has the digest \w{{64}}, not \w{{64}}; {distrust}", refused(deployed, *DEPLOY)
    )
    tar.unlink()
    assert refused(deployed, *DEPLOY) == (
        f"digits@v1.0.0: digits-1.0.0.tar is not in {deployed}/releases; "
        "publish it again, or name its folder with --releases"
    )
    shutil.rmtree(deployed / "releases")
    assert refused(deployed, *DEPLOY) == (
        f"digits@v1.0.0: is not in {deployed}/releases; name the folder that holds it with --releases, or its --repository"
    )


def test_a_release_of_other_bytes_than_the_pin_is_refused_before_it_is_unpacked(pinned: Path) -> None:
    pin = pinned / "environments/staging/digits.yaml"
    right = pin.read_text().split()[-1]
    pin.write_text(f"version: 1.0.0\nsha256: {'a' * 64}\n")
    assert refused(pinned, *DEPLOY) == (
        f"environments/staging/digits.yaml:2: sha256: is not the digest of digits@v1.0.0 in {pinned}/releases, "
        f"which is {right}; promote it again, or name the right folder"
    )


@pytest.mark.parametrize("name", ["digits-1.0.0.tar", "report.json", "model-card.md"])
def test_publish_names_what_is_damaged_in_a_published_release(pinned: Path, name: str) -> None:
    with (pinned / RELEASE / name).open("ab") as file:
        file.write(b" ")
    assert refused(pinned, publish, "digits") == (
        f"digits@v1.0.0/{name}: is missing or damaged; move the release's folder away and publish it again"
    )


def test_publish_sees_that_release_json_was_changed(pinned: Path) -> None:
    with (pinned / RELEASE / "release.json").open("ab") as file:
        file.write(b" ")
    assert refused(pinned, publish, "digits") == (
        "digits@v1.0.0/release.json: is missing or damaged; move the release's folder away and publish it again"
    )


def test_a_release_without_its_tag_gets_it_again_only_for_the_same_bytes(pinned: Path) -> None:
    git(pinned, "tag", "--delete", "digits@v1.0.0")
    other = Path(shutil.copytree(pinned, pinned.with_name("other")))
    assert say(pinned, publish, "digits").startswith("published digits@v1.0.0: ")
    assert git(pinned, "tag") == "digits@v1.0.0\n"
    candidate(other, factor=3.0)
    assert refused(other, publish, "digits") == (
        "digits@v1.0.0: is released with other bytes, and a version is never reused; raise it: 1.0.1, 1.1.0 or 2.0.0"
    )
    assert git(other, "tag") == ""


def test_a_tag_without_its_release_gets_it_again(pinned: Path) -> None:
    shutil.move(pinned / RELEASE, pinned.with_name("was"))
    assert say(pinned, publish, "digits").startswith("published digits@v1.0.0: ")
    names = {path.name: path.read_bytes() for path in pinned.with_name("was").iterdir()}
    assert {path.name: path.read_bytes() for path in (pinned / RELEASE).iterdir()} == names


def test_a_tag_that_was_moved_is_told(pinned: Path) -> None:
    message = git(pinned, "tag", "--list", "--format=%(contents)", "digits@v1.0.0")
    was = git(pinned, "rev-parse", "digits@v1.0.0^{commit}")[:12]
    commit(pinned)
    git(pinned, "tag", "--force", "--annotate", "--cleanup=verbatim", f"--message={message}", "digits@v1.0.0")
    now = git(pinned, "rev-parse", "HEAD")[:12]
    assert refused(pinned, publish, "digits") == (
        f"digits@v1.0.0: is a tag on {now}, but release.json says {was}; put it back: `git fetch --tags --force`"
    )


@pytest.mark.parametrize("words", [["digits@v1.0.0"], ["--annotate", "--message=by hand", "digits@v1.0.0"]])
def test_a_tag_made_by_hand_that_looks_like_a_release_is_told_by_every_verb(fresh: Path, words: list[str]) -> None:
    git(fresh, "tag", *words)
    what = "digits@v1.0.0: is a tag without a release's trailers ('Fingerprint')"
    told = (
        f"{what}; if it was made by hand, run `git tag -d 'digits@v1.0.0'`, and where it was pushed "
        "`git push --delete origin 'digits@v1.0.0'`"
    )
    for verb in validate, changed, status:
        assert f"{told}\n" in say(fresh, verb)
    assert say(fresh, changed, "--json").startswith("[\n")
    assert refused(fresh, publish, "digits") == (
        f"{what}; write version: 1.0.1, 1.1.0 or 2.0.0 in models/digits/model.yaml"
    )
    assert refused(fresh, promote, "digits", "staging") == told
    assert refused(fresh, promote, "digits", "staging", "--version", "1.0.0") == told


def test_a_tag_made_by_hand_keeps_only_its_own_version_from_being_released_and_pinned(fresh: Path) -> None:
    git(fresh, "tag", "digits@v1.0.1")
    assert say(fresh, publish, "digits").startswith("published digits@v1.0.0: ")
    candidate(fresh, factor=3.0)
    assert refused(fresh, publish, "digits").endswith("never reused; raise it: 1.1.0 or 2.0.0")
    assert "digits@v1.0.1: is a tag without" in refused(fresh, promote, "digits", "staging")  # it may be the newest
    say(fresh, promote, "digits", "staging", "--version", "1.0.0")


def test_a_withdrawal_tag_made_by_hand_withdraws(pinned: Path) -> None:
    git(pinned, "tag", "digits@v1.0.0!")
    (pinned / "environments/staging/digits.yaml").unlink()
    assert refused(pinned, promote, "digits", "staging", "--version", "1.0.0") == (
        "environments/staging/digits.yaml: digits@v1.0.0 is withdrawn: no reason is given; choose another version"
    )


def test_a_repository_without_commits_validates_and_publishes_nothing(fresh: Path) -> None:
    shutil.rmtree(fresh / ".git")
    git(fresh, "init", "--quiet")
    assert say(fresh, validate).startswith("1 model, 2 environments, 0 pins: all valid\n")
    assert say(fresh, changed).startswith("digits 1.0.0: has no release yet\n")
    assert say(fresh, *DEPLOY) == "staging: nothing to do; it runs what is pinned\n"
    assert refused(fresh, publish, "digits") == (
        "models/digits: no commit holds what was built; commit your changes: `git add models/digits && git commit`"
    )
    assert refused(fresh, promote, "digits", "staging") == (
        "environments/staging/digits.yaml: digits has no release to pin; publish one: `tox run -e publish -- digits`"
    )


def test_a_shallow_clone_is_told_by_every_verb_that_asks_for_releases(pinned: Path) -> None:
    git(pinned.parent, "clone", "--quiet", "--depth=1", f"file://{pinned}", "shallow")
    for verb in (validate,), (changed,), (status,), (promote, "digits", "staging"):
        assert refused(pinned.parent / "shallow", *verb) == (
            ".: is a shallow clone, which doesn't know all releases; run `git fetch --unshallow --tags`"
        )


def test_what_is_no_checkout_is_told(fresh: Path) -> None:
    git(fresh.parent, "clone", "--quiet", "--bare", str(fresh), "bare.git")
    for place in fresh.parent / "bare.git", fresh / ".git":
        assert refused(place, validate) == (
            ".: holds no files of a commit (a bare repository, or .git itself); change to a clone with files"
        )
    shutil.rmtree(fresh / ".git")
    assert refused(fresh, validate) == ".: is not in a Git repository; change to one, or run `git init`"
    assert say(fresh, validate, code=1, first=partial(shutil.rmtree, fresh)) == (
        ".: is a folder that is gone; change to the repository\n"
    )


def test_the_loop_works_detached_in_a_worktree_and_from_a_folder_below(fresh: Path) -> None:
    tree_of_its_own = fresh.with_name("œuvre of its own")
    git(fresh, "worktree", "add", "--quiet", "--detach", str(tree_of_its_own))
    shutil.copytree(fresh / "candidates", tree_of_its_own / "candidates")
    below = tree_of_its_own / "models/digits"
    for verb in (publish, "digits"), (promote, "digits", "staging"), DEPLOY, (status,), (validate,):
        say(below, *verb)
    assert (tree_of_its_own / TARGET / "1000000/saved_model.pb").read_text() == "a SavedModel"


def test_a_path_that_is_not_utf8_works_and_is_shown_as_it_can_be(fresh: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(fresh.parent) + b"/\xff"))
    fresh.rename(odd)
    assert say(odd, publish, "digits").startswith("published digits@v1.0.0: ")


def forget_who_we_are() -> None:
    for name in IDENTITY:
        del os.environ[name]
    os.environ |= {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent", "GIT_CONFIG_SYSTEM": "/dev/null"}


def test_without_git_or_a_name_for_it_nothing_is_published(fresh: Path) -> None:
    assert refused(fresh, publish, "digits", first=partial(os.environ.update, {"PATH": ""})) == (
        "git: is not installed; install it and run the same command again"
    )
    git(fresh, "config", "user.useConfigOnly", "true")
    assert refused(fresh, publish, "digits", first=forget_who_we_are) == (
        "git tag: does not know who makes digits@v1.0.0; "
        "run `git config user.name 'Your Name'` and `git config user.email you@example.org`"
    )
    assert git(fresh, "tag") == ""


def test_a_damage_that_keeps_sizes_and_times_is_noticed(deployed: Path) -> None:
    place = deployed / TARGET / "1000000/saved_model.pb"
    times = place.stat()
    place.write_text("b SavedModel")
    os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert "  ! digits   1.0.0 (drift: repair)\n" in say(deployed, deploy, "staging")
    say(deployed, *DEPLOY)
    assert place.read_text() == "a SavedModel"


def test_files_that_were_only_touched_or_copied_are_no_drift(deployed: Path) -> None:
    (deployed / TARGET / "1000000/saved_model.pb").touch()
    shutil.copytree(deployed / TARGET, deployed / "copy")
    shutil.rmtree(deployed / TARGET)
    (deployed / "copy").rename(deployed / TARGET)
    assert say(deployed, deploy, "staging") == "staging: nothing to do; it runs what is pinned\n"


def test_two_folders_change_places_in_steps_where_a_file_system_can_not_at_once(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (one / "was one").touch()
    swap.swap_by_renames(one, other)
    assert [sorted(path.name for path in folder.iterdir()) for folder in (one, other)] == [[], ["was one"]]
    swap.swap(one, other)
    assert [sorted(path.name for path in folder.iterdir()) for folder in (one, other)] == [["was one"], []]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_verb_that_is_told_to_stop_puts_things_in_order_and_says_what_to_do(pinned: Path, number: int) -> None:
    for steps in range(2, 40, 3):
        said = say(pinned, *DEPLOY, code=128 + number, first=partial(forks.signal_after, steps, number))
        assert said.endswith("stopped; run the same command again to go on\n")
        if (pinned / TARGET / "1000000").exists():
            break
    say(pinned, *DEPLOY)
    assert say(pinned, *DEPLOY) == "staging: nothing to do; it runs what is pinned\n"
    assert [name for name in tree(pinned / "deployments") if "/.staging/" in name] == []


def test_of_two_publishes_at_once_one_says_so_and_leaves(fresh: Path) -> None:
    lock = fresh / "releases/.drafts/digits@v1.0.0.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert refused(fresh, publish, "digits") == (
            f"{lock}: digits@v1.0.0 is being published by another process; wait until it is done"
        )


def test_of_two_builds_at_once_one_says_so_and_leaves(fresh: Path) -> None:
    (fresh / "rows.csv").write_text("1,2,0\n3,4,1\n")
    say(fresh, new, "flowers", "--data", "rows.csv")
    lock = fresh / "candidates/.work/flowers.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert refused(fresh, build, "flowers") == (
            f"{lock}: flowers is being built by another process; wait until it is done"
        )


def test_a_deploy_goes_on_while_another_version_is_being_published(pinned: Path) -> None:
    with (pinned / "releases/.drafts/digits@v1.0.0.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "staging: 1 change made\n" in say(pinned, *DEPLOY)


@pytest.mark.parametrize("shell", ["{verb} > /dev/full", "{verb} >&-"])
def test_an_output_that_can_not_be_written_is_no_traceback(fresh: Path, shell: str) -> None:
    verb = f"'{forks.PYTHON}' '{forks.SCRIPTS}/validate.py'"
    done = subprocess.run(["sh", "-c", shell.format(verb=verb)], cwd=fresh, capture_output=True, text=True)
    full = "this machine: no space left on device; mend that and run the same command again\n1 problem\n"
    assert (done.returncode, done.stderr) == ((1, full) if "full" in shell else (0, ""))


def test_a_withdrawal_that_git_refuses_is_told(pinned: Path) -> None:
    (pinned / ".git/refs/tags/digits@v1.0.0!.lock").touch()
    assert "git tag: cannot lock ref 'refs/tags/digits@v1.0.0!': Unable to create" in refused(
        pinned, withdraw, "digits", "1.0.0", "--reason", "x"
    )
