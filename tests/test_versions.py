"""What a run of pytest writes about versions, and the report that is made of it."""

from __future__ import annotations

import json

import pytest

from properties.versions import installed, main, report
from tests.test_pytest import ROOT, run_pytest

HOLDS = {"passed": 2, "failed": []}
FAILS = {"passed": 1, "failed": ["gradient"]}


def judged(path, *arguments):
    return run_pytest("--hypothesis-profile", "smoke", "--versions", str(path), *arguments)


def named(properties, subject):
    return [f"properties/test_properties.py::test_{name}[{subject}]" for name in properties]


def record(torch, python="3.11.7", **verdicts):
    versions = {"torch": torch, "torchvision": "1", "numpy": "2", "hypothesis": "6"}
    return {
        "versions": versions | {"python": python},
        "examples": 5,
        "verdicts": {name: {"naive": found} for name, found in verdicts.items()},
    }


def test_a_run_writes_its_verdicts_and_the_next_one_adds_to_them(tmp_path):
    file = tmp_path / "new" / "here.json"
    properties = ("forward", "complex_step", "steps")
    assert judged(file, *named(properties, "linear-naive")).returncode == 0
    assert judged(file, *named(properties, "linear-torch-cpu"), "--device", "cpu").returncode == 0
    written = json.loads(file.read_text())
    assert written["versions"] == installed()
    assert written["examples"] == 5
    assert written["verdicts"] == {
        "linear": {
            "naive": {"passed": 2, "failed": []},
            "torch-cpu": {"passed": 1, "failed": []},
        }
    }


def test_verdicts_of_other_versions_are_not_mixed_in(tmp_path):
    file = tmp_path / "here.json"
    file.write_text(json.dumps(record("0.1", conv2d=FAILS)))
    assert judged(file, *named(["shape"], "zero_one_loss-naive")).returncode == 0
    assert list(json.loads(file.read_text())["verdicts"]) == ["zero_one_loss"]


def test_a_device_goes_without_a_candidate():
    run = judged(
        "nowhere.json",
        "properties",
        "--device",
        "cpu",
        "--candidate",
        "candidates/examples/right.py",
    )
    assert run.returncode == 4
    assert "--device judges PyTorch: it goes without --candidate" in run.stderr


def test_the_report_orders_versions_as_numbers_and_names_what_fails():
    text = report(
        [
            record("2.10.0", conv2d=FAILS),
            record("2.6.0+cpu", conv2d=HOLDS),
            record("2.10.0", "3.13.0", relu=HOLDS),
        ]
    )
    assert "|  | torch 2.6.0+cpu, Python 3.11 | torch 2.10.0, Python 3.11 |" in text
    assert "| conv2d | 2 | **gradient** |  |" in text
    assert "| relu |  |  | 2 |" in text
    assert "vectorized references" not in text  # nothing is known of them


def test_the_committed_report_is_what_its_records_give(tmp_path):
    assert main([str(ROOT / "docs" / "versions"), str(tmp_path / "report.md")]) == 0
    assert (tmp_path / "report.md").read_text() == (ROOT / "docs" / "versions.md").read_text()


def test_no_records_is_one_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path), str(tmp_path / "report.md")])
    assert stopped.value.code == 2
    assert "must hold the .json files that pytest --versions writes" in capsys.readouterr().err
