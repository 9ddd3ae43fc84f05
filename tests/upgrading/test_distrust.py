"""What a template's repository says is held against digests, signatures, records, and what was seen before."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import forerunners
import forks
import pytest
import registries
from forerunners import text
from registries import commit, git

from registry.upgrading import upstream


@pytest.fixture
def here(newer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a template, and a repository that was made from its version 1.0.0."""
    monkeypatch.setitem(registries.ENVIRONMENT, "PATH", forerunners.tox(tmp_path))
    shutil.copytree(newer, tmp_path / "template")
    forerunners.made_from(newer, "v1.0.0", tmp_path / "root")
    return tmp_path


def said(here: Path, *words: str, code: int = 1) -> list[str]:
    """Return what upgrade says of problems, the folder of this test left out."""
    words = words or ("--template", str(here / "template"))
    lines = forks.verb(here / "root", "upgrade", *words, code=code).replace(f"{here}/", "").splitlines()
    assert git(here / "root", "branch", "--format=%(refname:short)") == "main\n"
    assert git(here / "root", "worktree", "list").count("\n") == 1
    return [line for line in lines if not line.startswith(("from ", "to ", "tox run -e migrate ..."))]


def test_what_is_asked_wrongly_is_told(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "--template", str(here / "template")
    unread = "'/nowhere' does not appear to be a git repository fatal: Could not read from remote repository. Please make sure"
    assert said(here, "--template", "/nowhere")[0].startswith(f"/nowhere: can't be asked for its versions ({unread}")
    assert said(here, "--template", "/nowhere", "--check")[0].endswith(
        "so whether there is a newer one is not known; get online, let Git know how to log in, or name its address: "
        "`--template ADDRESS`")  # fmt: skip
    cases = {
        **{("--template", f"https://{secret}@example.org/octo/template"):
           "--template: holds a name or a password, which would be shown; let Git's credential helper know it"
           for secret in ("me:secret", "me:se@cret", "token")},
        (*source, "1.2.0"): "1.2.0: is no version of the template; did you mean 1.1.0?",
        (*source, "--from", "0.9.0"): "--from: 0.9.0 is no version of the template, and no commit before 1.1.0",
        (*source, "--tests", "broken"): "tox run -e broken: fails with the newer version, and root/.git/upgrade.log "
                                        "has all it said; nothing is proposed; `--tests ''` makes the branch untried, and you mend that there",
    }  # fmt: skip
    for words, told in cases.items():
        assert said(here, *words)[-2:] == [told, "1 problem"]
    monkeypatch.setitem(registries.ENVIRONMENT, "PATH", "/usr/bin:/bin")
    if not shutil.which("tox", path="/usr/bin:/bin"):
        assert said(here, *source)[-2] == (
            "tox: is not on the path, and tries what is new; put the folder that it lies in there"
        )
    git(here / "root", "branch", "upgrade-1.1.0")
    lines = forks.verb(here / "root", "upgrade", *source, code=1).splitlines()
    assert lines[2:] == [
        "upgrade-1.1.0: is a branch of something else, or of an older commit; `git branch -D upgrade-1.1.0`, or rename it",
        "1 problem",
    ]


def tag(source: Path, name: str, revision: str = "HEAD") -> None:
    git(source, "tag", "--annotate", "--force", "--message", "by hand", name, revision)


def changed(source: Path, path: str, content: str | None, name: str) -> None:
    forerunners.write(source, {path: content})
    tag(source, name)


def sealed(source: Path) -> None:
    """Tag other files with their own digest: the record is still that of the version before."""
    forerunners.write(source, {"scripts/verb.py": "bad\n"})
    sha256 = upstream.digest(source, upstream.entries(source, "HEAD"))
    git(source, "tag", "--annotate", "--force", "--message", f"by hand\n\nSHA256: {sha256}", "v1.1.0")


def other(source: Path) -> None:
    """Make another 1.0.0 than the one that the team has."""
    git(source, "tag", "--delete", "v1.0.0")
    git(source, "reset", "--quiet", "--hard", "v1.1.0~3")
    forerunners.write(source, {"scripts/gone.py": "other\n"})
    forerunners.release(source, "1.0.0")


RECORD = ".github/template.json"
CASES: dict[Callable[[Path], object], str] = {
    lambda one: git(one, "tag", "v1.2.0"):
        "v1.2.0: is no annotated tag of that name on a commit, as a release of the template makes it",
    lambda one: git(one, "update-ref", "refs/tags/v1.2.0", "refs/tags/v1.1.0"):
        "v1.2.0: is no annotated tag of that name on a commit, as a release of the template makes it",
    lambda one: tag(one, "v1.2.0"): f"v1.2.0: is not what its tag and its {RECORD} say: 1.1.0, sha256 ",
    lambda one: changed(one, "scripts/verb.py", "bad\n", "v1.1.0"):
        f"v1.1.0: is not what its tag and its {RECORD} say: 1.1.0, sha256 ",
    sealed: f"v1.1.0: is not what its tag and its {RECORD} say: 1.1.0, sha256 ",
    lambda one: changed(one, RECORD, None, "v1.2.0"):
        f"v1.2.0: has no {RECORD}, so it is no version to upgrade to; choose a later one",
    other: "v1.0.0: has another digest than the 1.0.0 that is here (",
    lambda one: git(one.parent / "root", "update-ref", "refs/template/v1.1.0", "HEAD"):
        "v1.1.0: names another object than this clone got before: somebody moved it; ask who made it, and only then run "
        "`git update-ref -d refs/template/v1.1.0`",
    lambda one: git(one, "tag", "--delete", "v1.0.0", "v1.1.0"):
        "the template: has no version yet, which is a tag such as v1.0.0; ask who makes it for one",
}  # fmt: skip


def test_a_version_that_is_not_what_it_was_released_as_is_refused(here: Path) -> None:
    source, root = here / "template", here / "root"
    refs = dict(line.split()[::-1] for line in git(source, "show-ref").splitlines())
    for act, told in CASES.items():
        act(source)
        *_, last, count = said(here)
        assert (last[: len(told)], count) == (told, "1 problem")
        for ref, name in refs.items():
            git(source, "update-ref", ref, name)
        git(source, "reset", "--quiet", "--hard")
        (source / ".git/refs/tags/v1.2.0").unlink(missing_ok=True)
        shutil.rmtree(root / ".git/refs/template", ignore_errors=True)


def test_a_version_that_is_not_signed_by_who_may_is_refused(here: Path, tmp_path: Path) -> None:
    source, root = here / "template", here / "root"
    if not shutil.which("ssh-keygen"):
        pytest.skip("needs ssh-keygen")
    for name in ("ours", "theirs"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(tmp_path / name)]
        subprocess.run(make, check=True)
    public = (tmp_path / "ours.pub").read_text()
    git(source, "config", "gpg.format", "ssh")
    git(source, "config", "user.signingKey", str(tmp_path / "ours"))
    git(source, "config", "tag.gpgSign", "true")
    forerunners.write(source, {"scripts/verb.py": text(line_9="9")})
    forerunners.release(source, "1.2.0")
    unknown = said(here)[-2]
    assert unknown.startswith("v1.2.0: is signed, and Git can't tell by whom: ") and unknown.endswith(
        "; name the key in .github/allowed_signers (SSH) or import it (GPG), once you know whose it is"
    )
    forerunners.write(root, {".github/allowed_signers": f'me@example.org namespaces="git" {public}'})
    assert said(here, "--template", str(source), "1.1.0")[-2] == (
        "v1.1.0: is not signed, and .github/allowed_signers names who signs; don't trust it, and tell who made it"
    )
    lines = forks.verb(root, "upgrade", "--template", str(source), "--tests", "")
    assert lines.splitlines()[1].endswith(", signed")
    git(root, "merge", "--quiet", "upgrade-1.2.0")
    git(root, "branch", "--delete", "upgrade-1.2.0")
    git(source, "config", "user.signingKey", str(tmp_path / "theirs"))
    forerunners.write(source, {"scripts/verb.py": text(line_10="10")})
    forerunners.release(source, "1.3.0")
    assert said(here)[-2].startswith("v1.3.0: is signed, and Git can't tell by whom: ")
    git(source, "config", "tag.gpgSign", "false")
    forerunners.write(source, {"scripts/verb.py": text(line_11="11")})
    forerunners.release(source, "1.4.0")
    plain = git(source, "cat-file", "tag", "v1.4.0").partition("\n\n")[2]
    other = f"{plain}-----BEGIN SSH SIGNATURE-----\n-----BEGIN PGP SIGNATURE-----\n"
    git(source, "tag", "--annotate", "--force", "--message", other, "v1.4.0", "v1.4.0^{}")
    assert said(here)[-2] == (
        "v1.4.0: is signed by no SSH key, and .github/allowed_signers names those that sign; don't trust it, and tell who made it"
    )
    git(source, "tag", "--annotate", "--force", "--message", plain, "v1.4.0", "v1.4.0^{}")
    git(root, "update-ref", "-d", "refs/template/v1.4.0")
    forerunners.write(root, {".github/allowed_signers": None})
    assert said(here)[-2] == "v1.4.0: is not signed, and 1.2.0 was; don't trust it, and tell who made it"


def test_an_address_that_others_can_fetch_from_is_recorded_and_no_other(here: Path) -> None:
    source, said = here / "template", []
    git(source, "remote", "add", "origin", str(here))
    assert forks.verb(source, "upgrade", "--release", "1.1.0", code=1) == (
        "v1.1.0: is released already; choose a higher version\n1 problem\n"
    )
    for address in (str(here), "ext::sh -c true", "https://me@example.org/x", "git@example.org:octo/template"):
        git(source, "remote", "set-url", "origin", address)
        forks.verb(source, "upgrade", "--release", "1.2.0")
        said.append(json.loads((source / RECORD).read_text()).get("repository"))
    assert said == [None, None, None, address]
    assert forks.verb(source, "upgrade", "--release", "1.2.0", "--template", "octo/template", code=1) == (
        f"{RECORD}:2: repository: octo/template is not possible here; write an address that Git can fetch from, without a "
        "password, for example https://github.com/octo/registry\n1 problem\n"
    )


def test_a_version_is_released_from_a_repository_without_an_origin_too(here: Path) -> None:
    source = here / "template"
    assert git(source, "remote") == ""
    assert forks.verb(source, "upgrade", "--release", "1.2.0").startswith(f"{RECORD}: 1.2.0, sha256 ")
    commit(source)
    assert forks.verb(source, "upgrade", "--release", "1.2.0").startswith("v1.2.0: sha256 ")


def test_what_is_older_or_has_no_record_is_told(here: Path) -> None:
    source, root = here / "template", here / "root"
    git(root, "rm", "--quiet", ".github/template.json")
    commit(root)
    assert said(here, "--check") == [
        ".github/template.json: tells no address of a template to ask; name its repository: `--template ADDRESS`",
        "1 problem",
    ]  # fmt: skip
    assert said(here, "--check", "--template", str(source), code=0)[0] == (
        "this repository has a version that no record tells of the template; newer: 1.0.0, 1.1.0"
    )
    forerunners.write(root, {".github/template.json": '{"version": "v2", "sha256": 1}'})
    assert said(here) == [
        ".github/template.json:1: sha256: 1 is a number; write 64 lower-case hexadecimal digits",
        ".github/template.json:1: version: v2 is not possible here; write three numbers, for example 2.0.0",
        "2 problems",
    ]
    git(source, "tag", "--delete", "v1.1.0")
    newest = forerunners.template(here / "other") and git(here / "other", "show", "v1.1.0:.github/template.json")
    forerunners.write(root, {".github/template.json": newest})
    assert said(here) == [
        "1.0.0: is older than 1.1.0, which is here; there is no way back but to revert the merge of that", "1 problem",
    ]  # fmt: skip
