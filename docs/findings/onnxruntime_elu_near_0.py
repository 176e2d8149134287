"""onnxruntime: Elu near 0 loses most of its digits in float32 on the CPU: it is exp(x) - 1.

The property `forward` finds it in `make hunt`, where alpha is large.
"""

import numpy as np
import onnx.parser
import onnxruntime

model = onnx.parser.parse_model(
    '<ir_version: 10, opset_import: ["": 21]> g (float[1] x) => (float[1] y) {y = Elu(x)}'
)
session = onnxruntime.InferenceSession(model.SerializeToString())
(y,) = session.run(None, {"x": np.array([-1e-4], np.float32)})
assert np.allclose(y, np.expm1(-1e-4), rtol=1e-5, atol=0), f"{y} is not {np.expm1(-1e-4)}"
