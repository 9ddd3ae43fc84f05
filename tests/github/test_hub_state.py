"""The GitHub of the tests keeps what it is given, and refuses what GitHub refuses."""

import base64
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from hub import Hub
from hub.assets import renamed
from hub.caller import Caller

RULES = {"name": "r", "enforcement": "active"}


@pytest.fixture
def hub(tmp_path: Path):
    with Hub(tmp_path) as running:
        yield running


@pytest.fixture
def octo(octo: Caller) -> Caller:
    octo.write("README.md", "hello\n")
    return octo


def message(answer: dict) -> str:
    """Return all that a refusal says."""
    return " ".join([answer["message"], *(str(error) for error in answer.get("errors", []))])


def rules(octo: Caller, target: str, pattern: str, *types: str, **more: object) -> None:
    names = {"ref_name": {"include": [pattern], "exclude": []}}
    octo.post("/rulesets", **RULES, target=target, conditions=names, rules=[{"type": one} for one in types], **more)


def require_gate(octo: Caller) -> None:
    names = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}
    checks = {"strict_required_status_checks_policy": False, "required_status_checks": [{"context": "gate"}]}
    rule = {"type": "required_status_checks", "parameters": checks}
    octo.post("/rulesets", **RULES, target="branch", conditions=names, rules=[rule])


class TestReleases:
    def draft(self, octo: Caller, tag: str = "digits@v1.0.0") -> dict:
        return octo.post("/releases", tag_name=tag, name=tag, draft=True, body="b")

    def test_a_draft_is_found_by_listing_only_and_by_writers_only(self, hub: Hub, octo: Caller) -> None:
        draft = self.draft(octo)
        octo.get("/releases/tags/digits@v1.0.0", 404)
        octo.get("/releases/latest", 404)
        assert [one["id"] for one in octo.get("/releases")] == [draft["id"]]
        for caller in (Caller(hub), Caller(hub, hub.workflow({"contents": "read"}))):
            assert caller.get("/releases") == []
            caller.get(f"/releases/{draft['id']}", 404)

    def test_two_drafts_may_have_one_tag_and_two_releases_may_not(self, octo: Caller) -> None:
        first, second = self.draft(octo), self.draft(octo)
        octo.patch(f"/releases/{first['id']}", draft=False)
        assert "already_exists" in message(octo.patch(f"/releases/{second['id']}", 422, draft=False))
        assert octo.get(f"/releases/{second['id']}")["draft"]

    def test_publishing_makes_the_tag_unless_it_is_there(self, octo: Caller) -> None:
        draft = self.draft(octo)
        octo.get("/git/ref/tags/digits@v1.0.0", 404)
        octo.patch(f"/releases/{draft['id']}", draft=False, make_latest="false")
        assert octo.get("/git/ref/tags/digits@v1.0.0")["object"] == octo.get("/git/ref/heads/main")["object"]
        assert octo.get("/releases/tags/digits@v1.0.0")["published_at"]
        assert "target_commitish" in message(octo.post("/releases", 422, tag_name="x", target_commitish="nowhere"))

    def test_a_workflow_may_not_target_a_commit_that_touches_workflows(self, hub: Hub, octo: Caller) -> None:
        octo.write(".github/workflows/check.yml", "on: push\n")
        workflow = Caller(hub, hub.workflow({"contents": "write"}))
        workflow.post("/releases", 403, tag_name="v1", draft=True, target_commitish=octo.head())
        workflow.post("/releases", tag_name="v1", draft=True)
        octo.post("/releases", tag_name="v2", draft=True, target_commitish=octo.head())

    def test_an_annotated_tag_stays_what_it_is(self, octo: Caller) -> None:
        tag = octo.post("/git/tags", tag="digits@v1.0.0", message="m\n", object=octo.head(), type="commit")
        octo.post("/git/refs", ref="refs/tags/digits@v1.0.0", sha=tag["sha"])
        octo.post("/releases", tag_name="digits@v1.0.0")
        assert octo.get("/git/ref/tags/digits@v1.0.0")["object"]["sha"] == tag["sha"]

    def test_latest_is_what_was_made_latest(self, octo: Caller) -> None:
        octo.post("/releases", tag_name="v1")
        octo.post("/releases", tag_name="v2", make_latest="false")
        assert octo.get("/releases/latest")["tag_name"] == "v1"

    def test_a_new_release_may_be_missing_in_lists(self, hub: Hub, octo: Caller) -> None:
        hub.listing_lag = 1
        self.draft(octo)
        assert [len(octo.get("/releases")) for _ in range(2)] == [0, 1]

    def test_an_immutable_release_keeps_its_assets_and_its_tag(self, octo: Caller) -> None:
        octo.put("/immutable-releases", 204)
        draft = self.draft(octo)
        asset = octo.upload(draft, "a.tar", b"bytes")
        released = octo.patch(f"/releases/{draft['id']}", draft=False)
        assert released["immutable"]
        assert "immutable release" in message(octo.upload(released, "b.tar", b"bytes", 422))
        assert "immutable release" in message(octo.delete(f"/releases/assets/{asset['id']}", 422))
        assert "immutable release" in message(octo.patch(f"/releases/{draft['id']}", 422, tag_name="other"))
        assert "permanently locked" in message(octo.delete("/git/refs/tags/digits@v1.0.0", 422))
        assert octo.patch(f"/releases/{draft['id']}", body="new", prerelease=True)["body"] == "new"

    def test_its_tag_is_burned_for_ever(self, octo: Caller) -> None:
        octo.put("/immutable-releases", 204)
        released = octo.post("/releases", tag_name="digits@v1.0.0")
        octo.delete("/immutable-releases")
        octo.delete(f"/releases/{released['id']}")
        octo.delete("/git/refs/tags/digits@v1.0.0")
        sha, draft = octo.head(), self.draft(octo)
        assert "creations being restricted" in message(
            octo.post("/git/refs", 422, ref="refs/tags/digits@v1.0.0", sha=sha)
        )
        said = message(octo.patch(f"/releases/{draft['id']}", 422, draft=False))
        assert "tag_name was used by an immutable release" in said

    def test_a_page_has_room_for_125_000_characters(self, octo: Caller) -> None:
        octo.post("/releases", tag_name="v1", draft=True, body="x" * 125_000)
        assert "too long" in message(octo.post("/releases", 422, tag_name="v1", draft=True, body="x" * 125_001))

    def test_immutability_is_not_found_while_it_is_off(self, octo: Caller) -> None:
        octo.get("/immutable-releases", 404)
        octo.put("/immutable-releases", 204)
        assert octo.get("/immutable-releases")["enabled"]


