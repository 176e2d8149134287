"""Time that may be spent on one question."""

from __future__ import annotations

import time

PATIENCE = 8.0  # how much longer it may take than we compute, candidates and busy machines included


class Budget:
    """Seconds of this process, so that a verdict is the same on a busy machine, within reason."""

    def __init__(self, seconds: float) -> None:
        self._until = time.process_time() + seconds
        self._at_last = time.perf_counter() + PATIENCE * seconds

    @property
    def spent(self) -> bool:
        return time.process_time() > self._until or time.perf_counter() > self._at_last
