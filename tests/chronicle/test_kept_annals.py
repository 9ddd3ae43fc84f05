"""What is kept of main's past tells the same as Git does, until anything that it follows from changes."""

import marshal
import os
import shutil
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pasts
import pytest
import registries
from pasts import Past

from registry import git
from registry.chronicle import annals, cache, passage, sequel
from registry.chronicle.annals import Annals
from registry.errors import RegistryError

CREW = "Some One <some@example.org> Someone <someone@example.org>\n"


def eventful(folder: Path) -> Path:
    """Make a repository with all that annals tell of: odd names too, merges, reverts, and tags of every kind."""
    past = Past()
    first = past.commit(pasts.environments() | pasts.pin("staging", "digits", "1.0.0"), "begin \udcff\u2028")
    side = past.commit({"README.md": "aside\n"}, "aside", onto=first, branch="topic")
    past.commit(pasts.pin("staging", "digits", "1.1.0") | {"models/odd/model.yaml": "a: 1\n"}, "merge", merged=(side,))
    past.commit(pasts.pin("staging", "digits", None), f"back\n\nThis reverts commit {'a' * 40}.")
    past.release("digits", "1.0.0", first)
    past.release("digits", "1.1.0", side, person="Ä. Other <other@example.org>")
    past.release("digits", "1.2.0", first, person=None)
    past.tag("digits@v1.1.0!", side, "it sees \udcff\n")
    past.tag("odd@v1.0.0", first, "no release\n")
    past.write(folder / "root")
    return folder / "root"


