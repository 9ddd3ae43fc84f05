"""What a process that runs code of a model is started with: nothing that opens anything."""

from pathlib import Path

import pytest

from registry.workers import variables

SECRETS = [
    "GITHUB_TOKEN", "REGISTRY_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "PIP_INDEX_URL", "PIP_CONFIG_FILE", "UV_INDEX_URL", "UV_INDEX_INTERNAL_PASSWORD", "NETRC", "PYTHON_KEYRING_BACKEND",
    "SSH_AUTH_SOCK", "SSH_ASKPASS", "GIT_ASKPASS", "GIT_CONFIG_VALUE_0", "GNUPGHOME", "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS",
    "AZURE_CLIENT_SECRET", "KUBECONFIG", "HF_TOKEN", "WANDB_API_KEY", "HOME", "KERAS_HOME", "TMPDIR",
]  # fmt: skip
PROXIES = {
    "HTTP_PROXY": ("http://ann:s3cret@proxy.test:3128", "http://proxy.test:3128"),
    "https_proxy": ("HTTP://ann:s3cret@s3cret/s3cret@proxy.test:3128/", "HTTP://proxy.test:3128/"),
    "ALL_PROXY": ("socks5h://s3cret@[::1]:1080", "socks5h://[::1]:1080"),
    "http_proxy": ("ann:s3cret@proxy.test:3128", "proxy.test:3128"),
    "all_proxy": ("proxy.test:3128", "proxy.test:3128"),
    "NO_PROXY": ("localhost,.proxy.test", "localhost,.proxy.test"),
}


def test_no_secret_stands_in_its_variables_and_proxies_lose_their_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = dict.fromkeys(SECRETS, "s3cret") | {name: address for name, (address, _) in PROXIES.items()}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = variables.of_worker(tmp_path)
    assert {name for name, value in found.items() if "s3cret" in value} == set()
    assert {name: found[name] for name in PROXIES} == {name: left for name, (_, left) in PROXIES.items()}
