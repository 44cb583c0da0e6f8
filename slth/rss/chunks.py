"""Run a kernel over the rows of a problem in chunks, on threads, until the deadline."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import NDArray

from slth.rss.problem import Limits


def in_chunks(rows: int, chunk: int, work: Callable[[int, int], None], limits: Limits) -> NDArray[np.bool_]:
    """Call `work(begin, end)` on consecutive chunks of rows; return which rows were worked on, (rows,) bool.

    The kernels release the interpreter lock, so threads are enough. No result depends on the chunks or on their order.
    Source: ours.
    """
    done = np.zeros(rows, np.bool_)
    stop = threading.Event()
    counter = itertools.count()

    def worker() -> None:
        while not stop.is_set() and limits.left > 0:
            begin = next(counter) * chunk
            if begin >= rows:
                return
            end = min(rows, begin + chunk)
            work(begin, end)
            done[begin:end] = True

    threads = min(limits.threads, -(-rows // chunk))
    if threads <= 1 and limits.progress is None:
        worker()
        return done
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        futures = [pool.submit(worker) for _ in range(max(threads, 1))]
        try:
            while wait(futures, timeout=0.1).not_done:
                limits.tell(int(np.count_nonzero(done)), rows)
        finally:  # an interrupt ends the chunks under way and no more
            stop.set()
    for future in futures:
        future.result()
    limits.tell(int(np.count_nonzero(done)), rows)
    return done
