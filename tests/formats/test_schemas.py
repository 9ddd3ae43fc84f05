"""The schemas serve people in their editors as well as the verbs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from registries import TEMPLATE
from servers import ROOT

from registry.formats import schemas

NAMES = sorted(path.stem for path in schemas.FOLDER.glob("*.json"))
BY_PEOPLE = ["environment", "model", "pin", "runners"]
HEADER = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")
# What means the same to fastjsonschema (draft 7) and to jsonschema (2020-12).
KEYWORDS = {
    "$schema", "title", "description", "examples", "default", "type", "enum", "const", "not", "if", "then",
    "allOf", "anyOf", "oneOf", "properties", "additionalProperties", "propertyNames", "required", "items",
    "$ref", "$defs", "uniqueItems", "minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "pattern",
}  # fmt: skip


def fields(schema: dict, place: str = "") -> Iterator[tuple[str, dict]]:
    """Yield every field and item that a schema describes, at any depth and in its definitions."""
    for name, about in schema.get("$defs", {}).items():
        yield from fields(about, f"{place}{name}")
    for name, about in schema.get("properties", {}).items():
        yield f"{place}.{name}", about
        yield from fields(about, f"{place}.{name}")
    for keyword in ("additionalProperties", "items"):
        if isinstance(about := schema.get(keyword), dict):
            yield f"{place}.{keyword}", about
            yield from fields(about, f"{place}.{keyword}")


def keywords(schema: dict) -> Iterator[str]:
    """Yield every keyword of a schema, at any depth."""
    for keyword, value in schema.items():
        yield keyword
        if keyword in ("properties", "$defs"):
            parts = list(value.values())
        else:
            parts = value if keyword in ("allOf", "anyOf", "oneOf") else [value]
        if keyword not in ("default", "examples", "enum", "const"):
            yield from (one for part in parts if isinstance(part, dict) for one in keywords(part))


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(schemas.load(name))
    assert set(keywords(schemas.load(name))) <= KEYWORDS


@pytest.mark.parametrize("name", NAMES)
def test_every_field_at_any_depth_has_a_description(name: str) -> None:
    assert [
        place for place, about in fields(schemas.load(name)) if not about.get("description", "").endswith(".")
    ] == []


@pytest.mark.parametrize("name", BY_PEOPLE)
def test_every_field_says_what_belongs_there_and_its_examples_and_default_do(name: str) -> None:
    for place, about in fields(schemas.load(name)):
        assert about["title"], place
        for value in [*about.get("examples", []), *([about["default"]] if "default" in about else [])]:
            subset = {key: part for key, part in about.items() if key not in ("required", "oneOf", "allOf")}
            subset["$defs"] = schemas.load(name).get("$defs", {})
            assert Draft202012Validator(subset).is_valid(value), f"{place}: {json.dumps(value)}"


@pytest.mark.parametrize("name", NAMES)
def test_a_mapping_with_fields_takes_no_others(name: str) -> None:
    defined = schemas.load(name).get("$defs", {})
    every = [("", schemas.load(name)), *defined.items(), *fields(schemas.load(name))]
    free = {place for place, about in every if "properties" in about and about.get("additionalProperties") is not False}
    assert free == ({".training", "source"} if name == "model" else set())


@pytest.mark.parametrize("document", [
    *sorted(TEMPLATE.rglob("*.yaml")),
    *sorted((ROOT / "tests/invalid").glob("*/version-with-a-v.yaml")),
], ids=str)  # fmt: skip
def test_an_editor_finds_the_schema_from_the_document(document: Path) -> None:
    header = HEADER.match(document.read_text("utf-8"))
    if document.parent.name == "pin":
        assert header is None
    else:
        place = ROOT / document.relative_to(TEMPLATE) if document.is_relative_to(TEMPLATE) else document
        assert (place.parent / header[1]).resolve().parent == schemas.FOLDER.resolve()
        assert (place.parent / header[1]).resolve().is_file()


def test_an_editor_finds_the_schema_from_a_new_model() -> None:
    header = HEADER.match((ROOT / "scripts/templates/model.yaml").read_text("utf-8"))
    made = ROOT / "somewhere" / "new"
    assert (made / header[1]).resolve() == schemas.FOLDER.resolve() / "model.json"
