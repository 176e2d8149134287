"""A user's mistake on the command line."""

from __future__ import annotations

from collections.abc import Sequence

USAGE = 2


class UsageError(Exception):
    """One clear sentence, and the candidate's own frames where they belong to it."""

    def __init__(self, message: str, frames: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.frames = frames
