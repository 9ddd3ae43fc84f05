"""Which of main's commits an agent follows: signed ones where that is asked for; tags and code that somebody moved."""

import shutil
import subprocess
from pathlib import Path

import followers
import pytest
from followers import Follower
from registries import git

from registry.environments import merged


@pytest.fixture
def clone(pinned: Path, tmp_path: Path) -> Path:
    return followers.origin(pinned, tmp_path / "origin.git")


@pytest.fixture
def signing(pinned: Path, clone: Path, tmp_path: Path) -> Path:
    """A repository whose main asks for signed commits, that signs them with the key `ours`, which the clone trusts."""
    if not shutil.which("ssh-keygen"):
        pytest.skip("needs ssh-keygen")
    for name in ("ours", "theirs"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(tmp_path / name)]
        subprocess.run(make, check=True)
    (tmp_path / "signers").write_text(f'us@example.org namespaces="git" {(tmp_path / "ours.pub").read_text()}')
    git(clone, "config", "gpg.ssh.allowedSignersFile", str(tmp_path / "signers"))
    git(pinned, "config", "gpg.format", "ssh")
    git(pinned, "config", "user.signingKey", str(tmp_path / "ours"))
    git(pinned, "config", "commit.gpgSign", "true")
    spec = pinned / "environments/staging.yaml"
    spec.write_text(f"{spec.read_text()}require_signed_commits: true\n")
    followers.push(pinned)
    return pinned


def test_where_signatures_are_asked_for_each_commit_of_main_has_to_have_a_good_one(
    signing: Path, clone: Path, tmp_path: Path
) -> None:
    one = Follower(clone, signing / "releases")
    asked = git(signing, "rev-parse", "HEAD").strip()
    assert one.round() == [f"main is followed to {asked[:12]}", "staging: + digits   1.0.0"]
    followers.release(signing, "1.1.0")
    git(signing, "config", "commit.gpgSign", "false")
    plain = followers.promote(signing, "1.1.0")
    git(signing, "config", "commit.gpgSign", "true")
    signed = followers.push(signing)
    before = git(signing, "rev-parse", f"{plain}^").strip()
    followed, line = one.round()
    assert (followed, one.running) == (f"main is followed to {before[:12]}", ["1000000"])
    assert line == (
        f"main: has {plain[:12]}, whose signature is not good here (it has none), so {before[:12]} stays the last that is "
        f"followed; import the key, or once you know that it is right: `tox run -e agent -- staging --accept {plain}`"
    )
    assert one.round() == []
    followers.forks.verb(clone, "agent", "staging", "--accept", plain)
    assert one.round()[:2] == [f"main is followed to {plain[:12]}, as a person accepted", f"main is followed to {signed[:12]}"]
    assert one.running == ["1001000"]
    git(signing, "config", "user.signingKey", str(tmp_path / "theirs"))
    (signing / "environments/staging.yaml").write_text(
        (signing / "environments/staging.yaml").read_text().replace("require_signed_commits: true\n", "")
    )
    others = followers.push(signing)
    (line,) = one.round()
    assert line.startswith(f"main: has {others[:12]}, whose signature is not good here (Git says: ")
    assert "No principal matched.), so " in line
    inside = clone / ".github"
    inside.mkdir(exist_ok=True)
    (inside / "signers").write_text(f'them@example.org namespaces="git" {(tmp_path / "theirs.pub").read_text()}')
    git(clone, "config", "gpg.ssh.allowedSignersFile", ".github/signers")
    (_, line) = one.round()
    assert "(gpg.ssh.allowedSignersFile is a file of the repository, which a change may change; name one outside)" in line
    shutil.move(inside / "signers", tmp_path / "more")
    git(clone, "config", "gpg.ssh.allowedSignersFile", str(tmp_path / "more"))
    assert one.round()[0] == f"main is followed to {others[:12]}"
    git(signing, "config", "commit.gpgSign", "false")
    free = followers.push(signing)
    assert one.round() == [f"main is followed to {free[:12]}"]


def test_nobody_gets_rid_of_signatures_by_an_environment_that_is_gone_or_spoilt_for_a_while(signing: Path, clone: Path) -> None:
    one = Follower(clone, signing / "releases")
    one.round()
    spec, said = signing / "environments/staging.yaml", "whose signature is not good here (it has none)"
    text = spec.read_text()
    for other in b"{", b"[]", b"\xff", text.encode() + b"# x" * 100_000, b"require_signed_commits: 'yes'\n":
        assert merged.asks_for_signatures(other) is None
    for spoilt in None, "{":
        spec.unlink(missing_ok=True)
        if spoilt:
            spec.write_text(spoilt)
        stopped = followers.push(signing)
        one.round()
        spec.write_text(text.replace("require_signed_commits: true\n", ""))
        git(signing, "config", "commit.gpgSign", "false")
        forged = followers.push(signing)
        git(signing, "config", "commit.gpgSign", "true")
        assert any(f"main: has {forged[:12]}, {said}" in line for line in one.round())
        assert one.agent.vitals.followed == stopped
        git(signing, "reset", "--quiet", "--hard", stopped)
        git(signing, "push", "--quiet", "--force", "origin", "main")


def test_a_tag_that_somebody_moved_counts_as_it_was_seen_first(pinned: Path, clone: Path) -> None:
    one = Follower(clone, pinned / "releases")
    one.round()
    seen = git(clone, "rev-parse", "digits@v1.0.0")
    git(pinned, "tag", "--annotate", "--force", "--message", "other", "digits@v1.0.0", "HEAD")
    git(pinned, "push", "--quiet", "--force", "origin", "digits@v1.0.0")
    (line,) = one.round()
    assert line == (
        "digits@v1.0.0: is another tag on origin than the one that was seen first, which still counts; ask who moved it, and "
        "only then run `git fetch --tags --force`"
    )
    assert (one.round(), one.agent.vitals.is_well, git(clone, "rev-parse", "digits@v1.0.0")) == ([], True, seen)


def test_code_of_main_is_told_and_not_run(pinned: Path, clone: Path) -> None:
    one = Follower(clone, pinned / "releases")
    one.round()
    (pinned / "scripts").mkdir()
    (pinned / "scripts/agent.py").write_text("raise SystemExit('run')\n")
    (pinned / "tox.ini").write_text("[tox]\n")
    commit = followers.push(pinned)
    assert one.round()[1:] == [
        f"main: has other scripts, tox.ini in {commit[:12]} than this agent runs, and that waits for a person; look at it, "
        "then: `tox run -e agent -- staging --update`"
    ]
    followers.release(pinned, "1.1.0")
    followers.promote(pinned, "1.1.0")
    assert "staging: ~ digits   1.0.0 → 1.1.0" in one.round(), "what main pins goes on"
    assert one.agent.vitals.is_well
    git(clone, "merge", "--quiet", "--ff-only", commit)
    assert one.round()[-1] == f"{clone}: has other scripts, tox.ini than this agent was started with; start it again"
