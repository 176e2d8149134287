"""The README says what is true."""

from __future__ import annotations

import re
from pathlib import Path

from candidates.cli import _parser, main
from candidates.conventions import convention_names
from candidates.statuses import STATUSES

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_table_of_operators_is_the_commands(capsys):
    assert main(["operators"]) == 0
    for line in capsys.readouterr().out.splitlines():
        assert f"    {line}" in README


def test_every_status_and_convention_is_explained():
    for status in STATUSES:
        assert f"`{status}`" in README or status == "forbidden"
    for name in convention_names():
        assert f"- `{name}`:" in README


def test_every_option_named_exists():
    known = _parser().format_help() + "".join(
        action.format_help()
        for actions in _parser()._subparsers._group_actions
        for action in actions.choices.values()
    )
    for option in set(re.findall(r"layerproof (?:check|grade)[^\n]*?(--[a-z-]+)", README)):
        assert option in known, option


def test_every_folder_named_exists():
    for folder in re.findall(r"^\| `([a-z]+)/` \|", README, re.MULTILINE):
        assert (Path(__file__).parents[1] / folder).is_dir()
