from __future__ import annotations

CEIL = {"stride": 2, "ceil_mode": True}

BAD = [
    ((5.0, 2), {}, TypeError, "size must be an int or a pair of ints, got 5.0"),
    (((5, 0), 2), {}, ValueError, "size must be at least 1, got 0"),
    ((5, (1, 2, 3)), {}, TypeError, "kernel_size must be an int or a pair of ints"),
    ((5, 0), {}, ValueError, "kernel_size must be at least 1, got 0"),
    ((5, 2), {"stride": 0}, ValueError, "stride must be at least 1, got 0"),
    ((5, 2), {"padding": -1}, ValueError, "padding must be at least 0, got -1"),
    ((5, 2), {"dilation": 0}, ValueError, "dilation must be at least 1, got 0"),
    ((5, 2), {"ceil_mode": 1}, TypeError, "ceil_mode must be a bool, got 1"),
    ((5, 3), {"padding": 2, **CEIL}, ValueError, r"padding must be at most half the kernel \(3, 3"),
    ((5, 6), {}, ValueError, r"the kernel \(6, 6\) with dilation \(1, 1\) must fit"),
    ((1, 6), {"padding": 2}, ValueError, r"must fit .* got size \(1, 1\) and padding \(2, 2\)"),
    ((5, (1, 7)), CEIL, ValueError, r"the kernel \(1, 7\) with dilation \(1, 1\) must fit"),
]

DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "ceil_mode": False}
