"""What torch itself is called: functions as in `torch.nn.functional` and `torchvision.ops`,
`torch.autograd.Function` subclasses and `torch.nn` modules, on any device.

A function is found by its name there, or by the operator's (`cdist`, `pairwise_distances`); a class
by the name in `torch.nn`, also as MyConv2d, CustomConv2d, Conv2dFunction, Conv2dFunc or Conv2dFn.
Its parameters are recognised by their names (`weight`, `w`, `kernel` ...), those that torch's own
cannot do without also by their place; they are passed by position where they stand in a row, else
by name. What a candidate does not take narrows what it promises: without `groups` it is judged with
groups=1, without `bias` without a bias. A parameter annotated int, or that refuses a tuple of
equals where it takes a number, is one number for both axes. Where a parameter is there, all that
torch's own takes is promised: tuples, layouts of any strides, float32 that stays float32, and
torch's choice at kinks. Tried as well, with a limit as the worst that can come of it: empty
batches, activations of a single number, padding by name, linear layers of more or less than one
batch axis, classes that are not the last axis.

A module is made for each call, by the constructor's parameters, and gets the case's weights: each
goes to the parameter or buffer of its name (`weight`, `w`, `gamma` ...; the last part of the name
counts), else to the only one of its shape that is left. A linear layer's weight is (out, in), a
recurrent one's (H, D), as in torch. RNN, LSTM and GRU have one layer and one direction; their
sequences are (T, N, D) except where they take batch_first.

Training loops are functions by their usual names: an epoch of training (`train_epoch`,
`train_one_epoch`, `train_loop`, `train`), an evaluation (`evaluate`, `validate`, `test_loop` ...).
They are handed a small float32 classifier, a DataLoader, SGD and CrossEntropyLoss, by what their
parameters are called; they may return a mean loss over the samples and an accuracy. Batches are
pairs, or dictionaries by the names that a loop asks for; settings (`args.log_interval`) are those
that its text asks for, where their names are usual ones; one whose loss is NLLLoss gets a model
that ends in log-softmax. A loop that asks for what only its author's own model, data or settings
have, or for another loss than that of class ids, is not judged; the reason names it. One that takes
`accumulation_steps` is judged with 1 there, and as a loop that steps after several batches: tiny
epochs show what it does with those that are left, and the verdict says it. One step
(`train_step(model, x, y, optimizer, criterion)`, with a `GradScaler` too) is called for each batch
of an epoch. A whole training
(`train_model`, `fit` ...) takes a loader for the validation and a number of epochs too; its text
says whether the parameters of the best epoch are put back, and whether it stops early; a scheduler
that it tells a result of the validation is ReduceLROnPlateau. Methods of a trainer are judged as
functions are that take what its constructor and they take; what its constructor makes as an
optimizer is replaced by SGD, a schedule has no effect, and what it needs that nobody can tell is
the reason why it is not judged. A function that takes model, loader, optimizer, device or epochs
from its module finds ours there. `EarlyStopping(patience, min_delta)`
and its like are told numbers: a few tiny trainings show which numbers are good.
`save_checkpoint(model, optimizer, epoch, path)` and `load_checkpoint(path, model, optimizer)` save
a training by Adam and load it into a fresh model, which must go on as the one that was saved.

Networks whose architecture a course states are judged on the case's weights, which go in by shape
and order: `three_layer_convnet(x, params)`, `ThreeLayerConvNet(in_channel, channel_1, channel_2,
num_classes)` and `initialize_three_layer_conv_part3` and `_part4` of CS231n and EECS 498 (two
convolutions of 5x5 and 3x3 filters that keep the size, each with a relu, and a linear layer), and
`VanillaCNN()` of CS7643. They give logits; the penalty is none of theirs.

A class, of whatever name and widths, whose forward calls {conv - [batch norm] - relu - [2x2 max
pool]} x L - [global average pool] - {affine - relu - [dropout]} x M - affine, is compared with
PyTorch's number by number, on the case's weights and masks; one pass forward shows what it calls.
Where its widths are 32-64-128-256 with hidden layers of 512 and 256, 64-128-256 with 512, or
64-64-128-128-256 with 512, a relu that is missing or dropout that is not used is a fault.

It and any other `nn.Module` class that scores classes (Net, MyModel, a `num_classes` among its
parameters) is a classifier of an architecture of its own, judged by laws alone. What its
constructor must be given is known by the usual names, or as its file writes it. Samples are
3x32x32, 1x28x28 or another usual size of images, else rows of numbers: the first that gives a row
of scores for each. An `nn.Sequential` called like a classifier (`model`, `net`), whose layers draw
their weights anew, and a function called so that returns one (`build_model(num_classes)`), alone or
with its optimizer, are judged in the same way.

Metrics are `accuracy(output, target, topk=(1, 5))` of PyTorch's ImageNet example, which gives
percentages, `accuracy(y_hat, y)` of d2l, which counts, `box_iou(boxes1, boxes2)`, and
`mean_iou(pred, target, num_classes)` of pixels, `perplexity(logits, targets)` or of a loss, and
`average_precision(y_true, scores)`. A tiny input shows which it is; results may be as imprecise as
float32.

Optimizers are classes of (params, lr, ...) with a `step()`: SGD, Momentum, Adam, AdamW, RMSprop,
Adagrad, also as MyAdam, CustomAdam or AdamOptimizer, subclasses of `torch.optim.Optimizer` or
plain. They do all steps of a case on two parameters in float32 that must move alike; what they keep
is their own. Two steps on a number show in which of its usual definitions one is written, and the
verdict says it: a velocity with the factor lr in it, or a moving average (where its fraction is
called beta); Adam's eps beside the uncorrected root, RMSprop's and Adagrad's under it; AdamW's
weights that shrink after they have moved. Where eps stands is not judged then. Defaults are free.
Gradients are clipped where they stand, by `clip_grad_norm_(parameters, max_norm)`,
`grad_clipping(net, theta)`, `clip_gradient(optimizer, grad_clip)` and their like: small ones show
whether by their norm or by value, and whether anything is added to the norm.

What looks after a model is known by what it does with a small one: `count_parameters(model)`, what
finds nan or infinite numbers (`has_nan(x)`, `check_gradients(model)`; it may answer or raise), how
large gradients are (`get_grad_norm(model)`, a number or one for each layer), what is added to them
(`add_gradient_noise(model, step, eta, gamma)`, with the case's draws for torch's), what is frozen
(`freeze(model)`, `freeze_layers(model, names)`). A function that chooses parameters for a model of
its author's own is not judged.

Images are cropped and mirrored at random by functions and classes (`random_crop(images, padding)`,
`random_hflip(image, p)`): what they drew is read off the result, and laws judge it. They are
normalised by `normalize(image, mean, std)`, and made tensors of by `to_tensor(image)`. A
`WeightedRandomSampler(weights, num_samples, replacement)` of its own is iterated.

`collate_fn(batch)`, `collate_skip_none(batch)`, `safe_collate(batch)` and their like make a batch
of pairs of a tensor and a label, and leave out what is None. Two small batches show whether one
does; where nothing is left it may give None or something empty, or raise, which the verdict says.
One that pads sequences of different lengths (also `pad_collate(batch)`) is known by a small batch.
`worker_init_fn(worker_id)` and `seed_worker(worker_id)` are called as in the workers of some
epochs: what random, NumPy and torch draw there must follow from torch's seed and differ. Of
`set_seed(seed)` the draws must follow from the seed; `seed_everything(seed)` must seed all
generators that its file imports.

Gradients are autograd's: a function whose result carries no graph has no gradient.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions import (
    _torch_accumulation,
    _torch_checkpoints,
    _torch_classifiers,
    _torch_custom_cnns,
    _torch_fitting,
    _torch_held,
    _torch_models,
    _torch_steps,
    _torch_stopping,
    _torch_training,
)
from candidates.conventions._augmenting import BESIDE_TORCH as FLIPPING
from candidates.conventions._cropping import BESIDE_TORCH as CROPPING
from candidates.conventions._finite import OF_TORCH_SPELLINGS as FINITE
from candidates.conventions._grid_search import BESIDE_TORCH as SEARCHES
from candidates.conventions._normalizing import BESIDE_TORCH as NORMALIZING
from candidates.conventions._sampling import BESIDE_TORCH as SAMPLERS
from candidates.conventions._signatures import Call, Parameter, matched, narrowing
from candidates.conventions._tensors import LAYOUTS, on_torch
from candidates.conventions._text import BESIDE_TORCH as TEXT
from candidates.conventions._torch_batch_norms import SPELLINGS as BATCH_NORMS
from candidates.conventions._torch_clipping import SPELLINGS as CLIPPING
from candidates.conventions._torch_collate import SPELLINGS as COLLATING
from candidates.conventions._torch_freezing import SPELLINGS as FREEZING
from candidates.conventions._torch_functions import FUNCTIONS, Known
from candidates.conventions._torch_gradients import SPELLINGS as GRADIENTS
from candidates.conventions._torch_layers import (
    SMALL,
    FunctionLayer,
    Layer,
    ModuleLayer,
    numbers_taken,
)
from candidates.conventions._torch_metrics import SPELLINGS as METRICS
from candidates.conventions._torch_modules import MODULES, KnownModule
from candidates.conventions._torch_noise import SPELLINGS as NOISE
from candidates.conventions._torch_optim import SPELLINGS as OPTIMIZERS
from candidates.conventions._torch_padding import SPELLINGS as PADDED
from candidates.conventions._torch_seeding import SPELLINGS as SEEDING
from candidates.conventions._torch_sizes import SPELLINGS as SIZES
from candidates.spelling import Convention, Signature, Spelling, among
from properties.host import Functions
from properties.promise import Promise

PROMISE = Promise(
    domain={"batch": (1, 2, 3, 4), "empty": (False,), "packed": (False,)},
    beyond=("batch", "empty"),
    layouts=LAYOUTS,
)
STATE = ("running_mean", "running_var")
SHAPES = {"ndim": (1, 2, 3, 4)}
OF_ANY_SHAPE = [
    "relu",
    "leaky_relu",
    "prelu",
    "elu",
    "sigmoid",
    "tanh",
    "softmax",
    "log_softmax",
    "dropout",
]
PREFIXES = ("", "My", "Custom")
SUFFIXES = ("", "Function", "Func", "Fn")


class Dropout:
    """Dropout whose mask is read off the output: x has no zeros."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        x = inputs["x"]
        outputs, graph = self._layer.forward(at, inputs)
        out = outputs["out"]
        shown = isinstance(out, np.ndarray) and out.shape == x.shape and at["training"]
        return outputs | {"mask": out != 0 if shown else np.ones(x.shape, bool)}, graph

    def backward(self, cotangents: Mapping[str, Any], graph: Any) -> dict[str, Any]:
        return self._layer.backward(cotangents, graph)


