"""Grades as JUnit XML: a test suite a submission, a test case an operator's property."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from candidates.grading.grades import Grade, VerdictOf
from candidates.reports.terminal import failure
from candidates.reports.writing import printable
from candidates.statuses import FAILING

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def parts(grades: Sequence[Grade], verdict_of: VerdictOf) -> Iterator[str]:
    """The document in pieces, one verdict at a time in memory."""
    yield '<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="layerproof">\n'
    for grade in grades:
        yield ElementTree.tostring(_suite(grade, verdict_of(grade)), encoding="unicode") + "\n"
    yield "</testsuites>\n"


def _suite(grade: Grade, verdict: Mapping[str, Any]) -> ElementTree.Element:
    cases = list(_cases(grade, verdict))
    suite = ElementTree.Element("testsuite", name=_text(printable(grade.submission)))
    suite.set("tests", str(len(cases)))
    for kind, counted in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(kind, str(sum(case.find(counted) is not None for case in cases)))
    suite.set("time", f"{grade.seconds:.3f}")
    about = ElementTree.SubElement(suite, "properties")
    score = "" if grade.score is None else f"{grade.score:g}"
    for name, value in (("status", grade.status), ("score", score)):
        ElementTree.SubElement(about, "property", name=name, value=value)
    suite.extend(cases)
    return suite


def _cases(grade: Grade, verdict: Mapping[str, Any]) -> Iterator[ElementTree.Element]:
    judged = [e for e in verdict["operators"] if e["operator"] in grade.operators]
    brief = verdict["environment"]["hints"] == "none"
    for entry in judged:
        for row in entry["properties"]:
            yield _case(entry["operator"], row, brief)
    if not verdict["operators"]:
        case = ElementTree.Element("testcase", classname=grade.status, name="load", time="0")
        ElementTree.SubElement(case, "error", type=grade.status, message=_text(grade.reason))
        yield case
    names = [entry["operator"] for entry in judged]
    for name, status in grade.operators.items():
        if name not in names:
            case = ElementTree.Element("testcase", classname=name, name=status, time="0")
            ElementTree.SubElement(case, "failure", type=status, message=f"{name} is {status}")
            yield case


def _case(operator: str, row: Mapping[str, Any], brief: bool) -> ElementTree.Element:
    """One property: limits and what could not be judged are skipped, missing ones fail.

    `brief` leaves out the failing case, where no hints are asked for.
    """
    name = _text(f"{row['property']} ({row['function']})")
    case = ElementTree.Element("testcase", classname=operator, name=name)
    case.set("time", f"{row['seconds']:.3f}")
    message = _text(row["message"] or row["reason"] or row["status"])
    if row["status"] in (*FAILING, "missing"):
        failed = ElementTree.SubElement(case, "failure", type=row["status"], message=message)
        failed.text = _text(failure(operator, dict(row), brief))
    elif row["status"] != "pass":
        ElementTree.SubElement(case, "skipped", message=message)
    return case


def _text(text: str) -> str:
    """The text without what no XML document can hold."""
    return NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
