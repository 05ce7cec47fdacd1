"""Whether work grows in step with what it is done on, told from process time on a machine that others use, too."""

from __future__ import annotations

import time
from collections.abc import Callable

FACTOR = 3.0  # 2 is linear, 4 quadratic
LEAST = 0.02  # seconds: what takes less is no measure
TRIALS = 3  # a busy machine spoils one measurement now and then; what is quadratic fails all


def seconds(run: Callable[[], object], times: int = 3) -> float:
    """The least of several runs; of one that takes longer than a second, that one."""
    least = float("inf")
    for _ in range(times):
        started = time.process_time()
        run()
        least = min(least, time.process_time() - started)
        if least > 1:
            break
    return least


def is_linear(run: Callable[[int], Callable[[], object]], length: int, longest: int) -> tuple[bool, str]:
    """`run(length)` prepares work on so much. Doubled from `length` until it can be measured, to `longest` at most."""
    while seconds(run(length), 1) < LEAST:
        if length >= longest:
            return True, ""
        length *= 2
    for _ in range(TRIALS):
        once, twice = seconds(run(length)), seconds(run(2 * length))
        if twice <= FACTOR * once:
            return True, ""
    return False, f"{length}: {once:.3f} s, twice as many: {twice:.3f} s"
