"""The options of `layerproof data` and `layerproof train`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

FORMS = ("python", "binary")
OPTIMIZERS = ("descent", "momentum", "nesterov", "adam")


def add_parsers(commands: Any, positive: Callable[[str], int]) -> None:
    """Add both commands to a parser's commands; `positive` reads a number of at least 1."""
    data = commands.add_parser("data", help="make or check image files in the format of CIFAR")
    kinds = data.add_subparsers(required=True, metavar="ACTION")
    make = kinds.add_parser("make", help="write a small synthetic set in exactly that format")
    make.add_argument("folder", metavar="DIR", type=Path, help="where its folder is to lie")
    make.add_argument("--format", choices=FORMS, default="python")
    make.add_argument("--classes", type=int, choices=(10, 100), default=10)
    make.add_argument("--train", type=positive, default=1000, metavar="N", help="images to learn")
    make.add_argument("--test", type=positive, default=200, metavar="N", help="images to test")
    make.add_argument("--seed", type=int, default=0, metavar="N")
    make.set_defaults(run=_make)
    check = kinds.add_parser("check", help="read a set and say what is in it, or what is wrong")
    check.add_argument("folder", metavar="DIR", type=Path)
    check.set_defaults(run=_check)
    _add_train(commands, positive)


def _add_train(commands: Any, positive: Callable[[str], int]) -> None:
    train = commands.add_parser(
        "train", help="train a reference model on images, step by step beside PyTorch"
    )
    train.add_argument("model", nargs="?", default="three_layer_convnet", metavar="MODEL")
    train.add_argument("--data", type=Path, metavar="DIR", help="CIFAR-10; else a synthetic set")
    train.add_argument("--steps", type=positive, default=50, metavar="N")
    train.add_argument("--batch", type=positive, default=25, metavar="N", help="images a step")
    train.add_argument("--optimizer", choices=OPTIMIZERS, default="descent")
    train.add_argument("--learning-rate", type=_number, default=0.02, metavar="RATE")
    train.add_argument("--reg", type=_number, default=0.001, help="the L2 penalty")
    train.add_argument("--path", choices=("naive", "vectorized"), default="vectorized")
    train.add_argument("--seed", type=int, default=0, metavar="N", help="of weights and batches")
    train.add_argument("--json", type=Path, metavar="FILE", help="write every step there")
    train.add_argument("--plot", type=Path, metavar="DIR", help="write the curves there")
    train.set_defaults(run=_train)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(f"must be a number of at least 0, got {text!r}")
    return value


def _make(options: argparse.Namespace) -> int:
    from benchmarks.training.datasets import make

    return make(options)


def _check(options: argparse.Namespace) -> int:
    from benchmarks.training.datasets import check

    return check(options)


def _train(options: argparse.Namespace) -> int:
    from benchmarks.training.running import train

    return train(options)
