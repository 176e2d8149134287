"""Arrays that carry how they change along a direction: the derivatives of a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np


class Dual:
    """A value and its tangent, of one shape; the other operand may be a number."""

    __array_priority__ = 1  # arrays leave mixed arithmetic to us

    def __init__(self, value: np.ndarray, tangent: np.ndarray) -> None:
        self.value, self.tangent = value, tangent

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    def __add__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value + other, self.tangent)
        return Dual(self.value + other.value, self.tangent + other.tangent)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.tangent)

    def __mul__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value * other, self.tangent * other)
        tangent = self.tangent * other.value + self.value * other.tangent
        return Dual(self.value * other.value, tangent)

    def __truediv__(self, other: Dual) -> Dual:
        value = self.value / other.value
        return Dual(value, (self.tangent - value * other.tangent) / other.value)

    def __pow__(self, exponent: int) -> Dual:
        slope = exponent * self.value ** (exponent - 1) if exponent else 0 * self.value
        return Dual(self.value**exponent, slope * self.tangent)

    def __matmul__(self, other: Dual) -> Dual:
        tangent = self.tangent @ other.value + self.value @ other.tangent
        return Dual(self.value @ other.value, tangent)

    def linear(self, function: Any, *arguments: Any) -> Dual:
        """A function that is linear: the tangent goes the way of the value."""
        return Dual(function(self.value, *arguments), function(self.tangent, *arguments))

    def mapped(self, function: Any, slope: Any) -> Dual:
        """A function of each element, and its derivative by value and result."""
        value = function(self.value)
        return Dual(value, slope(self.value, value) * self.tangent)
