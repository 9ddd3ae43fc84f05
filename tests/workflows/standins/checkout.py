"""Check out as actions/checkout does: over HTTP, the same references, nothing kept of the token."""

import base64
import json
import os
import subprocess

INPUTS = json.loads(os.environ["INPUTS"])
SERVER, REPOSITORY, SHA, REF = (os.environ[f"GITHUB_{name}"] for name in ("SERVER_URL", "REPOSITORY", "SHA", "REF"))


def git(*words: str) -> None:
    login = base64.b64encode(f"x-access-token:{INPUTS['token']}".encode()).decode()
    secret = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"http.{SERVER}/.extraheader"}
    secret["GIT_CONFIG_VALUE_0"] = f"AUTHORIZATION: basic {login}"
    subprocess.run(["git", *words], check=True, env=os.environ | secret)


def main() -> None:
    assert INPUTS["persist-credentials"] == "false", "the stand-in keeps no token"
    assert not os.listdir("."), "the workspace has to be empty"
    ref = f"refs/heads/{INPUTS['ref']}" if INPUTS["ref"] else REF
    place = ref.replace("refs/heads/", "refs/remotes/origin/").replace("refs/pull/", "refs/remotes/pull/")
    source = ref if INPUTS["ref"] else SHA
    git("init", "--quiet", "--initial-branch=main", ".")
    git("remote", "add", "origin", f"{SERVER}/{REPOSITORY}.git")
    if INPUTS["fetch-depth"] == "0":
        git("fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
        git("fetch", "--quiet", "--no-tags", "origin", f"+{source}:{place}")
    else:
        git("fetch", "--quiet", "--no-tags", f"--depth={INPUTS['fetch-depth']}", "origin", f"+{source}:{place}")
    branch = ["-B", ref.removeprefix("refs/heads/")] if ref.startswith("refs/heads/") else []
    git("checkout", "--quiet", "--force", *branch, place)


main()
