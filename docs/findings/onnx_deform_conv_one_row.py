"""onnx: DeformConv of the reference evaluator raises on a map of one row or column.

Positions are divided by H - 1 and W - 1 for GridSample. The property `forward` finds it in
`make hunt`.
"""

import numpy as np
import onnx.parser
import onnx.reference

model = onnx.parser.parse_model(
    '<ir_version: 10, opset_import: ["": 21]> g (float[1, 1, 1, 4] x, float[1, 1, 1, 1] w, '
    "float[1, 2, 1, 4] o) => (float[1, 1, 1, 4] y) {y = DeformConv(x, w, o)}"
)
x, w, o = (np.ones(s, np.float32) for s in ((1, 1, 1, 4), (1, 1, 1, 1), (1, 2, 1, 4)))
onnx.reference.ReferenceEvaluator(model).run(None, {"x": x, "w": w, "o": 0 * o})
