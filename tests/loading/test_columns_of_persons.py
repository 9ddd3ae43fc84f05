"""Columns of a ranking are of persons: those that are the same in all that is asked of each, whether slices name them or not."""

from pathlib import Path

from test_rows_of_rankings import loaded

MORE = "features, labels, columns | {'item': items, 'age': np.where(users == 3, np.nan, users / 2)}"


def test_a_team_s_metrics_get_what_is_true_of_each_person_and_no_column_of_single_rows(tmp_path: Path) -> None:
    found = loaded(tmp_path, MORE).held_out
    assert sorted(found.columns) == ["country", "user"]
    assert found.columns["country"].tolist() == ["fr" if user % 2 else "de" for user in found.features["user"]]
    several = loaded(tmp_path, MORE.replace("np.where(users == 3, np.nan, users / 2)", "users / 2"), slices=["country"])
    assert several.held_out.columns["age"].tolist() == [user / 2 for user in several.held_out.features["user"]]
