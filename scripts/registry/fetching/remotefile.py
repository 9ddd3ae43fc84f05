"""Run by itself, in a model's own Python: fetch a file from a store that fsspec knows, by its address."""

import shutil
import sys

import fsspec

if __name__ == "__main__":
    address, place = sys.argv[1:]
    with fsspec.open(address, "rb") as source, open(place, "wb") as file:
        shutil.copyfileobj(source, file)
