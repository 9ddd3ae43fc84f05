"""Model cards: a head that Hugging Face's library reads, a body for people, and nothing that either was not told."""

from types import SimpleNamespace

import pytest
from hostile import HOSTILE, hostile
from huggingface_hub import EvalResult, ModelCard
from rendering import check
from samples import report

from registry.errors import RegistryError
from registry.formats import documents, reader
from registry.formats.reader import Document
from registry.publishing import cards

CARD = {
    "intended_use": "Reads single digits\nof forms.\n\nFor clerks, who look twice.",
    "out_of_scope": "Cheques.", "limits": "Takes a 7 with a bar for a 2.", "licence": "Apache-2.0",
    "classes": ["zero", "one"], "contact": "vision@example.org",
    "data": {"name": "MNIST", "licence": "CC-BY-SA-3.0", "url": "https://example.org/mnist", "description": "By clerks."},
}  # fmt: skip
EXAMPLE = {
    "request": '{"instances": [["it\'s", 1.5]]}',
    "answer": '{"predictions": [[0.1, 0.9]]}',
    "is_whole": True,
}


def card(made: dict) -> str:
    return cards.card(SimpleNamespace(model=made["model"], version=made["version"], commit="c" * 40), made)


def body(made: dict) -> str:
    return card(made).split("\n---\n", 1)[1]


def test_hugging_face_reads_its_head() -> None:
    metrics = {"accuracy": 0.956, "f1": 0.9, "log_loss": None, "roc_auc": 0.99, "latency_ms": 0.3, "size_mb": 1.8}
    read = ModelCard(card(report(card=CARD, metrics=metrics)), ignore_metadata_errors=False)
    facts = {"task_type": "image-classification", "dataset_type": "mnist", "dataset_name": "MNIST",
             "dataset_split": "held out", "dataset_revision": "84" * 32}  # fmt: skip
    told = [("accuracy", "accuracy", 0.956, None), ("f1", "f1", 0.9, {"average": "macro"}),
            ("roc_auc", "roc_auc", 0.99, None)]  # fmt: skip
    assert read.data.eval_results == [
        EvalResult(metric_type=kind, metric_name=name, metric_value=value, metric_args=words, **facts)
        for kind, name, value, words in told
    ]
    assert {name: value for name, value in read.data.to_dict().items() if name != "model-index"} == {
        "license": "apache-2.0", "library_name": "tf-keras", "pipeline_tag": "image-classification",
        "tags": ["keras", "tensorflow", "litert", "classification"], "metrics": ["accuracy", "f1", "roc_auc"],
    }  # fmt: skip
    assert read.text.startswith("\n# digits 1.1.0\n")


TENSORS = {
    "text-classification": ("classification", "bytes", [None]),
    "image-classification": ("classification", "float32", [None, 8, 8, 3]),
    "tabular-classification": ("classification", "float32", [None, 4]),
    "tabular-regression": ("regression", "float32", [None, 4]),
}


@pytest.mark.parametrize("kind", TENSORS)
def test_what_goes_in_tells_what_hugging_face_calls_the_task(kind: str) -> None:
    task, dtype, shape = TENSORS[kind]
    made = report(task=task, thresholds={}, inputs=[{"name": "x", "dtype": dtype, "shape": shape}])
    head = ModelCard(card(made), ignore_metadata_errors=False).data
    assert (head.pipeline_tag, head.eval_results[0].task_type) == (kind, kind)


LICENCES = {
    "MIT": {"license": "mit"}, "GPL-3.0-or-later": {"license": "gpl-3.0"},
    "Ours, see the wiki": {"license": "other", "license_name": "ours-see-the-wiki"}, "§": {"license": "other", "license_name": "other"},
}  # fmt: skip


@pytest.mark.parametrize("name", LICENCES)
def test_a_licence_is_named_as_hugging_face_names_it_or_is_another(name: str) -> None:
    head = ModelCard(card(report(card={"licence": name}))).data.to_dict()
    assert {key: value for key, value in head.items() if key.startswith("license")} == LICENCES[name]


