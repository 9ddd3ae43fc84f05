"""What a page says of what a model was trained on."""

import pytest
import samples

from registry.showing import sections

GOES_ON = "; it went on where a training was ended, so one in a piece may give other weights"
TOLD = {
    "cpu": (["cpu"], 1, False),
    "2 × A100": (["A100", "A100"], 1, False),
    "A100, T4 on each of 3 machines together": (["A100", "T4"], 3, False),
    f"cpu{GOES_ON}": (["cpu"], 1, True),
}


@pytest.mark.parametrize("told", TOLD)
def test_a_page_says_on_what_a_model_was_trained(told: str) -> None:
    facts = dict(zip(("devices", "workers", "resumed"), TOLD[told], strict=True))
    assert f"\n- **trained on**: {told}\n" in sections.origin(samples.report(trained_on=facts))


def test_a_page_of_a_report_that_does_not_know_says_nothing_of_it() -> None:
    assert "trained on" not in sections.origin(samples.report())
    unknown = {"devices": [], "workers": 1, "resumed": False}
    assert "trained on" not in sections.origin(samples.report(trained_on=unknown))
