"""What a spec says of files beside the rows, held against the code that takes them and against the rows."""

import hashlib
from pathlib import Path

import pytest
from mistakes import replace, said

PLACE = "models/digits"
ROWS, EXAM, WORDS = b"1,2,0\n", b"3,4,1\n", b"yes\nno\n"
SHA256 = {
    name: hashlib.sha256(content).hexdigest() for name, content in (("rows", ROWS), ("exam", EXAM), ("words", WORDS))
}
DATA = f"data:\n  path: rows.csv\n  sha256: {SHA256['rows']}\n  holdout: {{path: exam.csv, sha256: {SHA256['exam']}}}\n"
TAKEN = "is the file of the rows, held-out ones among them, which train() must not see; let load() alone take it, or leave it out"
LEFT = "is taken by neither load() in data.py nor train() in model.py; let one of them take it by this name, or leave it out"


def write(root: Path, inputs: str, load: str = "", train: str = "") -> None:
    for name, content in (("rows.csv", ROWS), ("exam.csv", EXAM), ("words.txt", WORDS)):
        (root / PLACE / name).write_bytes(content)
    spec = root / PLACE / "model.yaml"
    before, _, after = spec.read_text("utf-8").partition("data:\n")
    spec.write_text(f"{before}{DATA}\ninputs: {inputs}\n{after[after.index(chr(10) * 2) :]}", "utf-8")
    replace(root, f"{PLACE}/data.py", "def load(path", f"def load(path{load}")
    replace(root, f"{PLACE}/model.py", "features, labels,", f"features, labels, {train}")


@pytest.mark.parametrize("place", [
    f"{{path: exam.csv, sha256: {SHA256['exam']}}}",
    f"{{url: https://example.org/exam.csv, sha256: {SHA256['exam']}}}",
    f"{{package: ours==1.0, member: ours/rows.csv, sha256: {SHA256['rows']}}}",
])  # fmt: skip
def test_train_gets_no_file_of_rows_by_whatever_name(root: Path, place: str) -> None:
    write(root, f"{{words: {place}}}", load=", words", train="words, ")
    assert [line.partition(": ")[2] for line in said(root)] == [f"inputs.words: {TAKEN}"]


def test_load_may_take_it_too(root: Path) -> None:
    write(root, f"{{words: {{path: exam.csv, sha256: {SHA256['exam']}}}, more: {{path: words.txt, sha256: {SHA256['words']}}}}}",
          load=", words")  # fmt: skip
    assert [line.partition(": ")[2] for line in said(root)] == [f"inputs.more: {LEFT}"]


@pytest.mark.parametrize(("inputs", "told"), [
    ("{words: {path: words.txt}}", "inputs.words.sha256: is missing; write 64 lower-case hexadecimal digits, as sha256sum prints them"),
    (f"{{Words: {{path: words.txt, sha256: {SHA256['words']}}}}}", "inputs.Words: is not a name of an argument of load() or train()"),
    ("[words.txt]", "inputs: is a list; write a mapping of names to sources, for example "),
])  # fmt: skip
def test_a_fault_of_an_input_is_told_without_others_of_what_takes_it(root: Path, inputs: str, told: str) -> None:
    write(root, inputs, load=", Words" if "Words" in inputs else ", words")
    (line,) = said(root)
    assert line.partition(": ")[2].startswith(told)
