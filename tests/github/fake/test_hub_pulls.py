"""The GitHub of the tests keeps pull requests, merges them, and refuses what GitHub refuses."""

import pytest
from hub import Hub
from hub.caller import Caller
from rulesets import message, require_gate


@pytest.fixture
def octo(octo: Caller) -> Caller:
    octo.write("README.md", "hello\n")
    return octo


class TestPulls:
    def test_one_for_each_head_and_base_and_none_without_commits(self, octo: Caller) -> None:
        octo.branch("empty", octo.head())
        words = {"title": "t", "base": "main"}
        assert "No commits between main and empty" in message(octo.post("/pulls", 422, head="empty", **words))
        octo.pull("topic")
        assert "already exists for octo:topic" in message(octo.post("/pulls", 422, head="topic", **words))
        assert "'field': 'head'" in message(octo.post("/pulls", 422, head="nowhere", **words))

    def test_they_are_listed_by_head_base_and_state(self, octo: Caller) -> None:
        for name in ("one", "two"):
            octo.pull(name)
        octo.patch("/pulls/1", state="closed")
        assert [one["number"] for one in octo.get("/pulls", head="octo:two", base="main")] == [2]
        assert [one["number"] for one in octo.get("/pulls", state="closed")] == [1]
        assert len(octo.get("/pulls", head="two", state="all")) == 2, "a head without its owner is no filter"

    def test_merging_makes_a_real_merge(self, hub: Hub, octo: Caller) -> None:
        pull, base = octo.pull("topic"), octo.head()
        merged = octo.put("/pulls/1/merge", sha=pull["head"]["sha"])
        after = octo.get("/pulls/1")
        assert (after["merged"], after["state"], after["merge_commit_sha"]) == (True, "closed", merged["sha"])
        commit = octo.get(f"/commits/{merged['sha']}")
        assert [one["sha"] for one in commit["parents"]] == [base, pull["head"]["sha"]]
        assert commit["commit"]["verification"]["verified"]
        assert octo.get("/contents/topic.txt")["size"] == 4
        assert [event.name for event in hub.repository.events[-2:]] == ["pull_request", "push"]

    @pytest.mark.parametrize("method", ["squash", "rebase"])
    def test_squashing_and_rebasing_leave_one_parent(self, octo: Caller, method: str) -> None:
        octo.pull("topic")
        octo.write("elsewhere", "x")
        merged = octo.put("/pulls/1/merge", merge_method=method)
        assert len(octo.get(f"/commits/{merged['sha']}")["parents"]) == 1
        assert {octo.get(f"/contents/{name}")["name"] for name in ("topic.txt", "elsewhere")} == {
            "topic.txt",
            "elsewhere",
        }

    def test_what_moved_or_conflicts_is_not_merged(self, octo: Caller) -> None:
        octo.pull("topic")
        assert "was modified" in message(octo.put("/pulls/1/merge", 409, sha="0" * 40))
        octo.write("topic.txt", "other\n")
        pull = octo.get("/pulls/1")
        assert (pull["mergeable"], pull["mergeable_state"]) == (False, "dirty")
        octo.put("/pulls/1/merge", 405)

    def test_what_lacks_a_required_check_is_not_merged(self, hub: Hub, octo: Caller) -> None:
        require_gate(octo)
        pull = octo.pull("topic")
        hub.repository.check(pull["head"]["sha"], "gate", event="workflow_dispatch")
        assert octo.get("/pulls/1")["mergeable_state"] == "blocked"
        assert 'Required status check "gate" is expected.' in message(octo.put("/pulls/1/merge", 405))
        hub.repository.check(pull["head"]["sha"], "gate")
        assert octo.get("/pulls/1")["mergeable_state"] == "clean"
        octo.put("/pulls/1/merge")

    def test_github_may_not_know_yet_whether_it_can_be_merged(self, hub: Hub, octo: Caller) -> None:
        hub.mergeability_lag = 1
        octo.pull("topic")
        assert [octo.get("/pulls/1")["mergeable"] for _ in range(2)] == [None, True]

    def test_it_follows_its_branch_and_closes_without_it(self, hub: Hub, octo: Caller) -> None:
        octo.pull("topic")
        octo.write("more", "x", "topic")
        pull = octo.get("/pulls/1")
        assert (pull["commits"], pull["changed_files"]) == (2, 2)
        assert hub.repository.events[-1].action == "synchronize"
        octo.delete("/git/refs/heads/topic")
        assert octo.get("/pulls/1")["state"] == "closed"

    def test_one_from_a_fork(self, hub: Hub, octo: Caller) -> None:
        fork = hub.add("ann/models", parent=hub.repository)
        blob = fork.git.write("blob", b"x")
        tree = fork.git.tree("refs/heads/main", f"100644 {blob}\tnew\n")
        sha = fork.git.text(
            "commit-tree", tree, "-p", "refs/heads/main", "-m", "m",
            GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b.c", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@b.c",
        )  # fmt: skip
        fork.git.set_ref("refs/heads/topic", sha)
        pull = octo.post("/pulls", title="t", head="ann:topic", base="main")
        assert (pull["head"]["repo"]["full_name"], pull["head"]["repo"]["fork"]) == ("ann/models", True)
        run = hub.add_run(".github/workflows/check.yml", "pull_request", sha, "topic", fork)
        assert octo.get(f"/actions/runs/{run['id']}")["pull_requests"] == []
        assert octo.get(f"/commits/{sha}/pulls") == [], "the commit is in the fork only"
        assert [one["number"] for one in octo.get(f"//repos/ann/models/commits/{sha}/pulls")] == [1]
        assert [one["number"] for one in octo.get("/pulls", head="ann:topic")] == [1]
        octo.put("/pulls/1/merge")
        assert [one["number"] for one in octo.get(f"/commits/{sha}/pulls")] == [1]

    def test_a_commit_tells_which_pull_request_brought_it(self, octo: Caller) -> None:
        pull = octo.pull("topic")
        merged = octo.put("/pulls/1/merge")
        for sha in (merged["sha"], pull["head"]["sha"]):
            assert [one["number"] for one in octo.get(f"/commits/{sha}/pulls")] == [1]

    def test_its_files_and_commits(self, octo: Caller) -> None:
        octo.pull("topic")
        (file,) = octo.get("/pulls/1/files")
        assert (file["filename"], file["status"], file["additions"]) == ("topic.txt", "added", 1)
        assert [one["commit"]["message"] for one in octo.get("/pulls/1/commits")] == ["write topic.txt"]
        compared = octo.get("/compare/main...topic")
        assert (compared["status"], compared["ahead_by"], len(compared["files"])) == ("ahead", 1, 1)

    def test_comments_are_made_changed_and_capped(self, octo: Caller) -> None:
        octo.pull("topic")
        comment = octo.post("/issues/1/comments", body="one")
        octo.patch(f"/issues/comments/{comment['id']}", body="two")
        assert [one["body"] for one in octo.get("/issues/1/comments")] == ["two"]
        assert "too long" in message(octo.post("/issues/1/comments", 422, body="x" * 65_537))

    def test_issues_share_their_numbers(self, octo: Caller) -> None:
        octo.pull("topic")
        issue = octo.post("/issues", title="drift", labels=["drift"])
        assert issue["number"] == 2
        assert [one["number"] for one in octo.get("/issues", labels="drift")] == [2]
        assert "pull_request" in octo.get("/issues/1")
