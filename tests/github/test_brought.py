"""Which pull request brought a commit to the default branch: of all that GitHub lists, the one that went into it."""

from hub import Hub
from hub.caller import Caller

from registry.answering import reviews
from registry.github.client import GitHub


def test_what_went_into_another_branch_or_into_a_fork_brought_nothing_to_main(hub: Hub, octo: Caller) -> None:
    octo.write("README.md", "hello\n")
    fork = hub.add("someone/models", parent=hub.repository)
    octo.branch("next", octo.head())
    first = octo.pull("topic", base="next")
    octo.put(f"/pulls/{first['number']}/merge", merge_method="merge")
    octo.write("CHANGES.md", "next\n", "next")
    theirs, someone = f"//repos/{fork.full_name}/pulls", Caller(hub, hub.user("someone"))
    synced = someone.post(theirs, title="sync", head="octo:next", base="main", body="")
    someone.put(f"{theirs}/{synced['number']}/merge", merge_method="merge")
    second = octo.post("/pulls", title="next", head="next", base="main", body="")
    octo.put(f"/pulls/{second['number']}/merge", merge_method="merge")
    sha = first["head"]["sha"]
    listed = [one["base"]["label"] for one in octo.get(f"/commits/{sha}/pulls")]
    assert sorted(listed) == ["octo:main", "octo:next", "someone:main"]
    github = GitHub(hub.api_url, "octo/models", hub.token)
    assert [(one["number"], one["base"]["label"]) for one in github.brought(sha)] == [(second["number"], "octo:main")]
    assert reviews.merged(github, [sha])[sha].number == second["number"], "a query is told of others, too"
