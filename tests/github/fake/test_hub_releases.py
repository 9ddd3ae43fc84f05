"""The GitHub of the tests keeps releases and assets as GitHub does, and refuses what GitHub refuses."""

import hashlib
from pathlib import Path

import pytest
from hub import Hub
from hub.assets import renamed
from hub.caller import Caller
from rulesets import message


@pytest.fixture
def octo(octo: Caller) -> Caller:
    octo.write("README.md", "hello\n")
    return octo


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
