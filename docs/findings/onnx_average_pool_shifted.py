"""onnx: AveragePool of the reference evaluator shifts all windows where ceil_mode adds one.

What the last window lacks is added half before the map and half behind it; it belongs behind. The
property `forward` finds it in `make hunt`.
"""

import numpy as np
import onnx.parser
import onnx.reference

model = onnx.parser.parse_model(
    '<ir_version: 10, opset_import: ["": 21]> g (float[1, 1, 4] x) => (float[1, 1, 2] y) '
    "{y = AveragePool<kernel_shape = [3], strides = [3], ceil_mode = 1>(x)}"
)
x = np.array([[[1, 2, 3, 4]]], np.float32)
(y,) = onnx.reference.ReferenceEvaluator(model).run(None, {"x": x})
assert np.array_equal(y, [[[2, 4]]]), f"{y} is not [2, 4]"
