"""The GitHub of the tests keeps Git's objects, references and files, and refuses what GitHub refuses."""

import base64

import pytest
from hub import Hub
from hub.caller import Caller
from rulesets import message, rules


@pytest.fixture
def octo(octo: Caller) -> Caller:
    octo.write("README.md", "hello\n")
    return octo


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