def _behind(operator: str, layer: Layer) -> Functions:
    return Dropout(layer) if operator == "dropout" else layer


def _promise(known: Known | KnownModule) -> Promise:
    state = STATE if known.operator == "batch_norm" else ()
    random = known.operator == "dropout"
    shapes = SHAPES if known.operator in OF_ANY_SHAPE else {}
    return replace(
        PROMISE,
        layouts=("offset",) if random else LAYOUTS,  # rand_like draws in the order of memory
        domain={**PROMISE.domain, **shapes, **known.domain},
        beyond=(*PROMISE.beyond, *shapes, *known.beyond),
        may_change=state,
        stochastic=random,
    )


def _own(found: Any) -> bool:
    """Whether a candidate computes on tensors, and is not imported from torch itself."""
    module = getattr(inspect.unwrap(found), "__module__", None) or "torch"
    return module.partition(".")[0] not in ("torch", "torchvision") and on_torch(found)


def _derives(found: Any, base: str) -> bool:
    """Whether a class derives from a class of torch's, without loading torch to know it."""
    return inspect.isclass(found) and any(
        f"{c.__module__}.{c.__qualname__}" == base for c in found.__mro__
    )


AUTOGRAD = "torch.autograd.function.Function"
MODULE = "torch.nn.modules.module.Module"


