"""Every broken document in tests/invalid is refused with exactly these lines."""

from pathlib import Path

import pytest

from registry import documents
from registry.errors import RegistryError

FOLDER = Path(__file__).parent / "invalid"

MESSAGES = {
    "a-list": [
        ':1: is not a mapping; write `field: value` lines',
    ],
    "alias": [
        ':15: training.epochs: *five is an alias; write the value out',
    ],
    "anchor": [
        ':15: training.epochs: &five is an anchor; leave it out and write values out',
    ],
    "byte-order-mark": [
        ':1: starts with a byte-order mark; save it as UTF-8 without one',
    ],
    "date": [
        ':4: owners[0]: 2026-01-01 is a date to some readers; write it in quotes if it is text',
    ],
    "duplicate-key": [
        ':16: training.epochs: stands twice, first on line 15; keep one',
    ],
    "empty": [
        ": is empty; write the document's fields",
    ],
    "exponent-without-point": [
        ':17: training.learning_rate: 1e-3 is text in YAML 1.1, not a number; write 0.001',
    ],
    "http-address": [
        ':8: data.url: http://example.org/x.csv is not possible here; write an https address, for example https://example.org/data.csv',
    ],
    "missing-field": [
        ':1: owners: is missing; write a list of teams or people, for example ["vision"]',
    ],
    "not-utf8": [
        ':3: is not UTF-8; save it as UTF-8',
    ],
    "one-fold": [
        ':20: evaluation.folds: 1 is not possible here; write 0 (none) or 2 to 20, for example 5',
    ],
    "several-documents": [
        ':28: holds several documents; keep one a file, without `---` lines',
    ],
    "short-digest": [
        ':10: data.sha256: 846fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d is not possible here; write 64 hexadecimal digits, for example 846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d',
    ],
    "tab": [
        ':15: a tab stands where YAML wants spaces; indent with spaces',
    ],
    "tag-that-builds-an-object": [
        ':15: training.epochs: tag:yaml.org,2002:python/name:os.system is a tag; leave it out and write plain values',
    ],
    "text-for-a-list": [
        ':4: owners: vision is text; write a list of teams or people, for example ["vision"]',
    ],
    "too-deep": [
        ':1: is nested deeper than 20 levels; write it flatter',
    ],
    "two-sources": [
        ':8: data: must have one source of rows (path, or url, or package with member)',
    ],
    "unknown-field": [
        ':20: evaluation.fold: is not a field here; did you mean folds?',
    ],
    "unknown-task": [
        ':5: task: clasification is not known here; did you mean classification?',
    ],
    "version-as-number": [
        ':2: version: 1.10 is a number; write three numbers, for example 1.10.0',
    ],
    "yes-as-boolean": [
        ':24: thresholds.accuracy.min: yes means true or false to some readers; write true or false, or write it in quotes if it is text',
    ],
}


def problems(name: str) -> list[str]:
    with pytest.raises(RegistryError) as error:
        documents.load(FOLDER, f"{name}.yaml", "model")
    return [str(problem).removeprefix(f"{name}.yaml") for problem in sorted(error.value.problems)]


def test_every_broken_document_has_an_expectation() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(MESSAGES)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_broken_document_is_refused_in_one_clear_line_a_fault(name: str) -> None:
    assert problems(name) == MESSAGES[name]


def test_a_very_large_document_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_text("#" * 300_000)
    with pytest.raises(RegistryError, match="large.yaml: is larger than 262,144 bytes, the most that a document may have"):
        documents.load(tmp_path, "large.yaml", "model")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": NaN}', "is not JSON: NaN is no finite number"),
        ('{"a": -Infinity}', "is not JSON: -Infinity is no finite number"),
        ('{"a": 1e999}', "is not JSON: 1e999 is no finite number"),
        ("[" * 50 + "]" * 50, "is nested deeper than 40 levels, which no verb writes"),
    ],
)
def test_json_that_no_verb_writes_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(RegistryError) as error:
        documents.load_json(tmp_path / "report.json", "report", "report.json")
    assert str(error.value) == f"report.json: {said}"