def test_a_card_tells_people_what_the_spec_says_and_how_to_ask_the_model() -> None:
    page = body(report(card=CARD, example=EXAMPLE))
    check(page.replace("(https://example.org/mnist)", ""))
    assert page.startswith(
        "\n# digits 1.1.0\n\n"
        "> [!NOTE]\n> **digits 1.1.0 passes**: accuracy 0.956, 0.5 points more than 1.0.0, by estimate\n\n"
        "Reads handwritten digits.\n\n"
        "Owners: vision. Task: classification. Takes `image` float32 rows×28×28×1; gives `output_0` float32 rows×10.\n\n"
        "## Intended use\n\nReads single digits of forms.\n\nFor clerks, who look twice.\n\n"
        "## Out of scope\n\nCheques.\n\n## Limits\n\nTakes a 7 with a bar for a 2.\n\n## How good it is\n\n"
    )
    assert (
        "\n## Classes\n\n| label | means |\n| --- | --- |\n| 0 | zero |\n| 1 | one |\n\n"
        "## Data\n\n[**MNIST**](https://example.org/mnist)\n\nBy clerks.\n\n## How to run it\n\n"
    ) in page
    assert (
        "\n## An example\n\n```sh\ncurl http://localhost:8501/v1/models/digits:predict \\\n"
        '  --data \'{"instances": [["it\'"\'"\'s", 1.5]]}\'\n```\n\n'
        'answers, but for the last digits:\n\n```\n{"predictions": [[0.1, 0.9]]}\n```\n\n## How it was made\n\n'
    ) in page
    assert page.endswith(
        "\n## Licence\n\nThe model is under Apache-2.0. The data is under CC-BY-SA-3.0.\n\n"
        "## Contact\n\n`vision@example.org`\n"
    )


def test_what_nobody_told_is_left_out_and_not_guessed() -> None:
    page = card(report(example=None))
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert headings == ["## How good it is", "## How to run it", "## How it was made"]
    assert "license" not in page
    assert ModelCard(page).data.eval_results[0].dataset_name == "mnist.csv.gz"


@pytest.mark.parametrize("value", HOSTILE)
def test_no_words_break_out_of_a_card_or_its_head(value: str) -> None:
    short = value[:100]
    told = dict.fromkeys(("intended_use", "out_of_scope", "limits", "contact"), value) | {
        "licence": short, "classes": [short], "data": {"name": value, "licence": short, "url": value, "description": value},
    }  # fmt: skip
    example = {"request": value, "answer": value, "is_whole": True}
    made = hostile(value) | {"card": told, "example": example, "metrics": {"accuracy": 0.5}}
    documents.check(Document("report.json", made, {}), "report")
    check(body(made))
    head = reader.parse("head", card(made).split("---\n")[1].encode())
    assert head.problems == []
    assert head.data.keys() - {"license_name"} == {
        "license", "library_name", "pipeline_tag", "tags", "metrics", "model-index",
    }  # fmt: skip


AMBIGUOUS = [
    "no",
    "1.10",
    "2026-11-29",
    "1e5",
    "0x1f",
    "",
    "~",
    "- a",
    "a: b",
    "#",
    "ünï",
    "'",
    '"',
    "12:30",
    "null",
    "{}",
]


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_text_that_readers_take_for_other_things_is_written_so_that_none_does(text: str) -> None:
    written = reader.write({"key": text, "list": [text], "number": 1.5, "rows": 3})
    found = reader.parse("head", written.encode())
    assert (found.problems, found.data) == ([], {"key": text, "list": [text], "number": 1.5, "rows": 3})


@pytest.mark.parametrize(
    "card", [{"licence": 7}, {"data": {"url": "x" * 2001}}, {"classes": ["x" * 101]}, {"made": "up"}]
)
def test_a_card_that_no_spec_can_have_is_in_no_report(card: dict) -> None:
    with pytest.raises(RegistryError, match="card"):
        documents.check(Document("report.json", report(card=card), {}), "report")
