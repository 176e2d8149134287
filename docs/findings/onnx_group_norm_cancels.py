"""onnx: GroupNormalization takes mean(x**2) - mean(x)**2 for the variance, which cancels.

Its definition as a function says so, and the reference evaluator and onnxruntime expand that. The
property `stability` finds it in `make hunt`.
"""

import numpy as np
import onnx.parser
import onnx.reference

model = onnx.parser.parse_model(
    '<ir_version: 10, opset_import: ["": 21]> g (float[1, 1, 3] x, float[1] s, float[1] b) => '
    "(float[1, 1, 3] y) {y = GroupNormalization<num_groups = 1>(x, s, b)}"
)
x, one = np.array([[[4000, 4001, 4002]]], np.float32), np.ones(1, np.float32)
(y,) = onnx.reference.ReferenceEvaluator(model).run(None, {"x": x, "s": one, "b": 0 * one})
assert np.allclose(y, [-1.2247357, 0, 1.2247357], atol=1e-2), f"{y} is not [-1.22, 0, 1.22]"