class TestAssets:
    @pytest.fixture
    def release(self, octo: Caller) -> dict:
        return octo.post("/releases", tag_name="v1", draft=True)

    def test_an_asset_has_a_size_a_state_and_a_digest(self, octo: Caller, release: dict) -> None:
        octo.upload(release, "a.tar", b"bytes")
        (asset,) = octo.get(f"/releases/{release['id']}/assets")
        digest = f"sha256:{hashlib.sha256(b'bytes').hexdigest()}"
        assert (asset["size"], asset["state"], asset["digest"]) == (5, "uploaded", digest)
        assert octo.get("/releases")[0]["assets"][0]["digest"] == digest

    @pytest.mark.parametrize(
        ("name", "wanted"),
        [
            ("digits@v1:0.tar", "digits.v1.0.tar"),
            ("app-(15-5)-x.apk", "app-.15-5.-x.apk"),
            ("My App 1.exe", "My.App.1.exe"),
            ("fake.      file.txt", "fake.file.txt"),
            ("a~b_c+d.deb", "a.b_c+d.deb"),
            (".hidden", "hidden"),
            ("digits-1.0.0.tar", "digits-1.0.0.tar"),
        ],
    )
    def test_names_are_rewritten_as_github_does(self, name: str, wanted: str) -> None:
        assert renamed(name) == wanted

    def test_a_name_is_taken_once_also_after_rewriting(self, octo: Caller, release: dict) -> None:
        assert octo.upload(release, "a:b", b"x")["name"] == "a.b"
        assert "already_exists" in message(octo.upload(release, "a@b", b"x", 422))

    def test_empty_and_too_large_ones_are_refused(self, hub: Hub, octo: Caller, release: dict) -> None:
        hub.asset_limit = 3
        assert "greater than or equal to 1" in message(octo.upload(release, "a", b"", 422))
        assert "less than or equal to 3" in message(octo.upload(release, "a", b"four", 422))

    def test_an_upload_without_length_is_refused(self, octo: Caller, release: dict) -> None:
        address = release["upload_url"].partition("{")[0]
        answer = octo.call("POST", address, 400, params={"name": "a"}, data=iter([b"x"]))
        assert answer.json()["message"].startswith("Bad Content-Length")

    def test_bytes_come_from_another_host_without_the_token(self, hub: Hub, octo: Caller, release: dict) -> None:
        got = octo.fetch(octo.upload(release, "a.tar", b"0123456789"))
        assert got.content == b"0123456789"
        assert [one.status_code for one in got.history] == [302]
        assert got.url.startswith(hub.storage.base)
        assert not hub.calls[-1].authorized

    def test_a_token_sent_to_the_other_host_fails_the_test(self, tmp_path: Path) -> None:
        with pytest.raises(AssertionError, match="a token reached the storage host"), Hub(tmp_path) as hub:
            octo = Caller(hub, hub.token)
            octo.write("a", "b")
            asset = octo.upload(octo.post("/releases", tag_name="v1", draft=True), "a.tar", b"bytes")
            away = octo.call(
                "GET", asset["url"], 302, headers={"Accept": "application/octet-stream"}, allow_redirects=False
            )
            octo.call("GET", away.headers["Location"], 400)

    def test_a_part_can_be_asked_for(self, octo: Caller, release: dict) -> None:
        asset = octo.upload(release, "a.tar", b"0123456789")
        part = octo.fetch(asset, Range="bytes=4-")
        assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"456789", "bytes 4-9/10")
        whole = octo.fetch(asset, Range="bytes=4-", **{"If-Range": '"other"'})
        assert (whole.status_code, whole.content) == (200, b"0123456789")
        assert octo.fetch(asset, Range="bytes=10-").status_code == 416

    def test_an_address_runs_out(self, hub: Hub, octo: Caller, release: dict) -> None:
        asset = octo.upload(release, "a.tar", b"bytes")
        away = octo.call(
            "GET", asset["url"], 302, headers={"Accept": "application/octet-stream"}, allow_redirects=False
        )
        hub.storage.expire()
        Caller(hub).call("GET", away.headers["Location"], 403)
        assert octo.fetch(asset).content == b"bytes"

    def test_released_files_have_a_page_of_their_own(self, hub: Hub, octo: Caller, release: dict) -> None:
        draft = octo.upload(release, "a.tar", b"bytes")
        Caller(hub).call("GET", draft["browser_download_url"], 404)
        octo.patch(f"/releases/{release['id']}", draft=False)
        (asset,) = octo.get(f"/releases/{release['id']}/assets")
        assert asset["browser_download_url"].endswith("/octo/models/releases/download/v1/a.tar")
        assert Caller(hub).call("GET", asset["browser_download_url"]).content == b"bytes"


