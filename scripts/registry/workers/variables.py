"""The variables that a worker starts with: none that holds a secret, and none that could change what it computes."""

import os
import re
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2]
PYTHON = Path(sys.executable)

# All that reaches a worker from outside: where things lie, what the network needs, and which devices it may use.
# Whatever else stands in an environment (KERAS_*, TF_*, XLA_FLAGS, PYTHON*, a time zone, ...) could change the weights
# under one fingerprint.
PASSED_ON = {
    "PATH", "USER", "LOGNAME", "SHELL", "TERM", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_HOME", "CUDA_PATH", "CUDA_CACHE_PATH", "NVIDIA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ROCM_PATH",
    "TF_CONFIG",
}  # fmt: skip
PASSWORD = re.compile(r"^([a-z][a-z0-9+.-]*://)?.*@", re.IGNORECASE | re.DOTALL)  # in the address of a proxy
SETTINGS = {
    "PYTHONPATH": str(SCRIPTS),
    "PYTHONUNBUFFERED": "1",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # workers side by side share a GPU; by default the first one takes it whole
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),  # more add up otherwise
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",  # exp and log have other last digits there: other rows
}


def of_worker(scratch: Path, python: Path = PYTHON) -> dict[str, str]:
    """Return the variables that a worker starts with in a Python, none of which holds a secret.

    Its home is in a scratch of its kind: a person's holds keys and settings, training's could hold some for the judge.
    """
    own = {"TMPDIR": scratch, "HOME": scratch / "home", "KERAS_HOME": scratch / "keras"}  # short: sockets lie in TMPDIR
    for folder in own.values():
        folder.mkdir(parents=True, exist_ok=True)
    passed = {name: PASSWORD.sub(r"\1", value) if name.upper().endswith("_PROXY") else value
              for name, value in os.environ.items() if name.upper() in PASSED_ON}  # fmt: skip
    if python != PYTHON:
        place = python.parent
        passed |= {
            "VIRTUAL_ENV": str(place.parent),
            "PATH": os.pathsep.join((str(place), passed.get("PATH", os.defpath))),
        }
    return passed | SETTINGS | {name: str(folder) for name, folder in own.items()}
