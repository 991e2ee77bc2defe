"""A reading process that dies at files called crash, never ends at those called hang, and shouts at loud ones."""

import os
import sys
import time

import tmr.search.worker as worker
from tmr.search.reading import read_file


def read_or_break(path, options, known_sha256):
    if "hang" in path.name:
        time.sleep(1000)
    if "crash" in path.name:
        os.abort()
    if "bug" in path.name:
        raise ZeroDivisionError("a bug in a reader")
    if "loud" in path.name:
        os.write(1, b"a library prints this\n")
    if "torch" in path.name:
        assert "torch" not in sys.modules
    return read_file(path, options, known_sha256)


if __name__ == "__main__":
    worker.read_file = read_or_break
    worker.main()
