"""Documents held against scripts/schemas. The one door to JSON Schema.

fastjsonschema says yes in microseconds; only when it says no is jsonschema asked to explain each problem.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from registry import versions
from registry.errors import Problem, did_you_mean, nearest, one_line
from registry.formats.reader import Document, Place

FOLDER = Path(__file__).parents[2] / "schemas"


def problems(document: Document, schema: str) -> list[Problem]:
    """Return every problem that a schema (`model`, `environment`, ...) has with a document."""
    import fastjsonschema

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
    import fastjsonschema

    return fastjsonschema.compile(load(name), {"": _named}, use_default=False, detailed_exceptions=False)


def _named(file: str) -> dict:
    """Return the schema that another one names by its file, beside it: `shared.json`."""
    return load(file.removesuffix(".json"))


def explain(document: Document, schema: str) -> Iterator[Problem]:
    """Yield every problem that jsonschema finds, in the words of people."""
    from jsonschema import Draft202012Validator, validators
    from referencing import Registry, Resource

    beside = Registry(retrieve=lambda file: Resource.from_contents(_named(file)))
    validator = validators.extend(Draft202012Validator, {"pattern": _pattern})
    errors = list(validator(load(schema), registry=beside).iter_errors(document.data))
    meant = {place for error in errors for place in _unknown(load(schema), error).values()}
    for error in errors:
        yield from _problems(document, error, load(schema), meant)


def _pattern(validator, pattern: str, instance: object, about: dict) -> Iterator:
    """Hold a text against a pattern whose `$` means the end, as in JSON Schema, and not a line feed before it."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError("does not match")


def _matches(pattern: str, text: str) -> bool:
    return re.search(re.sub(r"(?<!\\)\$", r"\\Z", pattern), text) is not None


def _problems(document: Document, error, schema: dict, meant: set[Place | None]) -> Iterator[Problem]:
    """Yield what an error says, less what is missing only because it stands under another name or in another place."""
    place = tuple(error.absolute_path)
    if "propertyNames" in error.schema_path:
        yield document.problem(
            f"is not {error.schema.get('title', 'a name that may stand here')}", *place, error.instance
        )
    elif error.validator == "additionalProperties":
        for name, home in _unknown(schema, error).items():
            yield document.problem(f"is not a field here; {_advice(error, place, home)}", *place, name)
    elif error.validator == "required":
        for name in set(error.validator_value) - set(error.instance):
            about = error.schema.get("properties", _fields(schema, place)).get(name, {})
            if (*place, name) not in meant:
                yield document.problem(f"is missing; write {_wanted(about)}", *place, name)
    elif error.validator not in ("oneOf", "anyOf") or not _is_meant(error, place, meant):
        yield document.problem(_text(document, error, place), *place)


def _fields(schema: dict, place: Place) -> dict:
    """Return the fields that a section has, for what is asked of it beside them, as of one kind only."""
    fields = schema["properties"]
    for step in place:
        fields = fields.get(step, {}).get("properties", {})
    return fields


def _is_meant(error, place: Place, meant: set[Place | None]) -> bool:
    return any((*place, name) in meant for name in error.schema.get("properties", ()))


def _unknown(schema: dict, error) -> dict[str, Place | None]:
    """Return the fields that an error is about and that nobody knows, each with the place that was probably meant."""
    if error.validator != "additionalProperties":
        return {}
    place, known = tuple(error.absolute_path), error.schema["properties"]
    found: dict[str, Place | None] = {}
    for name in set(error.instance) - set(known):
        near, home = nearest(name, known), _home(schema, name)
        found[name] = home if home or not near else (*place, near)
    return found


def _home(schema: dict, name: str) -> Place | None:
    """Return where a field belongs that stands in the wrong place: at the top or in a section."""
    sections = schema["properties"]
    if name in sections:
        return (name,)
    return next(((one, name) for one, about in sections.items() if name in about.get("properties", {})), None)


def _advice(error, place: Place, home: Place | None) -> str:
    if home is None:
        return did_you_mean("", error.schema["properties"])
    if home[:-1] == place:
        return f"did you mean {home[-1]}?"
    return f"it belongs {f'under {home[0]}' if len(home) > 1 else 'at the top, not indented'}"


def _text(document: Document, error, place: tuple) -> str:
    written = _written(document, error.instance, place)
    wanted = _wanted(error.schema, written)
    match error.validator:
        case _ if _is_blank(error.instance):
            return f"is empty; write {wanted}"
        case "enum" if isinstance(error.instance, str):
            return f"{written} is not known here; {did_you_mean(written, error.validator_value)}"
        case "type" if _takes_numbers(error.validator_value) and _is_number(error.instance):
            return f"{written} is text; leave out the quotes"
        case "type":
            return f"{written} is {kind(error.instance)}; write {wanted}".removeprefix(" ")
        case "uniqueItems":
            return "holds something twice; keep one of each"
        case "oneOf" | "anyOf":
            return f"must have {error.schema.get('title', 'another value')}"
    return f"{written or kind(error.instance)} is not possible here; write {wanted}"


def _written(document: Document, value: object, place: Place) -> str:
    """Return what stands at a place, in one line; nothing for a list and a mapping."""
    if place in document.marks or isinstance(value, list | dict):
        return one_line(document.marks.get(place, (0, ""))[1])
    return one_line(json.dumps(value, ensure_ascii=False))


def _wanted(about: dict, written: str = "") -> str:
    """Say what belongs in a place; v1.10 for a version becomes `three numbers, for example 1.10.0`."""
    title = about.get("title", "a value")
    examples = [_shown(example) for example in about.get("examples", [])[:1]]
    if examples and versions.PATTERN.fullmatch(examples[0]) and (numbers := re.findall(r"\d+", written)):
        examples = [".".join(str(int(number)) for number in [*numbers, 0, 0][:3])]
    return f"{title}, for example {examples[0]}" if examples else title


def _shown(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)


def _is_blank(value: object) -> bool:
    return value in (None, [], {}) or (isinstance(value, str) and not value.strip())


def _takes_numbers(types: str | list[str]) -> bool:
    return not {"number", "integer"}.isdisjoint([types] if isinstance(types, str) else types)


def _is_number(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", value) is not None


def kind(value: object) -> str:
    """Say what sort of value stands in a document: text, a number, a list."""
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
