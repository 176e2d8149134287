"""The object of settings that a loop may take: `args.log_interval`, `config["device"]`.

It holds what a text asks of it, by the usual names; where one of them says nothing to us, the loop
is not judged.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

SETTINGS = (
    r"args?|arguments|config(uration)?|cfg|conf|hps|hparams|h_?params|opts|options|settings|flags"
)
REPORTS = r"(summary_?|tb_?)?writer|(wandb_?)?logger|log|tensorboard|tracker"
KNOWN = {
    "device": r"device|dev",
    "epochs": r"((n|num|max|total)_?)?epochs?",
    "batch_size": r"((train(ing)?|test|val|valid|eval)_?)?batch_?size|bs",
    "learning_rate": r"lr|learning_?rate",
}
"""What settings are called that are handed over as they are."""

PLAIN: tuple[tuple[str, Any], ...] = (
    (
        r"((log|print|report|disp(lay)?|verbose|eval)_?)(interval|freq(uency)?|every|steps?|iters?)",
        10,
    ),
    (r"(no|disable)_?(cuda|gpu|accel|mps|progress\w*|tqdm)", True),
    (r"gpu(_?id)?|wandb|logger|writer|seed", None),
    (r"(use_?)?(cuda|gpus|mps|amp|fp16|half|wandb|tensorboard|apex|mixed_precision)", False),
    (
        r"distributed|multi_?gpus?|(data)?_?parallel|dry_?run|debug|quick|quiet|verbose|progress",
        False,
    ),
    (r"world_?size|(n|num)_?gpus?|ngpu", 1),
    (r"(local_?)?rank|((n|num)_?)?workers", 0),
)
"""What else they are called, with a value that changes nothing of what is computed."""


class Settings(dict[str, Any]):
    """A dictionary whose items are attributes as well."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name, name=name, obj=self) from None


class Reports:
    """What a loop writes its numbers to, `logger` or `writer`: it takes all and keeps nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **named: None


def asked_for(tree: ast.AST, name: str) -> set[str]:
    """The settings that a text takes from a parameter: its attributes, and its items by name."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(getattr(node, "value", None), ast.Name) or node.value.id != name:  # type: ignore[attr-defined]
            continue
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            found.add(str(node.slice.value))
    return found - {"get"}


def untold(tree: ast.AST, name: str) -> list[str]:
    """The settings of which nothing is known, as the text writes them."""
    return [f"{name}.{asked}" for asked in sorted(asked_for(tree, name)) if not _is_known(asked)]


def _is_known(setting: str) -> bool:
    patterns = [*KNOWN.values(), *(pattern for pattern, _ in PLAIN)]
    return any(re.fullmatch(pattern, setting.lower()) for pattern in patterns)


def settings(tree: ast.AST, name: str, made: Mapping[str, Any]) -> Settings:
    """The settings that a text asks for.

    made: device, epochs, batch_size and learning_rate.
    """
    found = Settings()
    for asked in asked_for(tree, name):
        for pattern, value in (*((p, made.get(r)) for r, p in KNOWN.items()), *PLAIN):
            if re.fullmatch(pattern, asked.lower()):
                found[asked] = value
                break
    return found
