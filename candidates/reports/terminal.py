"""The verdict in a terminal: a table of operators and properties, then every failure at length."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from candidates.statuses import FAILING

WIDTH = 92
MOST_NAMED = 8
MARKS = {"pass": "ok", "skipped": "-", "limit": "limit"}


def render(verdict: dict[str, Any]) -> str:
    """The whole verdict as text."""
    noted = "\n".join(notes(verdict["stubbed"], verdict["failed"]))
    told = [*failures(verdict), *missing(verdict), *limits(verdict)]
    parts = [table(verdict), *told, noted, *containment(verdict)]
    return "\n\n".join([part for part in parts if part] + [summary(verdict)])


def notes(stubbed: Mapping[str, str], failed: Sequence[Mapping[str, str]]) -> list[str]:
    """One line for the imports that stubs stand in for, one for each thing not loaded."""
    named = [f"{name} ({why})" for name, why in stubbed.items()]
    more = f" and {len(named) - MOST_NAMED} more" * (len(named) > MOST_NAMED)
    lines = [f"stubbed: {', '.join(named[:MOST_NAMED])}{more}"] if named else []
    return lines + [f"not loaded: {entry['file']}: {entry['reason']}" for entry in failed]


def table(verdict: dict[str, Any]) -> str:
    """Properties down, functions across; what each was judged on at the foot."""
    columns = list(_columns(verdict))
    if not columns:
        return ""
    names = list(dict.fromkeys(row["property"] for _, rows in columns for row in rows))
    lines = [["property", *(title for title, _ in columns)]]
    for name in names:
        lines.append([name, *(_mark(rows, name) for _, rows in columns)])
    lines.append(["examples", *(str(max(r["examples"] for r in rows)) for _, rows in columns)])
    lines.append(["seconds", *(f"{sum(r['seconds'] for r in rows):.1f}" for _, rows in columns)])
    return grid(lines)


def _columns(verdict: dict[str, Any]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """One column a spelling: rows come in spelling after spelling, each with `shape` first."""
    for entry in verdict["operators"]:
        spellings: list[list[dict[str, Any]]] = []
        for row in entry["properties"]:
            if (row["property"] == "shape" and row["status"] != "limit") or not spellings:
                spellings.append([])
            spellings[-1].append(row)
        for number, rows in enumerate(spellings, 1):
            title = entry["operator"] + (f"/{number}" if len(spellings) > 1 else "")
            yield title, rows


def _mark(rows: Sequence[dict[str, Any]], name: str) -> str:
    found = [row["status"] for row in rows if row["property"] == name]
    status = next((s for s in found if s != "limit"), found[0] if found else "skipped")
    return MARKS.get(status, status.upper() if status in FAILING else status)


def grid(lines: Sequence[Sequence[str]]) -> str:
    """Columns aligned, a rule under the head."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([text[0], "-" * len(text[0]), *text[1:]])


def failures(verdict: dict[str, Any]) -> list[str]:
    brief = verdict["environment"]["hints"] == "none"
    return [
        failure(entry["operator"], row, brief)
        for entry in verdict["operators"]
        for row in entry["properties"]
        if row["status"] in FAILING
    ]


def failure(operator: str, row: dict[str, Any], brief: bool = False) -> str:
    """One failure: what is wrong, the smallest case, its diagnosis, how to replay it.

    `brief` leaves out the case, where no hints are asked for.
    """
    head = f"{row['status'].upper()}: {operator} {row['property']}, {row['function']}"
    head += f" ({row['place']})" if row.get("place") else ""
    lines = [head, f"  {row['message']}"]
    shown = row["counterexample"]
    if shown is not None:
        lines += [f"  {line}" for line in shown["traceback"]]
        if not brief:
            lines += ["  smallest case:", *(f"    {line}" for line in _case(shown))]
    for entry in row["diagnosis"]:
        lines += [f"  {line}" for line in _told(entry)]
    if row["reproduce"]:
        lines.append(f"  replay: {row['reproduce']}")
    return "\n".join(lines)


def _told(entry: dict[str, Any]) -> Iterable[str]:
    """A sentence of a diagnosis and, where it does not count itself, on how many cases it holds."""
    sentence, share = entry["sentence"], f"{entry['matches']} of {entry['of']}"
    if entry["kind"] == "where":
        yield sentence
    else:
        yield f"{sentence} ({share} failing cases)"
    if "explanation" in entry:
        yield f"  {entry['explanation']}"


def _case(shown: dict[str, Any]) -> Iterable[str]:
    case = shown["case"]
    at = {**case["attributes"], **case["steps"][0]}
    stated = f"{', '.join(f'{k}={_value(v)}' for k, v in at.items())} ({case['regime']} values)"
    yield from textwrap.wrap(stated, WIDTH, break_long_words=False, break_on_hyphens=False)
    if len(case["steps"]) > 1:
        yield f"steps: {case['steps']}"
    for name, values in (shown["inputs"] or {}).items():
        array = np.array(values)
        array = array if array.dtype.kind in "bif" else array.astype(float)  # "nan" and "inf"
        text = np.array2string(array, precision=6, separator=", ", suppress_small=True)
        yield f"{name} {array.shape} ="
        yield from (f"  {line}" for line in text.splitlines())
    if shown["inputs"] is None:
        yield "(more than 64 numbers; the command below shows the same case)"


def _value(value: Any) -> str:
    """An attribute as it is read best: a word without quotes, a text with them."""
    return ascii(value) if isinstance(value, str) and not value.isidentifier() else str(value)


def missing(verdict: dict[str, Any]) -> list[str]:
    """What is not there, and why, in one line for each function."""
    lines = [
        f"missing: {entry['operator']} {row['function']}: {row['message'].splitlines()[0]}"
        for entry in verdict["operators"]
        for row in entry["properties"]
        if row["status"] == "missing" and row["message"]
    ]
    return ["\n".join(dict.fromkeys(lines))] if lines else []


def limits(verdict: dict[str, Any]) -> list[str]:
    """What fails outside the promise, in one line each."""
    lines = [
        f"limit: {entry['operator']} {row['function']}, {row['reason']}: {row['message']}"
        for entry in verdict["operators"]
        for row in entry["properties"]
        if row["status"] == "limit"
    ]
    return ["\n".join(lines)] if lines else []


def containment(verdict: dict[str, Any]) -> list[str]:
    """What was to hold the candidate and could not be had on this machine."""
    said = verdict["containment"]
    absent = {n: state for n, state in said["mechanisms"].items() if state != "active"}
    lines = [f"containment {said['level']}, {name}: {state}" for name, state in absent.items()]
    return ["\n".join(lines)] if lines else []


def summary(verdict: dict[str, Any]) -> str:
    return by_status({entry["operator"]: entry["status"] for entry in verdict["operators"]})


def by_status(statuses: Mapping[str, str]) -> str:
    """Statuses of operators in one line: `wrong: conv2d, relu; missing: linear`."""
    names_of: dict[str, list[str]] = {}
    for name, status in statuses.items():
        names_of.setdefault(status, []).append(name)
    return "; ".join(f"{status}: {', '.join(names)}" for status, names in names_of.items())