class OfFunctions:
    """The spelling of one of torch's functions."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self._told: dict[Any, dict[str, Any]] = {}
        self.__doc__ = f"`{known.names[0]}({_listed(known.parameters)})`, by name or by place."

    def when(self, found: Any) -> bool:
        return not inspect.isclass(found) and _own(found)

    def called(self, found: Any) -> tuple[Callable[..., Any], Call | None]:
        return found, matched(found, self.known.parameters)

    def obstacle(self, found: Any) -> str:
        if self.called(found)[1] is not None:
            return ""
        return f"it takes other parameters than torch's ({_listed(self.known.parameters)})"

    def layer(
        self, found: Any, gradients: Sequence[str], numbers: Sequence[Parameter] | None = None
    ) -> FunctionLayer:
        function, call = self.called(found)
        assert call is not None
        taken = self.numbers(found, call) if numbers is None else numbers
        return FunctionLayer(function, call, self.known.results, gradients, taken)

    def numbers(self, found: Any, call: Call) -> Sequence[Parameter]:
        small = SMALL.get(self.known.operator)
        several = [p for p in call.several if p not in call.numbers]
        if not several or small is None:
            return call.numbers
        return numbers_taken(
            several, lambda tried: self.layer(found, (), (*call.numbers, *tried)), small
        ) + tuple(call.numbers)

    def tells(self, found: Any, backward: Any) -> dict[str, Any]:
        if found not in self._told:
            call = self.called(found)[1]
            assert call is not None
            self._told[found] = narrowing(call.domain, self.numbers(found, call))
        return self._told[found]

    def __call__(self, forward: Any, backward: Any, signature: Signature) -> Functions:
        return _behind(self.known.operator, self.layer(forward, signature.gradients))


class OfAutograd(OfFunctions):
    """The spelling of one of torch's functions as an `autograd.Function`: `.apply(...)`."""

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        name = f"{known.classes[0]}Function"
        self.__doc__ = f"`{name}.apply({_listed(known.parameters)})`, in the order of its forward."

    def when(self, found: Any) -> bool:
        return _derives(found, AUTOGRAD) and _own(found)

    def called(self, found: Any) -> tuple[Callable[..., Any], Call | None]:
        apart = any("setup_context" in vars(c) for c in found.__mro__ if _own(c))
        first = 0 if apart else 1  # ctx
        call = matched(found.forward, self.known.parameters, first)
        return found.apply, call if call is None else _in_a_row(found.forward, first, call)


