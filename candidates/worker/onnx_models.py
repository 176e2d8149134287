"""An ONNX file as a candidate: its one node, run by onnxruntime with any arrays of its types.

The node keeps its attributes. What feeds it, inputs of the graph and initializers alike, becomes
an input of any shape, so that a node can be judged on other weights than those it was saved with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from candidates.worker.sources import Unloadable


class Node:
    """One node of a model, as a function of its inputs (None for those that it does without).

    name: the operator's, such as "Conv". attributes: those it has, as Python values. given: which
    of its inputs it has; returned: which of its outputs. opset: the version of ONNX's operators
    that it was written for.
    """

    def __init__(self, proto: Any, kinds: Mapping[str, int], model: Any) -> None:
        import onnx

        self.name = proto.op_type
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in proto.attribute}
        self.attributes: dict[str, Any] = {
            n: v.decode() if isinstance(v, bytes) else v for n, v in attributes.items()
        }
        self.given = tuple(bool(name) for name in proto.input)
        self.returned = tuple(bool(name) for name in proto.output)
        self.opset = max(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
        self._names = tuple(proto.input)
        self._kinds = {name: kinds[name] for name in proto.input if name}
        self._model = _alone(proto, self._kinds, model)
        self._session: Any = None

    def __call__(self, *arrays: Any) -> list[Any]:
        """All outputs (None for one that it does not return), of arrays in the order of the inputs.

        They are cast to the types of the model.
        """
        import onnx

        feeds = {
            name: np.asarray(array, onnx.helper.tensor_dtype_to_np_dtype(self._kinds[name]))
            for name, array in zip(self._names, arrays, strict=False)
            if name
        }
        results = iter(self._running().run(None, feeds))
        return [next(results) if there else None for there in self.returned]

    def _running(self) -> Any:
        if self._session is None:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.log_severity_level = 4
            self._session = onnxruntime.InferenceSession(
                self._model, options, providers=["CPUExecutionProvider"]
            )
        return self._session


def _alone(proto: Any, kinds: Mapping[str, int], model: Any) -> bytes:
    """The serialized model that holds this node alone."""
    from onnx import ValueInfoProto, helper

    inputs = [helper.make_tensor_value_info(name, kind, None) for name, kind in kinds.items()]
    outputs = [ValueInfoProto(name=name) for name in proto.output if name]
    graph = helper.make_graph([proto], "node", inputs, outputs)
    alone = helper.make_model(graph, opset_imports=model.opset_import)
    alone.ir_version = model.ir_version
    return bytes(alone.SerializeToString())


def load_onnx(path: Path, known: Sequence[str]) -> Node:
    """The one node of a file.

    Raises Unloadable: no model, no single node, or one whose operator is not `known`.
    """
    import onnx

    try:
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        raise Unloadable(f"is no ONNX model that can be read: {first[:200]}") from None
    constants = {n.output[0]: n for n in model.graph.node if n.op_type == "Constant"}
    nodes = [n for n in model.graph.node if n.op_type != "Constant"]
    if len(nodes) != 1:
        held = ", ".join(dict.fromkeys(n.op_type for n in nodes)) or "none"
        raise Unloadable(f"holds {len(nodes)} nodes ({held}), and one is judged, not a network")
    (proto,) = nodes
    if proto.domain not in ("", "ai.onnx"):
        raise Unloadable(f"holds a node of the domain {proto.domain!r}, which is not ONNX's own")
    if proto.op_type not in known:
        raise Unloadable(f"holds a node {proto.op_type}, and one of {', '.join(known)} is judged")
    return Node(proto, _kinds(model, constants), model)


def _kinds(model: Any, constants: Mapping[str, Any]) -> dict[str, int]:
    """The element types of all that may feed a node, by name."""
    kinds = {i.name: i.type.tensor_type.elem_type for i in model.graph.input}
    kinds |= {i.name: i.data_type for i in model.graph.initializer}
    for name, node in constants.items():
        value = next((a for a in node.attribute if a.name == "value"), None)
        if value is not None:
            kinds[name] = value.t.data_type
    return kinds
