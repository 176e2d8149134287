"""onnx: LogSoftmax of the reference evaluator is log(softmax(x)), -inf far below the largest score.

The property `stability` finds it in `make hunt`; the specification does not ask for the detour.
"""

import numpy as np
import onnx.parser
import onnx.reference

model = onnx.parser.parse_model(
    '<ir_version: 10, opset_import: ["": 21]> g (float[2] x) => (float[2] y) {y = LogSoftmax(x)}'
)
(y,) = onnx.reference.ReferenceEvaluator(model).run(None, {"x": np.array([0, -200], np.float32)})
assert np.allclose(y, [0, -200]), f"{y} is not [0, -200]"