def _in_a_row(forward: Any, first: int, call: Call) -> Call:
    """A call by position alone: parameters between are left at their defaults."""
    theirs = list(inspect.signature(forward).parameters.values())[first:]
    row = list(call.positional)
    ends = [i + 1 for i, own in enumerate(theirs) if own.name in call.keywords]
    for own in theirs[len(row) : max(ends, default=0)]:
        default = Parameter((own.name,), lambda at, tensors, kept=own.default: kept)  # type: ignore[misc]
        row.append(call.keywords.get(own.name, default))
    return replace(call, positional=tuple(row), keywords={})


class OfModules:
    """The spelling of one of torch's modules."""

    def __init__(self, known: KnownModule) -> None:
        self.known = known
        self._told: dict[Any, dict[str, Any]] = {}
        made = f"{known.classes[0]}({_listed(known.constructor)})"
        self.__doc__ = f"`{made}`, called with ({_listed(known.forward)})."

    def when(self, found: Any) -> bool:
        return _derives(found, MODULE) and _own(found)

    def calls(self, found: Any) -> tuple[Call | None, Call | None]:
        forward = getattr(found, "forward", None)
        return matched(found, self.known.constructor), matched(forward, self.known.forward, 1)

    def obstacle(self, found: Any) -> str:
        constructor, forward = self.calls(found)
        if constructor is None:
            return f"its constructor takes other parameters than {_listed(self.known.constructor)}"
        if forward is None:
            return f"its forward takes other parameters than {_listed(self.known.forward)}"
        return ""

    def layer(
        self, found: Any, gradients: Sequence[str], numbers: Sequence[Parameter] | None = None
    ) -> ModuleLayer:
        constructor, forward = self.calls(found)
        assert constructor is not None
        assert forward is not None
        taken = self.numbers(found, constructor) if numbers is None else numbers
        names = self.known.results, gradients, taken
        return ModuleLayer(found, self.known, constructor, forward, *names)

    def numbers(self, found: Any, constructor: Call) -> Sequence[Parameter]:
        small = SMALL.get(self.known.operator)
        several = [p for p in constructor.several if p not in constructor.numbers]
        if not several or small is None:
            return constructor.numbers
        return numbers_taken(
            several, lambda tried: self.layer(found, (), (*constructor.numbers, *tried)), small
        ) + tuple(constructor.numbers)

    def tells(self, found: Any, backward: Any) -> dict[str, Any]:
        if found not in self._told:
            constructor, forward = self.calls(found)
            assert constructor is not None
            assert forward is not None
            weighted = self._weighted(found, constructor)
            domain = {**constructor.domain, **forward.domain, **weighted}
            self._told[found] = narrowing(domain, self.numbers(found, constructor))
        return self._told[found]

    def _weighted(self, found: Any, constructor: Call) -> dict[str, Any]:
        """The cases of a module without a switch for a weight, by the weights that it has."""
        taken = {p.names[0] for p in (*constructor.positional, *constructor.keywords.values())}
        asked = [w for w in self.known.weights if w.present and w.switch not in taken]
        if not asked:
            return {}
        domain: dict[str, Any] = {}
        names = self.layer(found, ()).weights_of(SMALL[self.known.operator])
        for weight in asked if names is not None else ():
            there = any(name in weight.names for name in names or ())
            domain |= weight.present if there else weight.absent
        return domain

    def __call__(self, forward: Any, backward: Any, signature: Signature) -> Functions:
        return _behind(self.known.operator, self.layer(forward, signature.gradients))


