"""What is for whoever doubts a verdict: the same parts in the report, in the comment and on the release page."""

import re

import pytest
import samples

from registry.publishing import pages
from registry.pulls import comments
from registry.pulls.comments import Checked
from registry.showing import reportpage

CLUSTERS = {"sizes": [600, 400], "silhouettes": [0.3, 0.2], "sampled": 1000, "labelled": False}
OWN = ("reproduce it", "serve without Docker")
REPORTS = {
    "a classification": samples.sure(),
    "a regression": samples.houses(),
    "a clustering": samples.sure(clusters=CLUSTERS, confusion=None, calibration=None),
}


def folded(page: str) -> list[str]:
    return [one for one in re.findall(r"<summary>(.*?)</summary>", page) if one not in OWN]


@pytest.mark.parametrize("kind", REPORTS)
def test_no_page_leaves_out_what_another_has(kind: str) -> None:
    made = REPORTS[kind]
    in_comment = folded(comments.comment(Checked(reports=[made])))
    assert {"slices", "plots", "how sure the gate is"} < {*in_comment} and len(in_comment) >= 6
    assert folded(pages.page(samples.release(made))) == [one for one in in_comment if one != "plots"]
    heads = re.findall(r"^## (.*)$", reportpage.page(made), re.MULTILINE)
    assert heads == ["What changed", *(one.capitalize() for one in in_comment), "How it was made"]
