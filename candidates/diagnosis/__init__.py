"""What a failing candidate computes instead: named mistakes, where it fails, how values differ.

`diagnose` gives everything that is known; `hints.shown` keeps what a level of hints may tell.
"""

from candidates.diagnosis.conclusions import Entry, diagnose

__all__ = ["Entry", "diagnose"]