def asked(root: Path) -> Annals:
    return cache.read(root)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A repository of which annals are kept."""
    root = eventful(tmp_path)
    asked(root)
    return root


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """How often all was read anew: a call each."""
    calls, gather = [], annals.gather
    monkeypatch.setattr(annals, "gather", lambda *words: calls.append(words) or gather(*words))
    return calls


def test_what_is_kept_is_what_git_tells_and_git_is_not_asked_for_it(kept: Path, anew: list) -> None:
    told = annals.gather(kept, passage.tip(kept))
    assert {one.name for one in told.left} == {"digits@v1.1.0!", "odd@v1.0.0"} and len(told.releases) == 3
    assert [event.kind for _, event in told.moved] == ["pinned", "moved", "removed"]
    (kept / ".git/refs/tags/broken").write_text(f"{'a' * 40}\n")  # another's, that leads nowhere
    assert asked(kept) == told and len(anew) == 1
    odd = cache.read(kept, ["odd", "even"])
    assert odd == told._replace(releases=[], left=told.left[1:], told={"odd@v1.0.0": told.told["odd@v1.0.0"]})
    assert len(anew) == 1


def test_checkouts_of_one_clone_keep_their_own(kept: Path, anew: list) -> None:
    beside = kept.parent / "beside"
    registries.git(kept, "worktree", "add", "--quiet", str(beside))
    told = asked(kept)
    assert asked(beside)[1:] == told[1:] and len(anew) == 1
    assert asked(beside)[1:] == told[1:] and asked(kept) == told and len(anew) == 1


def put(root: Path, those: dict[str, str | None]) -> None:
    """Commit what files become; None takes one away."""
    for path, text in those.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).unlink(missing_ok=True) if text is None else (root / path).write_text(text)
    registries.commit(root)


def gone(root: Path) -> None:
    registries.git(root, "reset", "--quiet", "--hard", "HEAD~1")
    registries.git(root, "reflog", "expire", "--expire=now", "--all")
    registries.git(root, "gc", "--quiet", "--prune=now")


def half_gone(root: Path) -> None:
    """Main goes back to its first commit; the last that it had is there still, but not what that stood on."""
    before = git.resolve(root, "HEAD~1")
    registries.git(root, "reset", "--quiet", "--hard", "HEAD~2")
    registries.git(root, "reflog", "expire", "--expire=now", "--all")
    for pack in (root / ".git/objects/pack").glob("*.pack"):
        objects = pack.rename(root / pack.name).read_bytes()
        subprocess.run(["git", "unpack-objects", "-q"], cwd=root, input=objects, check=True)
    (root / ".git/objects" / before[:2] / before[2:]).unlink()


def late(root: Path) -> None:
    """An environment comes in which a pin lay before, and another goes."""
    put(root, pasts.pin("late", "digits", "1.2.0"))
    assert asked(root).moved[-1][1].kind == "removed"
    put(root, {"environments/late.yaml": "words: a\n", "environments/production.yaml": None})


def busy(root: Path) -> None:
    """A pin moves twice, and comes back after it was taken away; versions are released and one is withdrawn."""
    for version in "1.2.0", None, "1.0.0":
        put(root, pasts.pin("staging", "digits", version))
    put(root, pasts.environments(staging="# more\n") | pasts.pin("production", "digits", "1.0.0"))
    registries.git(root, "tag", "--annotate", "--message=x", "digits@v1.0.0!", "HEAD~2")
    registries.git(root, "tag", "digits@v1.10.0", "HEAD~1")


def below(root: Path) -> None:
    registries.git(root, "tag", "--delete", "digits@v1.0.0")
    registries.git(root, "tag", "digits@v1.0.0/more")


GOES_ON = {
    "a commit": lambda root: registries.git(root, "commit", "--quiet", "--allow-empty", "-m", "more"),
    "another tag": lambda root: registries.git(root, "tag", "digits@v1.3.0"),
    "a tag goes": lambda root: registries.git(root, "tag", "--delete", "digits@v1.0.0"),
    "a tag moves": lambda root: registries.git(root, "tag", "--force", "digits@v1.0.0", "HEAD"),
    "a tag makes room for one below it": below,
    "much at once": busy,
}  # fmt: skip
ANEW = {
    "main goes back": lambda root: registries.git(root, "reset", "--quiet", "--hard", "HEAD~1"),
    "main goes back, and what it had is gone": gone,
    "main goes back, and half of what it had is gone": half_gone,
    "an environment comes": late,
    "people are called otherwise": lambda root: (root / ".mailmap").write_text(CREW),
}  # fmt: skip


@pytest.mark.parametrize("change", [*GOES_ON.values(), *ANEW.values()], ids=[*GOES_ON, *ANEW])
def test_whatever_changes_is_told_at_once(kept: Path, anew: list, change: Callable[[Path], object]) -> None:
    before = asked(kept)
    change(kept)
    after = asked(kept)
    assert len(anew) == (change in ANEW.values())
    assert after == annals.gather(kept, passage.tip(kept)) != before
    assert asked(kept) == after


def test_what_came_since_is_kept_when_it_is_no_longer_little_and_all_is_read_anew_when_it_is_much(
    kept: Path, anew: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = git.own(kept) / cache.FILE
    first = place.read_bytes()
    monkeypatch.setattr(cache, "LITTLE", 1)
    for count in 1, 2:
        registries.git(kept, "commit", "--quiet", "--allow-empty", "-m", "more")
        cache.read(kept, ["digits"])
        assert place.read_bytes() == first
        asked(kept)
        assert (place.read_bytes() == first) == (count == 1) and not anew
        registries.git(kept, "tag", f"a@v1.0.{count}")  # before all others
        assert asked(kept) == annals.gather(kept, passage.tip(kept))
        anew.clear()
    monkeypatch.setattr(sequel, "FEW", 0)
    registries.git(kept, "commit", "--quiet", "--allow-empty", "-m", "more")
    assert asked(kept).main.tip == git.head(kept) and len(anew) == 1


def test_other_code_reads_it_anew(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(cache.CODE, kept / "scripts")
    monkeypatch.setattr(cache, "CODE", kept / "scripts")
    told, calls = asked(kept), []
    monkeypatch.setattr(annals, "gather", lambda *words: calls.append(words) or told)
    (kept / "scripts/registry/.#git.py").symlink_to("someone@desk.1")  # as Emacs locks what it writes
    assert asked(kept) == told and not calls
    for count, file in enumerate(("registry/versions.py", "schemas/pin.json"), 1):
        os.utime(kept / "scripts" / file, ns=(0, 0))
        assert asked(kept) == told and len(calls) == count


def test_a_mailmap_that_is_no_file_calls_nobody_otherwise(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = asked(kept)
    monkeypatch.delattr(annals, "gather")
    for make in (kept / ".mailmap").mkdir, partial(os.symlink, "/dev/zero", kept / ".mailmap"), partial(os.mkfifo, kept / ".mailmap"):
        make()
        assert asked(kept) == told
        (kept / ".mailmap").rmdir() if (kept / ".mailmap").is_dir() else (kept / ".mailmap").unlink()


def test_what_was_kept_at_a_time_that_is_to_come_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past, root = Past(), tmp_path / "root"
    past.release("digits", "1.3.0", past.commit({}, date=2**40), 2**40)
    past.write(root)
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: 2**40 + 1)
        asked(root)
    assert asked(root) == annals.gather(root, passage.tip(root))


def test_where_a_person_has_git_see_no_further_back_all_is_told(kept: Path) -> None:
    told = asked(kept)
    (kept / ".git/info/grafts").write_text(told.main.tip)
    assert annals.gather(kept, told.main.tip) == told


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"1.1.0", b"1.1.1"))


def into_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def no_folder(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.write_text("no folder")


def other_code(path: Path) -> None:
    content = marshal.dumps(("of", "another", "shape"))
    path.write_bytes(zlib.crc32(content).to_bytes(cache.SUM, "big") + content)


def nowhere(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.symlink_to("nowhere")


@pytest.mark.parametrize(
    "damage",
    [no_folder, nowhere, half, changed, other_code, into_folder, Path.unlink, lambda path: path.write_bytes(b"")],
)
def test_a_damaged_file_counts_as_none(kept: Path, damage: Callable[[Path], object]) -> None:
    told = asked(kept)
    damage(git.own(kept) / cache.FILE)
    assert asked(kept) == told


@pytest.mark.parametrize("is_tag", [True, False])
def test_what_a_clock_that_is_ahead_tells_is_not_kept(tmp_path: Path, is_tag: bool) -> None:
    past = Past()
    mark = past.commit(pasts.environments(), date=None if is_tag else 2**40)
    past.release("digits", "1.0.0", mark, 2**40 if is_tag else None)
    past.write(tmp_path / "root")
    asked(tmp_path / "root")
    assert not (tmp_path / "root/.git" / cache.FILE).exists()


def test_names_from_elsewhere_and_a_clone_that_was_cut_off_keep_nothing(tmp_path: Path) -> None:
    root = eventful(tmp_path)
    (tmp_path / "crew").write_text(CREW)
    registries.git(root, "config", "mailmap.file", str(tmp_path / "crew"))
    assert {"Some One"} < {one.person.name for one in asked(root).main.moments} | {""}
    assert not (root / ".git" / cache.FILE).exists()
    registries.git(tmp_path, "clone", "--quiet", "--depth=1", root.as_uri(), str(tmp_path / "cut"))
    with pytest.raises(RegistryError, match="is a shallow clone"):
        asked(tmp_path / "cut")
    assert not (tmp_path / "cut/.git" / cache.FILE).exists()


def test_how_people_are_called_for_a_while_alone_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, gather = eventful(tmp_path), annals.gather
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(annals, "gather", lambda *words: (root / ".mailmap").write_text(CREW) and gather(*words))
        asked(root)
    (root / ".mailmap").unlink()
    assert asked(root) == gather(root, passage.tip(root))


def test_a_tag_that_comes_meanwhile_is_told_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, gather = eventful(tmp_path), annals.gather

    def slowly(root: Path, tip: str | None) -> Annals:
        found = gather(root, tip)
        registries.git(root, "tag", "digits@v2.0.0")
        return found

    monkeypatch.setattr(annals, "gather", slowly)
    assert "digits@v2.0.0" not in asked(root).told
    assert asked(root) == gather(root, passage.tip(root)) and "digits@v2.0.0" in asked(root).told
