"""The pictures that pages show: small, and told in words too."""

import handbook
from handbook import ROOT

MOST = 120_000  # bytes
PNG = b"\x89PNG\r\n\x1a\n"


def test_each_is_a_small_png_and_says_in_words_what_it_shows() -> None:
    for picture, words in (one for page in handbook.names() for one in handbook.pictures(page)):
        content = ((ROOT / picture.page).parent / picture.target).read_bytes()
        assert content.startswith(PNG) and len(content) <= MOST, picture
        assert len(words) >= 40, picture