class TestGitData:
    def test_a_reference_is_made_once(self, octo: Caller) -> None:
        octo.branch("topic", octo.head())
        again = octo.post("/git/refs", 422, ref="refs/heads/topic", sha=octo.head())
        assert again["message"] == "Reference already exists"
        assert octo.post("/git/refs", 422, ref="refs/heads/x", sha="0" * 40)["message"] == "Object does not exist"

    def test_it_moves_forward_only_unless_forced(self, octo: Caller) -> None:
        first = octo.head()
        octo.write("a", "b")
        second = octo.head()
        octo.branch("topic", second)
        said = octo.patch("/git/refs/heads/topic", 422, sha=first)
        assert said["message"] == "Update is not a fast forward"
        octo.patch("/git/refs/heads/topic", sha=first, force=True)
        octo.patch("/git/refs/heads/topic", sha=second)
        octo.delete("/git/refs/heads/topic")
        assert octo.delete("/git/refs/heads/topic", 422)["message"] == "Reference does not exist"

    def test_tags_match_by_prefix(self, octo: Caller) -> None:
        for name in ("digits@v1.0.0", "digits@v1.0.1", "spam@v1.0.0"):
            octo.post("/git/refs", ref=f"refs/tags/{name}", sha=octo.head())
        names = [one["ref"] for one in octo.get("/git/matching-refs/tags/digits@")]
        assert names == ["refs/tags/digits@v1.0.0", "refs/tags/digits@v1.0.1"]
        octo.get("/git/ref/tags/digits@v1", 404)

    def test_a_tag_object_keeps_its_message(self, octo: Caller) -> None:
        text = "digits 1.0.0\n\nVerdict: pass\n"
        tag = octo.post("/git/tags", tag="digits@v1.0.0", message=text, object=octo.head(), type="commit")
        kept = octo.get(f"/git/tags/{tag['sha']}")
        assert (kept["message"], kept["object"]["sha"], kept["tag"]) == (text, octo.head(), "digits@v1.0.0")

    def test_a_rule_keeps_tags(self, octo: Caller) -> None:
        octo.post("/git/refs", ref="refs/tags/digits@v1.0.0", sha=octo.head())
        rules(octo, "tag", "refs/tags/*@v*", "update", "deletion")
        assert "rule violations" in message(octo.delete("/git/refs/tags/digits@v1.0.0", 422))

    def test_a_tree_adds_changes_and_removes(self, octo: Caller) -> None:
        octo.write("models/a", "a")
        entries = [
            {"path": "models/b", "mode": "100644", "type": "blob", "content": "b"},
            {"path": "models/a", "mode": "100644", "type": "blob", "sha": None},
        ]
        tree = octo.post("/git/trees", base_tree=octo.head(), tree=entries)
        listed = octo.get(f"/git/trees/{tree['sha']}", recursive=1)["tree"]
        assert [one["path"] for one in listed] == ["README.md", "models", "models/b"]

    def test_a_bots_commit_is_verified_when_it_names_nobody(self, hub: Hub, octo: Caller) -> None:
        bot = Caller(hub, hub.workflow({"contents": "write"}))
        tree = octo.get(f"/git/commits/{octo.head()}")["tree"]["sha"]
        words = {"message": "m", "tree": tree, "parents": [octo.head()]}
        somebody = {"name": "n", "email": "n@example.org"}
        made = [bot.post("/git/commits", **words), octo.post("/git/commits", **words)]
        made.append(bot.post("/git/commits", **words, author=somebody))
        assert [one["verification"]["verified"] for one in made] == [True, False, False]


