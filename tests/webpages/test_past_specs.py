"""Specs that releases were made of are read section by section, and come to the same as if read whole."""

from pathlib import Path

import pasts
import pytest
from pasts import Past

from registry.formats import reader
from registry.webpages import origins

BEGIN = "version: 1.0.0\n"


@pytest.mark.parametrize("text", [
    BEGIN + "data:\n  sha256: ab\n  holdout: 0.2\n# a remark\ntraining: {seed: 7, x: [1, 2]}\n",
    BEGIN + "description: >-\n  some: text\n\n  training: 8\nowners: [a, b]\n",
    BEGIN + 'description: "of\nseveral: lines"\nowners: [a]\n',
    BEGIN + "training: {a: 1,\nb: 2}\nowners: [a]\n",
    "---\n" + BEGIN + "owners:\n- a\n- b\n",
])  # fmt: skip
def test_a_spec_read_by_its_sections_is_the_spec(tmp_path: Path, text: str) -> None:
    past = Past()
    past.commit({"models/digits/model.yaml": text, "models/digits/lib/net.py": "1\n"})
    (commit,) = past.write(tmp_path / "root")
    found = origins.read(tmp_path / "root", [(commit, "digits"), (commit, "spam")])
    assert found.keys() == {(commit, "digits")}
    assert found[commit, "digits"].spec == reader.parse("model.yaml", text.encode()).data
    assert sorted(found[commit, "digits"].files) == ["lib/net.py", "model.yaml"]


@pytest.mark.parametrize("text", ["version: 1.0.0\nowners: [a\n", "- a\n", "", "\xff", pasts.PERSON])
def test_what_is_no_spec_says_nothing(tmp_path: Path, text: str) -> None:
    past = Past()
    past.commit({"models/digits/model.yaml": text})
    (commit,) = past.write(tmp_path / "root")
    assert origins.read(tmp_path / "root", [(commit, "digits")])[commit, "digits"].spec == {}
