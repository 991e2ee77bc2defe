"""`python -m tmr.search.worker`: reads the motion files that the main process names, one after the other.

Requests and readings are pickled over the standard streams, between this package and itself only. A process of its own
and not one of multiprocessing's: those run the user's main script again, with all it imports, and whoever forgets its
`if __name__ == "__main__"` gets an endless row of processes.
"""

import os
import pickle
import queue
import signal
import sys
import threading
from typing import BinaryIO

from tmr.search.reading import read_file


def main() -> None:
    """Answer requests until there are no more, or until the main process is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's to handle.
    # What a library prints must not get between the readings.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    while True:
        path, options, known_sha256 = requests.get()
        try:
            pickle.dump(read_file(path, options, known_sha256), replies, protocol=5)
            replies.flush()
        except BrokenPipeError:
            return


def _listen(stream: BinaryIO, requests: queue.SimpleQueue) -> None:
    """Pass requests on; when the main process is gone, end at once, even in the middle of a file that never ends."""
    while True:
        try:
            requests.put(pickle.load(stream))
        except EOFError:
            os._exit(0)


if __name__ == "__main__":
    main()
