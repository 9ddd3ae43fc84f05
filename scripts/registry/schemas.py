"""Documents held against scripts/schemas. The one door to JSON Schema.

fastjsonschema says yes in microseconds; only when it says no is jsonschema asked to explain each problem.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import fastjsonschema

from registry.errors import Problem, did_you_mean
from registry.reader import Document

FOLDER = Path(__file__).parent.parent / "schemas"


def problems(document: Document, schema: str) -> list[Problem]:
    """Return every problem that a schema (`model`, `environment`, ...) has with a document."""
    try:
        _compiled(schema)(document.data)
    except fastjsonschema.JsonSchemaValueException as error:
        return list(dict.fromkeys(explain(document, schema))) or [document.problem(error.message)]
    return []


@cache
def load(name: str) -> dict:
    """Return one of scripts/schemas as a dictionary."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@cache
def _compiled(name: str):
    return fastjsonschema.compile(load(name), use_default=False)


def explain(document: Document, schema: str) -> Iterator[Problem]:
    """Yield every problem that jsonschema finds, in the words of people."""
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(load(schema)).iter_errors(document.data):
        yield from _problems(document, error)


def _problems(document: Document, error) -> Iterator[Problem]:
    place = tuple(error.absolute_path)
    known = list(error.schema.get("properties", {}))
    if "propertyNames" in error.schema_path:
        yield document.problem(f"is not {error.schema['title']}", *place, error.instance)
    elif error.validator == "additionalProperties":
        for name in set(error.instance) - set(known):
            yield document.problem(f"is not a field here; {did_you_mean(name, known)}", *place, name)
    elif error.validator == "required":
        for name in set(error.validator_value) - set(error.instance):
            about = error.schema.get("properties", {}).get(name, {})
            yield document.problem(f"is missing; write {_wanted(about)}", *place, name)
    else:
        yield document.problem(_text(document, error, place), *place)


def _text(document: Document, error, place: tuple) -> str:
    written = document.marks.get(place, (0, ""))[1] or _kind(error.instance)
    wanted = _wanted(error.schema, written)
    match error.validator:
        case "enum" if isinstance(error.instance, str):
            return f"{written} is not known here; {did_you_mean(written, error.validator_value)}"
        case "minLength" | "minItems" | "minProperties":
            return f"is empty; write {wanted}"
        case "type" if error.instance is None:
            return f"is empty; write {wanted}"
        case "type":
            return f"{written} is {_kind(error.instance)}; write {wanted}"
        case "uniqueItems":
            return "holds something twice; keep one of each"
        case "oneOf" | "anyOf":
            return f"must have {error.schema['title']}"
    return f"{written} is not possible here; write {wanted}"


def _wanted(about: dict, written: str = "") -> str:
    """Say what belongs in a place; 1.10 for a version becomes `three numbers, for example 1.10.0`."""
    title = about.get("title", "a value")
    examples = about.get("examples", [])
    if written and re.search(about.get("pattern", "$^"), f"{written}.0"):
        examples = [f"{written}.0"]
    return f"{title}, for example {_shown(examples[0])}" if examples else title


def _shown(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)


def _kind(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "a mapping"