def _listed(parameters: Sequence[Parameter]) -> str:
    return ", ".join(p.names[0] for p in parameters)


def _named(stems: Sequence[str], suffixes: Sequence[str]) -> Iterator[str]:
    for stem in stems:
        for prefix in PREFIXES:
            for suffix in suffixes:
                yield f"{prefix}{stem}{suffix}"


def _spelled(known: Known | KnownModule, names: Sequence[str], kind: Any) -> Iterator[Spelling]:
    of = kind(known)
    for name in names:
        yield Spelling(
            known.operator,
            name,
            None,
            of,
            _promise(known),
            when=of.when,
            obstacle=of.obstacle,
            tells=of.tells,
        )


def _of_one_epoch(spelling: Spelling) -> Spelling:
    """A loop's spelling, where the function is no whole training of the same name."""
    return replace(
        spelling, when=lambda found: spelling.when(found) and not _torch_fitting.fits(found)
    )


SPELLINGS = (
    *(s for known in FUNCTIONS for s in _spelled(known, known.names, OfFunctions)),
    *(
        s
        for known in FUNCTIONS
        if known.classes
        for s in _spelled(known, list(_named(known.classes, SUFFIXES)), OfAutograd)
    ),
    *(
        s
        for known in MODULES
        for s in _spelled(known, list(_named(known.classes, [""])), OfModules)
    ),
    *_torch_models.spellings(),
    *map(_of_one_epoch, _torch_training.spellings()),
    *map(_of_one_epoch, _torch_accumulation.spellings()),
    *_torch_steps.spellings(),
    *_torch_fitting.spellings(),
    *_torch_held.spellings(),
    *_torch_stopping.spellings(),
    *_torch_checkpoints.spellings(),
    *_torch_custom_cnns.spellings(),
    *_torch_classifiers.spellings(),
    *METRICS,
    *OPTIMIZERS,
    *CLIPPING,
    *TEXT,
    *SIZES,
    *FINITE,
    *GRADIENTS,
    *NOISE,
    *SEARCHES,
    *FREEZING,
    *BATCH_NORMS,
    *COLLATING,
    *PADDED,
    *SEEDING,
    *CROPPING,
    *FLIPPING,
    *NORMALIZING,
    *SAMPLERS,
)


convention = Convention(
    "torch",
    "torch's own names: functions, autograd.Function and modules, on any device",
    among(SPELLINGS),
    needs_torch=True,
    text=__doc__,
)