class TestContents:
    def test_a_file_is_replaced_only_by_who_knows_it(self, octo: Caller) -> None:
        assert '"sha" wasn\'t supplied' in message(octo.write("README.md", "new", code=422))
        assert "does not match" in message(octo.write("README.md", "new", code=409, sha="0" * 40))
        octo.write("README.md", "new", code=200, sha=octo.get("/contents/README.md")["sha"])
        assert base64.b64decode(octo.get("/contents/README.md")["content"]) == b"new"

    def test_a_file_can_be_had_raw_and_at_a_revision(self, octo: Caller) -> None:
        first = octo.head()
        octo.write("README.md", "new", code=200, sha=octo.get("/contents/README.md")["sha"])
        raw = {"Accept": "application/vnd.github.raw+json"}
        assert octo.call("GET", "/contents/README.md", headers=raw, params={"ref": first}).text == "hello\n"

    def test_a_folder_is_a_list(self, octo: Caller) -> None:
        octo.write("models/digits/model.yaml", "x")
        assert [(one["name"], one["type"]) for one in octo.get("/contents/models")] == [("digits", "dir")]
        octo.get("/contents/nothing", 404)

    def test_a_branch_must_be_there_and_may_be_protected(self, octo: Caller) -> None:
        assert octo.write("a", "b", "nowhere", 404)["message"] == "Branch nowhere not found"
        rules(octo, "branch", "~DEFAULT_BRANCH", "deletion", "update")
        assert "rule violations" in message(octo.write("a", "b", code=409))

    def test_a_file_can_be_removed(self, octo: Caller) -> None:
        sha = octo.get("/contents/README.md")["sha"]
        octo.delete("/contents/README.md", 200, message="m", sha=sha)
        octo.get("/contents/README.md", 404)


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


