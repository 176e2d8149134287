"""onnx: LogSoftmax of the reference evaluator writes into an input that has no elements.

Softmax returns such an input itself, and the logarithm is taken in place. The property
`side_effects` finds it in `make hunt`.
"""

import numpy as np
import onnx.parser
import onnx.reference

model = onnx.parser.parse_model(
    '<ir_version: 10, opset_import: ["": 21]> g (float[0] x) => (float[0] y) {y = LogSoftmax(x)}'
)
x = np.zeros(0, np.float32)
assert onnx.reference.ReferenceEvaluator(model).run(None, {"x": x})[0] is not x, "y is x"
