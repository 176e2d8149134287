"""Models as lists of their tensors: nested, frozen in part, with buffers and shared weights."""

from __future__ import annotations

from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.operator import Corners

PATHS = (
    *("first.weight", "first.bias", "scale", "inner.0.weight", "inner.0.bias"),
    *("inner.1.deep.weight", "last.weight", "last.bias"),
)
SHAPES = ((2, 3), (), (4,), (), (3, 1, 2, 2), (1,), (5, 2), (0, 3))
BUFFERS = (("norm.running_mean", (4,), "float32"), ("norm.num_batches_tracked", (), "int64"))
DTYPES = ("float32", "float64", "float16")


def draw_tensors(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Parameters in the order of a model's, some the same as earlier ones, and buffers."""
    count = draw(domain.choice("parameters", (3, 5, 1, 8, 0)))
    frozen = draw(domain.choice("frozen", ("some", "all", "none", "some")))
    shared = draw(domain.boolean("shared"))
    dtypes = draw(domain.choice("dtypes", ("float32", "mixed", "float64")))
    rows: list[tuple[str, str, tuple[int, ...], str, int]] = []
    for place, path in enumerate(PATHS[:count]):
        if shared and place and (place == count - 1 or draw(domain.choice("again", (False, True)))):
            of = draw(domain.choice("of", tuple(range(place))))
            rows.append((path, *rows[of][1:4], rows[of][4]))
            continue
        kind = draw(domain.choice("kind", ("trainable", "frozen"))) if frozen == "some" else frozen
        kind = {"none": "trainable", "all": "frozen"}.get(kind, kind)
        dtype = draw(domain.choice("dtype", DTYPES)) if dtypes == "mixed" else dtypes
        rows.append((path, kind, draw(domain.choice("shape", SHAPES)), dtype, place))
    if draw(domain.boolean("with_buffers")):
        for path, shape, dtype in BUFFERS:
            rows.append((path, "buffer", shape, dtype, len(rows)))
    return {"tensors": tuple(rows)}


def made(at: Attributes, kinds: tuple[str, ...]) -> list[Any]:
    """torch's tensors of these kinds, each once, without memory."""
    import torch

    return [
        torch.empty(shape, dtype=getattr(torch, dtype), device="meta")
        for place, (_, kind, shape, dtype, of) in enumerate(at["tensors"])
        if of == place and kind in kinds
    ]


def renamed(at: Attributes) -> tuple[Any, ...]:
    """The same tensors under other names."""
    return tuple((f"x.{path}", *rest) for path, *rest in at["tensors"])


def _has(kind: str) -> Any:
    return lambda case: any(tensor[1] == kind for tensor in case.attributes["tensors"])


def _shares(case: Case) -> bool:
    return any(of != place for place, (*_, of) in enumerate(case.attributes["tensors"]))


TENSOR_CORNERS: Corners = {
    "no tensor": lambda case: not case.attributes["tensors"],
    "frozen": _has("frozen"),
    "buffers": _has("buffer"),
    "shared": _shares,
    "a single number": lambda case: any(t[2] == () for t in case.attributes["tensors"]),
    "an empty tensor": lambda case: any(0 in t[2] for t in case.attributes["tensors"]),
    "several dtypes": lambda case: (
        len({t[3] for t in case.attributes["tensors"] if t[1] != "buffer"}) > 1
    ),
}
