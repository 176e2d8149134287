"""onnx: MaxPool of the reference evaluator pads the wrong axis where all strides are 1.

The property `shape` finds it in `make hunt`.
"""

import numpy as np
import onnx.parser
import onnx.reference

model = onnx.parser.parse_model(
    '<ir_version: 10, opset_import: ["": 21]> g (float[1, 1, 2, 1] x) => (float[1, 1, 1, 2] y) '
    "{y = MaxPool<kernel_shape = [2, 2], pads = [0, 1, 0, 1]>(x)}"
)
x = np.array([[[[1], [2]]]], np.float32)
(y,) = onnx.reference.ReferenceEvaluator(model).run(None, {"x": x})
assert np.array_equal(y, [[[[2, 2]]]]), f"{y} is not [[2, 2]]"
