"""What a script left empty, such as a variable that was never set, is no value of an option, and no default either."""

from pathlib import Path

import forks
import pytest


@pytest.mark.parametrize("words", [
    ("build", "digits", "--releases"), ("catalogue", "--output"), ("changed", "--json", "--base"),
    ("deploy", "staging", "--apply", "--since"), ("deploy", "staging", "--apply", "--findings"), ("new", "flowers", "--data"), ("publish", "digits", "--releases"),
    ("publish", "digits", "--repository"), ("report", "--to", "comment.md", "--from"),
    ("report", "--from", "candidates", "--to"), ("report", "--from", "candidates", "--to", "comment.md", "--base"),
    ("serve", "--path"), ("serve", "staging", "--token-file"), ("upgrade", "--from"), ("upgrade", "--of"),
    ("upgrade", "--release"), ("upgrade", "--template"),
])  # fmt: skip
def test_an_empty_option_is_refused(root: Path, words: tuple[str, ...]) -> None:
    said = forks.verb(root, *words, "", code=2)
    assert f"error: argument {words[-1]}: is empty; write something, or leave the option out\n" in said
