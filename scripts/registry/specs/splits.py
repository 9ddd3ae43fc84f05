"""What the schema can't say of data.split: columns and a gap that do not go together. Pure."""

from collections.abc import Iterator

from registry.errors import Problem
from registry.formats.reader import Document

LABEL = "label"


def problems(document: Document) -> Iterator[Problem]:
    """Yield what no rows could be parted by."""
    if not document.is_sound("data"):
        return
    split = document.data["data"].get("split", {})
    named = {kind: split[kind] for kind in ("group", "time") if kind in split}
    for kind, name in named.items():
        if name == LABEL:
            text = f"{LABEL} is what the model is asked for; name a column that load() returns beside the labels"
            yield document.problem(text, "data", "split", kind)
    if len(named) == 2 and split["group"] == split["time"]:
        text = f"{split['group']} is the time, too; name the column of what each row belongs to, or leave group out"
        yield document.problem(text, "data", "split", "group")
    if "gap" in split and "time" not in split:
        text = "has no effect without time; write `time:` with the column that says when a row was, or leave gap out"
        yield document.problem(text, "data", "split", "gap")
