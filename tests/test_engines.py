"""Engines of automatic differentiation: right ones pass, and each mistake in them is found."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import edited, failures, load, spellings

EXAMPLE = "right_engines.py"


@pytest.mark.parametrize("name", ["Value", "gradients", "Executor"])
def test_the_example_passes(tmp_path, name):
    module = load(tmp_path, (EXAMPLES / EXAMPLE).read_text())
    assert set(spellings(module, "numpy-course")) == {"Value", "gradients", "Executor"}
    assert failures(module, "numpy-course", name, examples=60) == {}


VALUES = {
    "gradients of several uses overwritten": ("operand.grad += slope", "operand.grad = slope"),
    "nodes visited again and again": ("            if value not in seen:\n                seen",
                                      "            if True:\n                seen"),
    "order of visiting": ("for value in reversed(order):", "for value in order:"),
    "operands before the value": (
        "                for child in value._children:\n                    visit(child)\n"
        "                order.append(value)",
        "                order.insert(0, value)\n                for child in value._children:\n"
        "                    visit(child)"),
    "a sum's second operand": ("(self, 1.0), (other, 1.0)", "(self, 1.0)"),
    "factors exchanged": ("(self, other.data), (other, self.data)",
                          "(self, self.data), (other, other.data)"),
    "power without its exponent": ("exponent * self.data ** (exponent - 1)",
                                   "self.data ** (exponent - 1)"),
    "negation": ("self * -1.0", "self * 1.0"),
    "quotient": ("self * other**-1", "self * Value(other.data**-1)"),
    "exp": ("self._new(out, (self, out))", "self._new(out, (self, self.data))"),
    "log": ("(self, 1 / self.data)", "(self, self.data)"),
    "tanh": ("(self, 1 - out**2)", "(self, 1 - out)"),
    "relu": ("float(self.data > 0)", "1.0"),
    "upstream gradient": ("slope * out.grad", "slope"),
}  # fmt: skip
NODES = {
    "gradients of several uses": ("sum(others, first) if others else first", "first"),
    "product": ("[dout * b, dout * a]", "[dout * a, dout * b]"),
    "factor": ("[dout * node.attribute]", "[dout]"),
    "constant added": ("return values[0] + node.attribute", "return values[0]"),
    "ones where numbers are due": ("np.ones(values[0].shape)", "np.ones(values[0].shape) * 2"),
    "flags ignored": ("(v.T if turned else v for", "(v for"),
    "flag of the second ignored in the gradient": ("(dout, b, False, not turned_b)",
                                                   "(dout, b, False, True)"),
    "flag of the first ignored in the gradient": ("(a, dout, not turned_a)", "(a, dout, True)"),
    "gradient of what is turned not turned": ("turned_b, True) if turned_a else da",
                                              "turned_b, True) if False else da"),
    "no gradient of what ones are like": (
        "np.ones(values[0].shape)\n\n    def gradient(self, node, dout):\n"
        "        return [zeroslike_op(node.inputs[0])]",
        "np.ones(values[0].shape)\n\n    def gradient(self, node, dout):\n        return [dout]"),
}  # fmt: skip
PLANTED = [*(("Value", m) for m in VALUES), *(("gradients", m) for m in NODES)]


@pytest.mark.parametrize(("name", "mistake"), PLANTED)
def test_a_mistake_in_an_engine_is_found(tmp_path, name, mistake):
    module = load(tmp_path, edited(EXAMPLE, *{**VALUES, **NODES}[mistake]))
    found = failures(
        module, "numpy-course", name, "shape", "forward", examples=50, until_first=True
    )
    assert found


def test_the_flags_of_products_are_judged_apart_from_the_exercise(tmp_path):
    """The formula that the assignment gives is right without flags, which second orders need."""
    flag = NODES["flag of the second ignored in the gradient"]
    module = load(tmp_path, edited(EXAMPLE, *flag))
    found = {
        name: set(failures(module, "numpy-course", name, "shape", "forward", examples=60))
        for name in ("gradients", "Executor")
    }
    assert found["gradients"]
    assert not found["Executor"]


def test_what_an_engine_has_not_is_not_asked_of_it(tmp_path):
    source = (EXAMPLES / EXAMPLE).read_text()
    for name in ("exp", "log", "relu", "__pow__", "__truediv__", "__neg__", "__sub__"):
        source = source.replace(f"    def {name}(self", f"    def no_{name.strip('_')}(self")
    source = source.replace("other if isinstance(other, Value) else Value(other)", "other")
    module = load(tmp_path, source)
    told = spellings(module, "numpy-course")["Value"].told(module)
    assert told["domain"]["op"] == ["add", "multiply", "tanh"]
    assert failures(module, "numpy-course", "Value", examples=40) == {}


TEMPLATE_RUN = """        values = dict(feed_dict)
        topo_order = find_topo_sort(self.eval_node_list)
        return [values[node] for node in self.eval_node_list]
"""
TEMPLATE = """    contributions = {output_node: [oneslike_op(output_node)]}
    found = {}
    reverse_topo_order = reversed(find_topo_sort([output_node]))
    return [found[node] for node in node_list]
"""


@pytest.mark.parametrize("name", ["gradients", "Executor"])
@pytest.mark.parametrize(
    ("first", "last", "template"),
    [
        ("        values = dict(feed_dict)\n", "in self.eval_node_list]\n", TEMPLATE_RUN),
        ("    contributions = {", "for node in node_list]\n", TEMPLATE),
        ("        return mul_op(", "\n", "        pass\n"),
    ],
)
def test_an_exercise_as_it_was_handed_out_is_missing(tmp_path, name, first, last, template):
    before, _, rest = (EXAMPLES / EXAMPLE).read_text().partition(first)
    module = load(tmp_path, before + template + rest.partition(last)[2])
    found = failures(module, "numpy-course", name, "forward", examples=5)
    assert {status for status, _ in found.values()} == {"missing"}


def test_what_reads_the_order_and_finds_nothing_crashes(tmp_path):
    module = load(tmp_path, edited(EXAMPLE, "found[node] = sum(", "found[None] = sum("))
    found = failures(module, "numpy-course", "gradients", "forward", examples=5)
    assert {status for status, _ in found.values()} == {"crash"}
