"""What is told of a ranking and of clusters beside their metrics: of one as of several, in sentences."""

from registry.showing import asides

RANKING = {
    "k": 1,
    "persons": 1,
    "new_persons": 1,
    "cold_items": 1,
    "cold_rows": 1,
    "repeated_rows": 1,
    "short_lists": 1,
}


def test_one_of_each_is_told_as_one() -> None:
    assert asides.notes({"ranking": RANKING}) == [
        "1 person was asked, and 1 item of each list counts.",
        "1 person of these is in no row to train with.",
        "1 held-out item (1 row) is in no row to train with, and counts as missed.",
        "1 held-out row counts for nothing: the person had the item before.",
        "1 person got fewer than 1 items that they had not seen.",
    ]


def test_several_are_told_as_several_and_nothing_of_what_there_is_none() -> None:
    assert asides.notes({"ranking": {name: 2000 for name in RANKING} | {"k": 10}}) == [
        "2,000 persons were asked, and 10 items of each list count.",
        "2,000 persons of these are in no row to train with.",
        "2,000 held-out items (2,000 rows) are in no row to train with, and count as missed.",
        "2,000 held-out rows count for nothing: the person had the item before.",
        "2,000 persons got fewer than 10 items that they had not seen.",
    ]
    assert len(asides.notes({"ranking": {name: 0 for name in RANKING} | {"k": 10, "persons": 40}})) == 1


def test_empty_clusters_are_named_the_first_of_many() -> None:
    def told(sizes: list[int]) -> str:
        return asides.notes({"clusters": {"sizes": sizes, "sampled": 9}, "rows": {"holdout": 9}})[0]

    assert told([4, 0, 5]) == "Empty, without a held-out row: cluster 1 of 3."
    assert told([4, 0, 5, 0]) == "Empty, without a held-out row: clusters 1 and 3 of 4."
    assert told([9, *[0] * 12]).endswith("clusters 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more of 13.")