class TestActions:
    @pytest.fixture
    def run(self, hub: Hub, octo: Caller) -> dict:
        pull = octo.pull("topic")
        return hub.add_run(".github/workflows/check.yml", "pull_request", pull["head"]["sha"], "topic")

    def test_a_run_is_found_by_what_it_ran_for(self, octo: Caller, run: dict) -> None:
        found = octo.get("/actions/runs", head_sha=run["head_sha"], event="pull_request")
        assert (found["total_count"], found["workflow_runs"][0]["path"]) == (1, ".github/workflows/check.yml")
        assert found["workflow_runs"][0]["pull_requests"][0]["number"] == 1
        assert octo.get("/actions/workflows/check.yml/runs")["total_count"] == 1
        assert octo.get("/actions/runs", event="push")["total_count"] == 0

    def test_an_artifact_comes_from_another_host_until_it_expires(self, hub: Hub, octo: Caller, run: dict) -> None:
        artifact = hub.add_artifact(run, "candidate-digits", {"report.json": b"{}"})
        (listed,) = octo.get(f"/actions/runs/{run['id']}/artifacts", name="candidate-digits")["artifacts"]
        got = octo.call("GET", listed["archive_download_url"])
        assert got.url.startswith(hub.storage.base)
        assert f"sha256:{hashlib.sha256(got.content).hexdigest()}" == listed["digest"]
        assert zipfile.ZipFile(io.BytesIO(got.content)).read("report.json") == b"{}"
        Caller(hub).call("GET", listed["archive_download_url"], 401)
        artifact["expired"] = True
        assert octo.get(f"/actions/artifacts/{artifact['id']}/zip", 410)["message"] == "Artifact has expired"

    def test_dispatches_are_kept(self, hub: Hub, octo: Caller, run: dict) -> None:
        octo.post("/actions/workflows/check.yml/dispatches", 204, ref="main", inputs={"model": "digits"})
        octo.post("/dispatches", 204, event_type="go", client_payload={"a": 1})
        assert [one.payload for one in hub.repository.dispatches] == [
            {"workflow": ".github/workflows/check.yml", "inputs": {"model": "digits"}},
            {"a": 1},
        ]
        octo.post("/actions/workflows/nope.yml/dispatches", 404, ref="main")
        octo.post("/actions/workflows/check.yml/dispatches", 422, ref="nowhere")

    def test_a_run_that_waits_can_be_approved(self, octo: Caller, run: dict) -> None:
        octo.post(f"/actions/runs/{run['id']}/approve", 403)
        run["conclusion"] = "action_required"
        octo.post(f"/actions/runs/{run['id']}/approve", 201)
        assert octo.get(f"/actions/runs/{run['id']}")["status"] == "queued"


def test_a_deployment_that_succeeds_makes_the_one_before_inactive(octo: Caller) -> None:
    for _ in range(2):
        one = octo.post("/deployments", ref="main", environment="staging", required_contexts=[], auto_merge=False)
        octo.post(f"/deployments/{one['id']}/statuses", state="success")
    second, first = octo.get("/deployments", environment="staging")
    assert octo.get(f"/deployments/{first['id']}/statuses")[0]["state"] == "inactive"
    assert octo.get(f"/deployments/{second['id']}/statuses")[0]["state"] == "success"
    assert [one["name"] for one in octo.get("/environments")["environments"]] == ["staging"]


def test_a_private_repository_on_a_free_plan_has_no_rules(hub: Hub, octo: Caller) -> None:
    hub.repository.private = hub.repository.free = True
    for path in ("/rulesets", "/rules/branches/main", "/branches/main/protection"):
        assert "Upgrade to GitHub Pro" in octo.get(path, 403)["message"]


def test_settings_are_read_and_set(octo: Caller) -> None:
    require_gate(octo)
    assert [one["type"] for one in octo.get("/rules/branches/main")] == ["required_status_checks"]
    assert octo.get("/branches/main")["protected"]
    octo.get("/branches/main/protection", 404)
    assert "must be unique" in message(octo.post("/rulesets", 422, **RULES))
    octo.get("/actions/permissions/selected-actions", 409)
    octo.put("/actions/permissions", 204, enabled=True, allowed_actions="selected")
    assert octo.get("/actions/permissions/selected-actions") == {"github_owned_allowed": False, "patterns_allowed": []}
    octo.patch("", delete_branch_on_merge=True)
    assert octo.get("")["delete_branch_on_merge"]
    octo.put("/environments/production", wait_timer=30)
    assert octo.get("/environments/production")["protection_rules"][0]["wait_timer"] == 30
