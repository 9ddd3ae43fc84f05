"""Pages of the catalogue in Debian's Chromium, opened as files: looked at, asked, and tried with a keyboard."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import browser
import eventful
import pytest
from browser import Page

pytestmark = browser.needed
KINDS = ["index", "models/digits", f"models/{eventful.LONG}", "models/digits/1.2.0", "models/sentiment/1.0.0",
         "models/digits/compare", "environments/production", "data", "events"]  # fmt: skip
AXE = importlib.util.find_spec("axe_core_python")
WIDE = """[...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1
  && !one.closest(".scroll, pre, .skip, .hidden")).map((one) => one.outerHTML.slice(0, 90))"""
FOUND = """axe.run(document, %s).then((found) =>
  found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).slice(0, 3).join(" ")}`))"""
# what is pushed sideways on a phone: figures alone, since all else can be told below one another
PUSHED = """[...document.querySelectorAll(".scroll")].filter((one) => one.scrollWidth > one.clientWidth
  && !one.querySelector(".lanes, .confusion")).map((one) => one.outerHTML.slice(0, 90))"""
DARK = ("index", "models/digits/1.2.0", "environments/production")
RULES = {"light": "{}", "dark": '{runOnly: ["color-contrast"]}'}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser.browsing(tmp_path_factory.mktemp("chromium")) as found:
        yield found.page()


@pytest.fixture
def show(page: Page, pages: Path):
    page.prefer("light")
    page.size(1080)
    return lambda name: page.open((pages / f"{name}.html").as_uri())


def test_no_page_is_wider_than_a_phone_a_tablet_or_a_desk_and_nothing_is_refused_by_its_policy(
    page: Page, show
) -> None:
    for width in (390, 720, 1080):
        page.size(width)
        for name in KINDS:
            show(name)
            page.size(width)
            assert page.ask("document.documentElement.scrollWidth") == width, name
            assert page.ask(WIDE) == [], name
            assert width > 390 or page.ask(PUSHED) == [], name
            assert page.complaints() == [], name
            assert page.ask("document.scripts.length") == 1, name


@pytest.mark.skipif(AXE is None, reason="axe-core-python, which brings axe, is not installed")
def test_axe_finds_nothing(page: Page, show) -> None:
    source = (Path(AXE.origin).parent / "axe.min.js").read_text("utf-8")
    found = {}
    for name in KINDS:
        show(name)
        page.ask(source)
        for scheme, rules in list(RULES.items())[: 2 if name in DARK else 1]:
            page.prefer(scheme)
            found[name, scheme] = page.ask(FOUND % rules)
    assert {kind: told for kind, told in found.items() if told} == {}


def test_all_of_a_page_is_on_the_paper(page: Page, show) -> None:
    for name in ("index", "models/digits", "models/digits/1.2.0", "environments/production", "events"):
        show(name)
        page.size(720)  # of A4, between its margins
        page.prefer("light", "print")
        assert page.ask("document.documentElement.scrollWidth") == 720, name
    page.prefer("light", "")


def test_dark_and_light_are_as_a_person_prefers_and_paper_has_no_menu(page: Page, show) -> None:
    show("index")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.ask(ground)
    page.prefer("dark")
    assert (light, page.ask(ground)) == ("rgb(255, 255, 255)", "rgb(13, 17, 23)")
    page.prefer("light", "print")
    assert page.ask('getComputedStyle(document.querySelector("nav")).display') == "none"
    page.prefer("light", "")


def test_a_keyboard_gets_to_the_content_first_and_sees_where_it_is(page: Page, show) -> None:
    show("index")
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert page.ask("document.activeElement.textContent") == "Skip to the content"
    assert page.ask("document.activeElement.getBoundingClientRect().left") >= 0
    assert page.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_models_are_filtered_by_name_owner_and_task_and_sorted(page: Page, show) -> None:
    show("index")
    shown = '[...document.querySelectorAll(".matrix tbody tr")].filter((row) => !row.hidden).map((row) => row.querySelector("a").innerText)'
    type_ = (
        'const input = document.querySelector("#filter"); input.value = "%s"; input.dispatchEvent(new Event("input"))'
    )
    every = page.ask(shown)
    assert every[1:] == ["digits", "groups", "mileage", "movies", "sentiment"]
    found = {}
    for word in ("senti", "VISION", "regression"):
        page.ask(f"{{ {type_ % word} }}")
        found[word] = page.ask(shown)
    assert found == {"senti": ["sentiment"], "VISION": ["digits"], "regression": ["mileage"]}
    assert page.ask('document.querySelector("output").textContent') == "1 of 6"
    page.ask(f"{{ {type_ % ''} }}")
    page.ask('document.querySelector(".matrix button").click(); document.querySelector(".matrix button").click()')
    assert page.ask(shown) == every[::-1]
    assert page.ask('document.querySelector(".matrix th").ariaSort') == "descending"


def test_two_versions_are_picked_and_what_differs_is_left(page: Page, show) -> None:
    show("models/digits/compare")
    heads = (
        '[...document.querySelectorAll(".versions thead th")].filter((one) => !one.hidden).map((one) => one.innerText)'
    )
    assert page.ask(heads) == ["what", "1.2.1 older", "2.0.0 newest"]
    page.ask("""{ const [one, other] = document.querySelectorAll("select"); one.value = "1"; other.value = "3";
      document.querySelector("#unlike").checked = true; one.dispatchEvent(new Event("change", {bubbles: true})) }""")
    assert page.ask(heads) == ["what", "1.0.0 older", "1.2.0 older"]
    rows = page.ask("""[...document.querySelectorAll(".versions tbody tr:not(.group)")].filter((one) => !one.hidden)
      .map((one) => one.cells[0].innerText)""")
    assert "training.epochs" in rows and "verdict" not in rows
    groups = """[...document.querySelectorAll(".versions tbody")].filter((one) => !one.rows[0].hidden)
      .map((one) => [...one.rows].filter((row) => !row.hidden).length)"""
    assert page.ask(groups) and 1 not in page.ask(groups), "no heading stands above nothing"
    command = '[...document.querySelectorAll("code")].map((one) => one.textContent)'
    assert "tox run -e compare-rescore -- digits 1.0.0 1.2.0" in page.ask(command)


def test_a_phone_shows_what_is_pinned_now_and_whose_bars_these_are(page: Page, show) -> None:
    page.size(390)
    show("environments/production")
    page.size(390)
    seen = """[".names", ".bars"].map((one) => document.querySelector(`.lanes ${one}`).getBoundingClientRect())
      .map((one) => [Math.round(one.left), Math.round(one.right)])"""
    (left, _), (hidden, right) = page.ask(seen)
    assert 0 <= left < right <= 390 and hidden < left, "the oldest end is what is out of sight"


def test_without_scripts_all_of_it_can_be_read_and_nothing_is_there_in_vain(page: Page, show) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        show("models/digits/compare")
        seen = '[...document.querySelectorAll(".versions thead th, form")].filter((one) => one.offsetHeight > 0).length'
        assert page.ask(seen) == 6, "every version, and no form"
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
