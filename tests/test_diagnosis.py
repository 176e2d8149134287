"""What is said of a failure that equals no mistake: the sentence is there, and it is true."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from candidates.diagnosis import diagnose, hints
from candidates.diagnosis.budget import Budget
from candidates.diagnosis.conclusions import fewest
from candidates.diagnosis.evidence import see
from candidates.diagnosis.kinds import kinds
from candidates.diagnosis.neighbours import matching
from candidates.diagnosis.relations import claims
from candidates.diagnosis.where import fresh_cases, locate, take
from properties.case import Case
from properties.checks import find_property
from properties.explore import explore
from properties.implementation import Local
from properties.operator import find_operator, operator_names
from properties.promise import Promise
from properties.references import reference

EXAMPLES = 120
CALM = 100.0  # seconds: on a busy machine no sentence may be lost


class Altered:
    """The naive reference with its attributes, outputs or gradients altered."""

    def __init__(self, name, attributes=None, outputs=None, gradients=None):
        self._right = reference(find_operator(name), "naive").functions
        self._attributes, self._outputs, self._gradients = attributes, outputs, gradients

    def forward(self, attributes, inputs):
        given = self._attributes(dict(attributes)) if self._attributes else attributes
        outputs, cache = self._right.forward(given, inputs)
        if self._outputs:
            outputs = {**outputs, **self._outputs(dict(outputs), attributes, inputs)}
        return outputs, (cache, attributes, inputs, outputs)

    def backward(self, cotangents, cache):
        cache, attributes, inputs, outputs = cache
        gradients = self._right.backward(cotangents, cache)
        if self._gradients:
            altered = self._gradients(dict(gradients), attributes, inputs | outputs, cotangents)
            gradients = {**gradients, **altered}
        return gradients


def explored(name, implementation, judged, seed=0, examples=EXAMPLES):
    return explore(
        replace(find_operator(name), mistakes=()),
        implementation,
        Promise(),
        examples=examples,
        seed=seed,
        properties=[find_property(property_name) for property_name in judged],
    )


def sentences(name, judged, **alterations):
    """All that one property makes be said of the naive reference so altered."""
    implementation = Local("altered", Altered(name, **alterations))
    finding = (exploration := explored(name, implementation, [judged])).findings[judged]
    assert finding.failing
    said = diagnose(exploration, finding, set(finding.passing))
    return [entry["sentence"] for entry in said]


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    monkeypatch.setattr("candidates.diagnosis.conclusions.SECONDS", CALM)


def times(name, factor):
    return lambda results, at, *_: {name: results[name] * factor(at)}


def put(array, index, value):
    array = array.copy()
    array[index] = value
    return array


HOW = [
    ("conv2d", "gradient", "dx is the right one divided by N",
     {"gradients": times("x", lambda at: 1 / max(at["batch"], 1))}),
    ("conv2d", "gradient", "dw is the right one times N * OH * OW",
     {"gradients": lambda g, at, known, dout: {
         "w": g["w"] * dout["out"].shape[0] * dout["out"][0, 0].size if at["batch"] else g["w"]}}),
    ("linear", "forward", "out is the right one times 2", {"outputs": times("out", lambda at: 2)}),
    ("linear", "forward", "out has the opposite sign", {"outputs": times("out", lambda at: -1)}),
    ("dropout", "gradient", "dx is the right one times 1 - p",
     {"gradients": times("x", lambda at: 1 - at["p"])}),
    ("linear", "shape", "dw is the right one transposed",
     {"gradients": lambda g, *_: {"w": g["w"].T.copy()}}),
    ("linear", "shape", "db has an axis of length 1 too many, with the right numbers",
     {"gradients": lambda g, *_: {"b": g["b"][None]}}),
    ("conv2d", "shape", "dx is empty", {"gradients": lambda g, *_: {"x": g["x"][:, :, :0]}}),
    ("conv2d", "shape", "out has one row more than it should",
     {"outputs": lambda r, *_: {"out": np.pad(r["out"], ((0, 0), (0, 0), (0, 1), (0, 0)))}}),
    ("avg_pool2d", "gradient",
     "dx is the right one shifted by one column, which comes later",
     {"gradients": lambda g, *_: {"x": np.roll(g["x"], 1, 3)}}),
    ("conv2d", "forward", "out is the right one with its columns in reverse order",
     {"outputs": lambda r, *_: {"out": r["out"][..., ::-1].copy()}}),
    ("conv2d", "forward", "out is the right one with its channels in another order",
     {"outputs": lambda r, *_: {"out": np.concatenate(
         [r["out"][:, 1:2], r["out"][:, :1], r["out"][:, 2:]], axis=1)}}),
    ("linear", "forward", "out is the right one plus 1",
     {"outputs": lambda r, *_: {"out": r["out"] + 1}}),
    ("linear", "forward", "out is the right one plus b",
     {"outputs": lambda r, at, inputs: {"out": r["out"] + inputs["b"]}}),
    ("relu", "gradient", "dx is dout, unchanged",
     {"gradients": lambda g, at, known, dout: {"x": dout["out"].copy()}}),
    ("relu", "gradient", "dx is 2 * dout",
     {"gradients": lambda g, at, known, dout: {"x": 2 * dout["out"]}}),
    ("lstm_step", "gradient", "dprev_h is what dprev_c should be",
     {"gradients": lambda g, *_: {"prev_h": g["prev_c"]}}),
    ("sigmoid", "gradient", "dx is 0 everywhere",
     {"gradients": lambda g, *_: {"x": np.zeros_like(g["x"])}}),
    ("avg_pool2d", "gradient", "dx is wrong in its last column alone and is 0 there",
     {"gradients": lambda g, *_: {"x": put(g["x"], np.s_[..., -1], 0)}}),
    ("softmax", "forward", "out is the square root of the right one",
     {"outputs": lambda r, *_: {"out": np.sqrt(r["out"])}}),
    ("tanh", "forward", "out is right to as many digits as float32 has, not float64",
     {"outputs": lambda r, *_: {"out": r["out"].astype(np.float32).astype(r["out"].dtype)}}),
    ("conv2d", "shape", "out is the right answer with stride = 1",
     {"attributes": lambda at: at | {"stride": (1, 1)}}),
    ("avg_pool2d", "shape", "out is the right answer with padding = 0",
     {"attributes": lambda at: at | {"padding": (0, 0)}}),
    ("mse_loss", "forward", "loss is the right answer with reduction = 'sum'",
     {"attributes": lambda at: at | {
         "reduction": "sum" if at["reduction"] == "mean" else at["reduction"]}}),
    ("batch_norm", "forward", "out is the right answer with training = True",
     {"attributes": lambda at: at | {"training": True}}),
    ("layer_norm", "gradient", "dx is the right answer with gamma = 1",
     {"gradients": lambda g, at, known, dout: {"x": without(known, at, dout)}}),
]  # fmt: skip


def without(known, at, dout):
    """dx of a layer norm whose gamma is taken for 1."""
    functions = reference(find_operator("layer_norm"), "naive").functions
    inputs = {"x": known["x"]}
    if at.get("scaled"):
        inputs["gamma"] = np.ones_like(known["gamma"])
    if at.get("shifted"):
        inputs["beta"] = known["beta"]
    _, cache = functions.forward(at, inputs)
    return functions.backward(dout, cache)["x"]


@pytest.mark.parametrize(
    ("name", "judged", "sentence", "alteration"), HOW, ids=[f"{h[0]}-{h[2]}" for h in HOW]
)
def test_how_values_differ_is_said(name, judged, sentence, alteration):
    assert sentence in sentences(name, judged, **alteration)


def spoilt(when, name="out"):
    """Outputs that no relation explains, in the cases that `when` picks."""

    def spoil(results, at, inputs, *_):
        array = results[name]
        if not when(at, inputs) or not array.size:
            return {}
        return {name: array + np.sin(1 + np.arange(array.size)).reshape(array.shape)}

    return spoil


WHERE = [
    ("conv2d", "forward", "fails only where stride > 1",
     {"outputs": spoilt(lambda at, _: max(at["stride"]) > 1)}),
    ("conv2d", "forward", "fails only where height and width differ",
     {"outputs": spoilt(lambda at, _: at["size"][0] != at["size"][1])}),
    ("conv2d", "gradient", "fails only where padding is 0",
     {"gradients": spoilt(lambda at, _: at["padding"] in ((0, 0), "valid"), "x")}),
    ("max_pool2d", "gradient", "fails only where windows overlap",
     {"gradients": spoilt(lambda at, _: any(
         (at["stride"] or at["kernel_size"])[a] <= at["dilation"][a] * (at["kernel_size"][a] - 1)
         for a in (0, 1)), "x")}),
    ("conv2d", "forward", "fails only where batch > 1",
     {"outputs": spoilt(lambda at, _: at["batch"] > 1)}),
    ("conv2d", "forward", "fails only where bias is False",
     {"outputs": spoilt(lambda at, _: not at["bias"])}),
    ("max_pool2d", "forward", "fails only where channels > 1",
     {"outputs": spoilt(lambda at, _: at["channels"] > 1)}),
    ("batch_norm", "forward", "fails only in evaluation mode",
     {"outputs": spoilt(lambda at, _: not at["training"])}),
    ("softmax", "stability", "fails only where x has values above 50",
     {"outputs": lambda r, at, inputs: {"out": r["out"] * (np.nan if inputs["x"].size and
         np.abs(inputs["x"]).max() > 50 else 1)}}),
    ("relu", "forward", "fails only where x holds a 0",
     {"outputs": spoilt(lambda at, inputs: (inputs["x"] == 0).any())}),
    ("conv2d", "forward", "fails only where groups > 1 and stride > 1",
     {"outputs": spoilt(lambda at, _: max(at["stride"]) > 1 and at["groups"] > 1)}),
    ("linear", "integers", "fails only in float32: in float64 the same cases are right",
     {"outputs": lambda r, *_: {"out": r["out"] + (r["out"].dtype == np.float32)}}),
    ("batch_norm", "steps", "fails only from the second call on",
     {"outputs": lambda r, at, inputs: {"out": r["out"] + np.any(
         inputs["running_mean"] != inputs["running_mean"].astype(np.float32))}}),
    ("tanh", "forward", "fails on every case that was tried",
     {"outputs": spoilt(lambda at, _: True)}),
    ("cross_entropy", "forward", "fails only where reduction is 'mean'",
     {"outputs": spoilt(lambda at, _: at["reduction"] == "mean", "loss")}),
    ("rnn", "forward", "fails only where time > 1",
     {"outputs": spoilt(lambda at, _: at["time"] > 1, "h")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "judged", "sentence", "alteration"), WHERE, ids=[f"{w[0]}-{w[2]}" for w in WHERE]
)
def test_where_it_fails_is_said(name, judged, sentence, alteration):
    said = sentences(name, judged, **alteration)
    beginnings = {s.split(end)[0] for s in said for end in ":,"}
    assert sentence in {*said, *beginnings}, said


def test_a_crash_is_located_too():
    def outputs(results, at, inputs):
        if at["groups"] > 1:
            raise ValueError("cannot reshape")
        return {}

    said = sentences("conv2d", "forward", outputs=outputs)
    assert any(s.startswith("fails only where groups > 1:") for s in said), said


def test_only_is_not_said_where_a_few_others_fail():
    def often(at, inputs):
        return at["batch"] > 1 or inputs["x"].sum() % 3 == 0

    said = sentences("max_pool2d", "forward", outputs=spoilt(often))
    assert not any(s.startswith("fails only where batch > 1:") for s in said), said


@pytest.mark.parametrize("name", ["conv2d", "batch_norm", "lstm_step"])
def test_right_code_gets_no_diagnosis(name):
    operator = find_operator(name)
    exploration = explore(
        operator, reference(operator, "vectorized"), Promise(), examples=60, seed=3
    )
    assert not exploration.failing


VALUES = ("shape", "forward", "gradient")
RANDOM = random.Random(4).sample(
    [(name, mistake) for name in operator_names() for mistake in find_operator(name).mistakes], 30
)


@pytest.mark.parametrize(("name", "mistake"), RANDOM, ids=[f"{n}-{m.name}" for n, m in RANDOM])
def test_every_sentence_is_true_of_other_cases(name, mistake):
    implementation = mistake.implementation(find_operator(name))
    exploration = explored(name, implementation, VALUES, examples=80)
    passing = {n: sorted(f.passing) for n, f in exploration.findings.items()}
    others = explored(name, implementation, VALUES, seed=1, examples=80)
    for finding in exploration.failing:
        judged = finding.property.name
        sample = take(exploration, finding, passing[judged])
        where = locate(sample, fresh_cases(exploration, finding), Budget(CALM))
        if where is not None and where.kind is not None and " only " in where.sentence:
            for trial, _ in others.findings[judged].failing:
                same = take(others, others.findings[judged], ()).way == sample.way
                assert where.kind.holds(trial.case) or not same, (where.sentence, trial.case.key)
        said = diagnose(exploration, finding, passing[judged])
        known = [Case.from_json(key) for f in others.findings.values() for key in f.passing]
        how = [entry for entry in said if entry["kind"] == "how"]
        check_claims(how, others.findings[judged].failing, known)


def check_claims(entries, failing, known):
    """Each claim holds on a good part of other cases that fail by the same array.

    `known` cases show which values attributes may have.
    """
    seen = [s for trial, failure in failing if (s := see(trial, failure)) is not None]
    for entry in entries:
        name = entry["sentence"].split()[0]
        group = [one for one in seen if one.name == name]
        if len(group) < fewest(len(group)) or not group:
            continue
        cases = [one.trial.case for one in group]
        near = matching(group, [*cases, *known], Budget(CALM))
        near = {claim.sentence: held for claim, held in near.items()}
        held = max(
            sum(entry["sentence"] in {c.sentence for c in claims(one)} for one in group),
            near.get(entry["sentence"], 0),
        )
        share = entry["matches"] / entry["of"]
        assert held >= (share - 0.3) * len(group), (entry, held, len(group))


LEAKS = {"not", "instead", "forgotten", "missing", "swapped", "added", "twice", "transposed"}


def test_a_gentle_hint_does_not_tell_what_is_wrong():
    every = [m for name in operator_names() for m in find_operator(name).mistakes]
    subjects = [hints.subject(mistake) for mistake in every]
    assert sum(map(bool, subjects)) > 0.7 * len(every)
    for mistake, subject in zip(every, subjects, strict=True):
        assert not set(subject.split()) & LEAKS, (mistake.name, subject)
        assert subject != mistake.name or subject == "windows overlap", mistake.name


def test_levels_of_hints():
    entries = [
        {"kind": "mistake", "sentence": "equals *a*", "explanation": "b", "mistake": "a",
         "matches": 5, "of": 6, "look_at": "the padding"},
        {"kind": "where", "sentence": "fails only where stride > 1", "matches": 5, "of": 5},
        {"kind": "how", "sentence": "dx is twice dout", "matches": 5, "of": 6, "look_at": "dx"},
    ]  # fmt: skip
    assert hints.shown(entries, "none") == []
    gentle = hints.shown(entries, "gentle")
    assert [e["sentence"] for e in gentle] == [
        "look at: the padding",
        "fails only where stride > 1",
        "look at: dx",
    ]
    assert not any({"mistake", "explanation", "look_at"} & set(e) for e in gentle)
    full = hints.shown(entries, "full")
    assert full[0]["mistake"] == "a"
    assert not any("look_at" in e for e in full)
    with pytest.raises(ValueError, match="hints must be one of none, gentle, full, got 'some'"):
        hints.shown(entries, "some")


def test_a_case_without_an_attribute_is_of_no_kind_that_names_it():
    def case(**more):
        return Case("relu", {"shape": (2, 3), **more}, "normal", ({},), 0)

    found = kinds(find_operator("relu"), Promise(), "forward", [case(a=i, b=i + 1) for i in (0, 2)])
    (smaller,) = (kind for kind in found if kind.words == "where a < b")
    assert smaller.holds(case(a=1, b=2))
    assert not smaller.holds(case(a=1))
