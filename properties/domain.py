"""A domain: which attribute values a strategy may draw. Promises of conventions are domains."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Pair = tuple[int, int]


class Domain:
    """Restrictions by attribute name: the values allowed, and which pairs must be square.

    Strategies ask it for every attribute, so that they construct inside the domain and never
    filter. A name without restriction is drawn from the operator's own range.
    """

    def __init__(
        self, allowed: Mapping[str, Sequence[Any]] | None = None, square: Collection[str] = ()
    ) -> None:
        self.allowed = {name: tuple(values) for name, values in (allowed or {}).items()}
        self.square = frozenset(square)

    def restricted(self, **allowed: Sequence[Any]) -> Domain:
        """A narrower domain: also only the given values, in their order."""
        merged = dict(self.allowed)
        for name, values in allowed.items():
            before = self.allowed.get(name)
            merged[name] = tuple(v for v in values if before is None or v in before)
        return Domain(merged, self.square)

    def choice(self, name: str, values: Sequence[Any]) -> SearchStrategy[Any]:
        """One of `values`, as far as allowed; simplest first."""
        allowed = self.allowed.get(name)
        admitted = [v for v in values if allowed is None or v in allowed]
        return st.sampled_from(admitted or list(allowed or ()))

    def size(self, name: str, values: Sequence[int]) -> SearchStrategy[int]:
        """The length of an axis: 0 a third as often as others, since it shows shapes alone."""
        return self.choice(name, (*3 * [v for v in values if v], *[v for v in values if not v]))

    def boolean(self, name: str) -> SearchStrategy[bool]:
        return self.choice(name, (False, True))

    def integer(self, name: str, low: int, high: int) -> SearchStrategy[int]:
        """An int in [low, high], or one of the values allowed in that range."""
        if name not in self.allowed:
            return st.integers(low, high)
        return st.sampled_from(self._numbers(name, low, high))

    def pairs(self, name: str) -> list[Pair]:
        """The pairs allowed, where an attribute is restricted to whole pairs."""
        return [value for value in self.allowed.get(name, ()) if isinstance(value, tuple)]

    def pair(
        self, name: str, low: int, high: int | Pair, *, lows: Pair | None = None
    ) -> SearchStrategy[Pair]:
        """A pair (for H, for W) of ints up to `high` (one bound, or one for each axis).

        Equal numbers are drawn twice as often as each other pair. Where pairs are allowed, not
        numbers, one of them as it is.
        """
        if self.pairs(name):
            return st.sampled_from(self.pairs(name))
        lows = lows or (low, low)
        highs = (high, high) if isinstance(high, int) else high
        if name in self.square:
            both = self.integer(name, max(lows), max(max(lows), min(highs)))
            return both.map(lambda v: (v, v))
        rows, columns = (self._numbers(name, lows[a], max(lows[a], highs[a])) for a in (0, 1))
        return _pairs(rows, columns)

    def _numbers(self, name: str, low: int, high: int) -> range | tuple[int, ...]:
        """Those in [low, high] that are allowed, or all that are where none is."""
        every = range(low, high + 1)
        if name not in self.allowed:
            return every
        return tuple(v for v in self.allowed[name] if v in every) or self.allowed[name]


@lru_cache(maxsize=10_000)  # a case draws several, of bounds that come again and again
def _pairs(rows: Sequence[int], columns: Sequence[int]) -> SearchStrategy[Pair]:
    """Pairs of these, the smallest first, and equal numbers twice."""
    pairs = sorted(itertools.product(rows, columns), key=lambda pair: (sum(pair), max(pair)))
    return st.sampled_from([p for p in pairs for _ in range(2 if p[0] == p[1] else 1)])
