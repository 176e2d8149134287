"""adaptive_avg_pool2d: strategy over sizes, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._laws import ADDITIVITY
from properties.values import Values

KEPT = ((False, False), (True, False), (False, True), (True, True))


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    out = draw(domain.pair("output_size", 1, 4))
    kept = draw(domain.choice("kept", KEPT))  # whether None stands for the size of H, of W
    return {
        "batch": draw(domain.size("batch", (1, 2, 3, 4, 0))),
        "channels": draw(domain.integer("channels", 1, 3)),
        "size": draw(domain.pair("size", 1, 7)),
        "output_size": (None if kept[0] else out[0], None if kept[1] else out[1]),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"x": values.array("x", (at["batch"], at["channels"], *at["size"]))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import adaptive_avg_pool2d

    return {"out": adaptive_avg_pool2d(tensors["x"], at["output_size"])}


def sizes(case: Case) -> list[tuple[int, int]]:
    """Of each axis, the size of the map and the number of bins."""
    at = case.attributes
    return [(n, n if o is None else o) for n, o in zip(at["size"], at["output_size"], strict=True)]


def global_average(case: Case) -> bool:
    return all(out == 1 for _, out in sizes(case))


def even_bins(case: Case) -> bool:
    return all(size % out == 0 for size, out in sizes(case))


def mean_of_map(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run(inputs)["out"], inputs["x"].mean(axis=(2, 3), keepdims=True)


def mean_kept(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "the mean of each map", run(inputs)["out"].mean((2, 3)), inputs["x"].mean((2, 3))


def constant_kept(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs | {"x": np.full_like(inputs["x"], 1.5)})["out"]
    yield "out of a constant map", out, np.full_like(out, 1.5)


def mirrored(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = run(inputs | {"x": inputs["x"][:, :, ::-1, ::-1].copy()})["out"]
    yield "out", turned, run(inputs)["out"][:, :, ::-1, ::-1]


def conserved(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dout = Values("normal", case.seed, 1).array("dout", run(inputs)["out"].shape)
    dx = run.gradients(inputs, {"out": dout})["x"]
    yield "dx summed over each map", dx.sum(axis=(2, 3)), dout.sum(axis=(2, 3))


SIZE = "OH, OW = check_adaptive_avg_pool2d(x, output_size)"
FORWARD_BINS = "rows, columns = _bin(i, H, OH), _bin(j, W, OW)\n        out"
BACKWARD_BINS = "rows, columns = _bin(i, H, OH), _bin(j, W, OW)\n        dx"
ZEROS = "out = np.zeros((N, C, OH, OW), x.dtype)"
MEAN = "out[n, c, i, j] = np.sum(x[n, c, rows, columns]) / x[n, c, rows, columns].size"
START = "start = i * size // out"
END = "end = -(-(i + 1) * size // out)"
SHARE = "dx[n, c, rows, columns] += dout[n, c, i, j] / dx[n, c, rows, columns].size"
AREA = "(-(-H // OH) * -(-W // OW))"

MISTAKES = (
    edit(
        "bins of equal size",
        "every bin has size // out elements, so the last ones of a map are in no bin",
        START,
        "start = min(i * max(size // out, 1), size - 1)",
        END,
        "end = start + max(size // out, 1)",
    ),
    edit(
        "one kernel and stride for all bins",
        "bins advance by size // out and all reach as far as the last has to",
        START,
        "start = i * (size // out)",
        END,
        "end = start + size - (out - 1) * (size // out)",
    ),
    edit(
        "ends rounded down",
        "bins end before floor((i + 1) n / out), so that none overlap",
        END,
        "end = max((i + 1) * size // out, start + 1)",
    ),
    edit(
        "starts rounded up",
        "bins begin at ceil(i n / out), so that none overlap",
        START,
        "start = min(-(-i * size // out), -(-(i + 1) * size // out) - 1)",
    ),
    edit(
        "edges rounded to the nearest",
        "bins begin and end at the element nearest to the exact edge",
        START,
        "start = min(round(i * size / out), size - 1)",
        END,
        "end = max(round((i + 1) * size / out), start + 1)",
    ),
    edit(
        "end included",
        "bins have one row and one column more than they should",
        END,
        "end = -(-(i + 1) * size // out) + 1",
    ),
    edit(
        "sum instead of mean",
        "bins are added up and not divided",
        MEAN,
        "out[n, c, i, j] = np.sum(x[n, c, rows, columns])",
    ),
    edit(
        "all bins divided by the same size",
        "bins are divided by ceil(H / OH) ceil(W / OW) where some have more elements, or fewer",
        MEAN,
        f"out[n, c, i, j] = np.sum(x[n, c, rows, columns]) / {AREA}",
    ),
    edit(
        "largest instead of mean",
        "every bin gives its largest value",
        MEAN,
        "values = x[n, c, rows, columns]\n"
        "        out[n, c, i, j] = values.flat[int(np.argmax(values.real))]",
    ),
    edit(
        "first pixel instead of mean",
        "every bin gives its upper left pixel, as nearest interpolation does",
        MEAN,
        "out[n, c, i, j] = x[n, c, rows, columns].flat[0]",
    ),
    edit(
        "global average whatever the output size",
        "every bin gives the mean of the whole map",
        MEAN,
        "out[n, c, i, j] = np.mean(x[n, c])",
    ),
    edit(
        "mean over channels too",
        "every channel gives the mean of all channels' bins",
        MEAN,
        "out[n, c, i, j] = np.mean(x[n, :, rows, columns])",
    ),
    edit(
        "output height and width swapped",
        "the output is sized (N, C, OW, OH), which only a non-square output shows",
        SIZE,
        SIZE.replace("OH, OW", "OW, OH"),
    ),
    edit(
        "bins of H and W swapped",
        "rows are cut as columns should be and the reverse",
        FORWARD_BINS,
        "rows, columns = _bin(i, W, OH), _bin(j, H, OW)\n        out",
        MEAN,
        "rows, columns = (np.arange(b.start, b.stop) for b in (rows, columns))\n"
        "        values = x[n, c][np.ix_(np.minimum(rows, H - 1), np.minimum(columns, W - 1))]\n"
        "        out[n, c, i, j] = np.mean(values)",
    ),
    edit(
        "width of the output ignored",
        "the output is as wide as it is high",
        SIZE,
        f"{SIZE}\n    OW = OH",
    ),
    edit(
        "None taken as 1",
        "where output_size is None the whole axis is averaged, not kept",
        SIZE,
        "OH, OW = (out or 1 for out in output_size)",
    ),
    edit(
        "bins overlap: gradient assigned instead of added",
        "a pixel that lies in several bins keeps the last one's share only",
        SHARE,
        SHARE.replace("+=", "="),
    ),
    edit(
        "gradient not divided by the bin",
        "every pixel of a bin gets its whole dout",
        SHARE,
        "dx[n, c, rows, columns] += dout[n, c, i, j]",
    ),
    edit(
        "gradient divided by one size for all bins",
        "dout is divided by ceil(H / OH) ceil(W / OW) where some bins have more elements, or fewer",
        SHARE,
        f"dx[n, c, rows, columns] += dout[n, c, i, j] / {AREA}",
    ),
    edit(
        "gradient of equal bins",
        "dout is spread over size // out elements, not over the bin that was averaged",
        BACKWARD_BINS,
        "rows, columns = (\n"
        "            slice(at * max(n // o, 1) % n, at * max(n // o, 1) % n + max(n // o, 1))\n"
        "            for at, n, o in ((i, H, OH), (j, W, OW))\n"
        "        )\n"
        "        dx",
    ),
    edit(
        "dout not multiplied in",
        "dx is the share that a pixel has in its bins",
        SHARE,
        SHARE.replace("dout[n, c, i, j]", "1"),
    ),
    edit(
        "gradient to the first pixel",
        "the upper left pixel of a bin gets the whole dout",
        SHARE,
        "dx[n, c, rows.start, columns.start] += dout[n, c, i, j]",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        ZEROS,
        "out = np.zeros((N, C, OH, OW), np.result_type(x, np.float64))",
    ),
    edit(
        "accumulated in float16",
        "bins are added up in half precision",
        MEAN,
        MEAN.replace("columns])", "columns], dtype=None if x.dtype.kind == 'c' else np.float16)"),
    ),
    edit(
        "input changed in place",
        "x is scaled where it stands, so the caller's array is spoiled",
        ZEROS,
        f"{ZEROS}\n    x *= 1.5",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is divided by the bin where it stands",
        SHARE,
        "dout[n, c, i, j] /= dx[n, c, rows, columns].size\n"
        "        dx[n, c, rows, columns] += dout[n, c, i, j]",
    ),
)

CORNERS: Corners = {
    "global average": global_average,
    "uneven bins": lambda case: any(size > out and size % out for size, out in sizes(case)),
    "even bins": lambda case: even_bins(case) and any(size > out > 1 for size, out in sizes(case)),
    "larger output": lambda case: any(size < out for size, out in sizes(case)),
    "height kept": lambda case: case.attributes["output_size"][0] is None,
    "width kept": lambda case: case.attributes["output_size"][1] is None,
    "non-square": lambda case: len(set(sizes(case))) == 2,
    "empty": lambda case: case.attributes["batch"] == 0,
}

operator = Operator(
    name="adaptive_avg_pool2d",
    source="torch.nn.functional.adaptive_avg_pool2d",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        ADDITIVITY,
        Law(
            "global average", "one bin is the mean of the map", mean_of_map, applies=global_average
        ),
        Law("mean", "bins of equal size keep the mean of a map", mean_kept, applies=even_bins),
        Law("constant", "a constant map stays constant", constant_kept),
        Law("mirror", "a map turned by 180 degrees gives its output turned", mirrored),
        Law("conservation", "dx adds up to dout over each map", conserved, needs_backward=True),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "ResNet head",
            {"batch": 64, "channels": 512, "size": (7, 7), "output_size": (1, 1)},
        ),
        Workload(
            "VGG head",
            {"batch": 8, "channels": 512, "size": (10, 10), "output_size": (7, 7)},
        ),
    ),
)
