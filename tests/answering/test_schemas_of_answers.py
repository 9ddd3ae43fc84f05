"""What several documents tell, such as an event, has one shape in all of them."""

from registry.formats import schemas


def test_one_thing_has_one_shape_in_the_schemas_of_all_answers() -> None:
    found: dict[str, dict] = {}
    for verb in "show", "compare", "why":
        for name, about in schemas.load(verb)["$defs"].items():
            assert found.setdefault(name, about) == about, f"{name} of {verb}"
    history, status = (schemas.load(verb)["properties"] for verb in ("history", "status"))
    assert history["events"]["items"] == found["event"]
    assert {verb["at"]["properties"] == found["moment"]["properties"] for verb in (history, status)} == {True}
