"""What other schedulers ask of `publish` and `build`: all that is unreleased, and tags that reach origin."""

import shutil
from pathlib import Path

import build
import publish
import pytest
from registries import git
from saying import refused, say

TAG = "digits@v1.0.0"
HOOK = """#!/bin/sh
printenv GIT_USERNAME GIT_PASSWORD > "{}"
"""


@pytest.fixture
def origin(fresh: Path) -> Path:
    """The bare repository that `fresh` is a clone of."""
    origin = fresh.with_name("origin.git")
    git(fresh, "clone", "--quiet", "--bare", ".", str(origin))
    git(fresh, "remote", "add", "origin", str(origin))
    git(fresh, "fetch", "--quiet")
    return origin


def test_a_release_s_tag_reaches_origin_also_when_it_was_published_before(
    fresh: Path, origin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_USERNAME", "jenkins")
    monkeypatch.setenv("GIT_PASSWORD", "secret")
    seen = fresh.with_name("seen")
    (fresh / ".git/hooks").mkdir()
    (fresh / ".git/hooks/pre-push").write_text(HOOK.format(seen))
    (fresh / ".git/hooks/pre-push").chmod(0o755)
    git(fresh, "tag", "--annotate", "--message=not ours", "mine")
    git(fresh, "config", "push.followTags", "true")
    said = say(fresh, publish, "--unreleased", "--push", "--releases", str(fresh.with_name("shared")))
    assert f"\n{TAG} is on origin, too\nnext: `tox run -e promote -- digits staging`\n" in said
    assert (git(origin, "tag"), seen.read_text()) == (f"{TAG}\n", "jenkins\nsecret\n")
    git(origin, "tag", "--delete", TAG)
    assert say(fresh, publish, "digits", "--push", "--releases", str(fresh.with_name("shared"))).startswith(
        f"{TAG} is published already with these bytes; nothing to do\n{TAG} is on origin, too\n"
    )
    assert git(origin, "tag") == f"{TAG}\n"
    for verb, what in ((publish, "publish"), (build, "build")):
        assert say(fresh, verb, "--unreleased") == f"every model's version is released; nothing to {what}\n"


def test_what_a_clone_lost_before_it_was_pushed_is_published_from_the_shared_folder(fresh: Path, origin: Path) -> None:
    shared = "--releases", str(fresh.with_name("shared"))
    say(fresh, publish, "digits", *shared)
    other = fresh.with_name("other")
    git(fresh, "clone", "--quiet", str(origin), str(other))
    shutil.copytree(fresh / "candidates", other / "candidates")
    said = say(other, publish, "--unreleased", "--push", *shared)
    assert said.startswith(f"published {TAG}: ") and f"{TAG} is on origin, too\n" in said
    assert git(origin, "tag") == f"{TAG}\n"


def test_a_tag_that_can_not_be_pushed_is_told_after_what_was_done(fresh: Path, origin: Path) -> None:
    (origin / "hooks/update").write_text("#!/bin/sh\necho no tags here >&2\nexit 1\n")
    (origin / "hooks/update").chmod(0o755)
    said = say(fresh, publish, "digits", "--push", code=1)
    assert said.startswith(f"published {TAG}: ")
    assert f"{TAG}: can't be pushed to origin: remote: no tags here" in said
    assert f"{TAG}: can't be pushed to origin: " in say(fresh, publish, "--unreleased", "--push", code=1)
    (origin / "hooks/update").unlink()
    assert say(fresh, publish, "--unreleased", "--push") == f"{TAG} is on origin, too\n"
    assert say(fresh, publish, "--unreleased", "--push") == "every model's version is released; nothing to publish\n"
    git(origin, "tag", "--force", TAG)
    assert say(fresh, publish, "digits", "--push", code=1).endswith(
        f"{TAG}: is another tag on origin than here; run `git fetch --tags --force` and look at it\n"
    )


def test_a_push_to_nowhere_is_refused_before_anything_is_published(fresh: Path) -> None:
    assert refused(fresh, publish, "digits", "--push") == (
        "--push: has nowhere to push to, since this clone has no origin; run `git remote add origin …`"
    )
    assert refused(fresh, publish, "digits", "--push", "--repository", "octo/models").startswith(
        "--push: is for releases that lie in a folder, and "
    )
    for words in (["digits", "--unreleased"], []):
        assert "usage: " in say(fresh, publish, *words, code=2)
    git(fresh, "remote", "add", "origin", "/nowhere")
    assert refused(fresh, publish, "--unreleased", "--push").startswith("origin: can't be asked for its tags: ")
