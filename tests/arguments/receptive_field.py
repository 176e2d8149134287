from __future__ import annotations

TWO = ((3, 3), (2, 2))

BAD = [
    ((3, TWO, TWO), {}, TypeError, "kernel_sizes must be a tuple or list with one entry a layer"),
    ((TWO, 2, TWO), {}, TypeError, "strides must be a tuple or list with one entry a layer, got 2"),
    ((TWO, TWO, None), {}, TypeError, "dilations must be a tuple or list with one entry a layer"),
    ((((3, 3), 0), TWO, TWO), {}, ValueError, r"kernel_sizes\[1\] must be at least 1, got 0"),
    ((TWO, ((1, 1, 1), 1), TWO), {}, TypeError, r"strides\[0\] must be an int or a pair of ints"),
    ((TWO, TWO, (1, (1, 0))), {}, ValueError, r"dilations\[1\] must be at least 1, got 0"),
    ((TWO, TWO[:1], TWO), {}, ValueError, "strides must have one entry for each of the 2 kernel"),
    ((TWO, TWO, TWO + TWO), {}, ValueError, "dilations must have one entry .* 2 .*, got 4"),
]

DEFAULTS: dict = {}
