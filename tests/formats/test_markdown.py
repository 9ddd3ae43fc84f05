"""Values from pull requests stay values: whatever they hold, a page shows them and GitHub does nothing with them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hostile import HOSTILE
from rendering import PARSER, check, read

from registry.formats import markdown
from registry.formats.markdown import Section


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("shown", [markdown.text, markdown.code])
def test_a_hostile_value_is_shown_and_nothing_else(value: str, shown) -> None:
    for page in (
        shown(value),
        f"before {shown(value)} after",
        markdown.table(["a", "b"], [(shown(value), "second")]),
        markdown.details(value, shown(value)),
        f"> {shown(value)}",
        f"- {shown(value)}",
        f"title\n\n{shown(value)}\n\nend",
    ):
        check(page)


@pytest.mark.parametrize("value", HOSTILE[:5])
def test_the_check_itself_notices_a_value_that_is_not_escaped(value: str) -> None:
    with pytest.raises(AssertionError):
        check(value)


@given(st.text(max_size=60))
@example("_a_")
@example("a\\")
def test_text_reads_as_it_was_written(value: str) -> None:
    shown = check(f"before {markdown.text(value)} after").text.replace("\u200b", "")
    assert "".join(shown.split()) == "".join(f"before{markdown.one_line(value)}after".split())


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_cell_stays_one_cell(first: str, second: str) -> None:
    page = markdown.table(["a", "b"], [(markdown.text(first), markdown.code(second))])
    check(page)
    assert [token.type for token in PARSER.parse(page)].count("td_open") == 2


def test_characters_that_nobody_sees_become_visible() -> None:
    assert markdown.text("pay\u202eload\x00 a\u200bb") == "pay�load� a�b"


def test_a_long_value_is_cut_before_anything_else() -> None:
    assert markdown.text("x" * 50_000_000, most=10) == "xxxxxxxxx…"


def test_a_code_block_can_not_be_ended_by_what_is_in_it() -> None:
    assert read(markdown.fence("a\n````\nb", "sh")).fences == [("sh", "a\n````\nb\n")]


def test_a_link_leads_where_it_says_or_is_none() -> None:
    assert markdown.link("a", "https://github.com/o/n/releases/tag/digits@v1.0.0?a=1#b") == (
        "[a](https://github.com/o/n/releases/tag/digits@v1.0.0?a=1#b)"
    )
    for address in (None, "javascript:alert(1)", "https://a b", "https://a)b", "https://a\nb", "//a"):
        assert markdown.link("a", address) == "a"


def test_an_alert_holds_blocks_and_nothing_ends_it() -> None:
    assert markdown.alert("NOTE", "**a**: b", "- c\n- d") == "> [!NOTE]\n> **a**: b\n>\n> - c\n> - d"


def test_a_long_list_says_how_much_it_leaves_out() -> None:
    assert markdown.bulleted(["1", "2", "3"], 2) == "- 1\n- 2\n- and 1 more"
    assert markdown.bulleted(["1", "2"], 2) == "- 1\n- 2"


def test_a_long_table_says_how_much_it_leaves_out() -> None:
    assert markdown.table(["a"], [("1",), ("2",), ("3",)], most=2) == "| a |\n| --- |\n| 1 |\n| 2 |\n\nand 1 more"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (0.95612, "0.9561"),
        (12, "12"),
        (999.4, "999.4"),
        (999.96, "1,000"),
        (-0.0, "0"),
        (40000.0, "40,000"),
        (1e20, "1e+20"),
    ],
)
def test_numbers_read_as_people_write_them(value: float | None, shown: str) -> None:
    assert markdown.number(value) == shown


@pytest.mark.parametrize(
    ("value", "other", "shown"),
    [
        (0.89998, 0.9, "0.89998"), (0.9, 0.9, "0.9"), (0.95612, 0.9, "0.9561"), (1000.4, 1000, "1,000.4"),
        (0.1 + 0.2, 0.3, "0.30000000000000004"), (0.123456, 0.123456, "0.1235"), (0.12344, 0.123405, "0.12344"),
    ],
)  # fmt: skip
def test_rounding_never_hides_on_which_side_of_a_limit_a_number_lies(value: float, other: float, shown: str) -> None:
    assert markdown.number(value, other) == shown


def test_a_page_that_fits_is_whole() -> None:
    assert markdown.fit([Section("a", "one", 1), Section("b", "", 2), Section("c", "two", 3)], 100) == "one\n\ntwo\n"


def test_what_is_worth_least_goes_first_and_is_named() -> None:
    parts = [Section("verdict", "v" * 40, 9), *[Section("plots", "p" * 40, 1)] * 3, Section("origin", "o" * 40, 5)]
    assert markdown.fit(parts, 160) == (
        f"{'v' * 40}\n\n{'o' * 40}\n\nLeft out to keep within 160 characters: plots (3).\n"
    )


def test_of_thousands_of_parts_each_is_measured_only_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[int] = []
    monkeypatch.setattr(markdown, "_size", lambda page: measured.append(len(page)) or len(page))
    markdown.fit([Section("plots", "p" * 40, 1)] * 5000, 1000)
    assert sum(measured) < 5 * 5000 * 40


@given(
    st.lists(st.builds(Section, st.sampled_from("abc"), st.text(max_size=200), st.integers(0, 3)), max_size=30),
    st.integers(100, 2000),
)
def test_a_page_never_exceeds_its_limit(parts: list[Section], limit: int) -> None:
    page = markdown.fit(parts, limit)
    assert len(page.encode("utf-16-le", "surrogatepass")) // 2 <= limit
