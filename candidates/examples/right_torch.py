"""Right candidates under torch's own names: functions, autograd functions and modules."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def pair(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def ceiled(size, kernel, stride, padding, dilation=1):
    """How far the last window reaches out below, if it starts in the map or the padding above."""
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    over = room % stride
    return stride - over if over and room - over + stride < size + padding else 0


def windows(x, kernel, stride, padding, dilation, extra=(0, 0), fill=0.0):
    """All windows (N, C, OH, OW, KH, KW) of a padded map, with `extra` padding below."""
    (ph, pw), (eh, ew) = padding, extra
    x = F.pad(x, (pw, pw + ew, ph, ph + eh), value=fill)
    for axis, k, s, d in zip((2, 3), kernel, stride, dilation, strict=True):
        x = x.unfold(axis, d * (k - 1) + 1, s)[..., ::d]
    return x


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    stride, dilation, kernel = pair(stride), pair(dilation), weight.shape[2:]
    if isinstance(padding, str):
        total = [
            d * (k - 1) if padding == "same" else 0 for d, k in zip(dilation, kernel, strict=True)
        ]
        ends = [n - n // 2 for n in total]
        input = F.pad(input, (total[1] // 2, ends[1], total[0] // 2, ends[0]))
        padding = 0
    taken = windows(input, kernel, stride, pair(padding), dilation)
    N, C, OH, OW = taken.shape[:4]
    taken = taken.reshape(N, groups, C // groups, OH, OW, *kernel)
    weight = weight.reshape(groups, -1, *weight.shape[1:])
    out = torch.einsum("ngchwkl,gfckl->ngfhw", taken, weight).reshape(N, -1, OH, OW)
    return out if bias is None else out + bias[:, None, None]


def sample(image, y, x):
    """Values of image (C, H, W) at real positions y and x, where what is outside is 0."""
    H, W = image.shape[1:]
    total = 0
    top, left = y.detach().floor(), x.detach().floor()
    for corner_y, share_y in ((top, top + 1 - y), (top + 1, y - top)):
        for corner_x, share_x in ((left, left + 1 - x), (left + 1, x - left)):
            inside = (corner_y >= 0) & (corner_y < H) & (corner_x >= 0) & (corner_x < W)
            rows, columns = corner_y.clamp(0, H - 1).long(), corner_x.clamp(0, W - 1).long()
            total = total + image[:, rows, columns] * (share_y * share_x * inside)
    return total


def deform_conv2d(
    input, offset, weight, bias=None, stride=(1, 1), padding=(0, 0), dilation=(1, 1), mask=None
):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    N, C = input.shape[:2]
    KH, KW = weight.shape[2:]
    OH, OW = offset.shape[2:]
    moved = offset.shape[1] // (2 * KH * KW)
    offset = offset.reshape(N, moved, KH, KW, 2, OH, OW)
    options = {"dtype": input.dtype, "device": input.device}
    rows = torch.arange(OH, **options)[:, None] * sh - ph
    columns = torch.arange(OW, **options) * sw - pw
    i = torch.arange(KH, **options)[:, None, None, None] * dh
    j = torch.arange(KW, **options)[:, None, None] * dw
    y, x = offset[:, :, :, :, 0] + rows + i, offset[:, :, :, :, 1] + columns + j
    images = input.reshape(N * moved, C // moved, *input.shape[2:])
    y, x = y.reshape(N * moved, KH, KW, OH, OW), x.reshape(N * moved, KH, KW, OH, OW)
    taps = torch.stack([sample(*arguments) for arguments in zip(images, y, x, strict=True)])
    taps = taps.reshape(N, moved, C // moved, KH, KW, OH, OW)
    if mask is not None:
        taps = taps * mask.reshape(N, moved, 1, KH, KW, OH, OW)
    groups = C // weight.shape[1]
    taps = taps.reshape(N, groups, C // groups, KH, KW, OH, OW)
    weight = weight.reshape(groups, -1, *weight.shape[1:])
    out = torch.einsum("ngcklhw,gfckl->ngfhw", taps, weight).reshape(N, -1, OH, OW)
    return out if bias is None else out + bias[:, None, None]


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    kernel, padding, dilation = pair(kernel_size), pair(padding), pair(dilation)
    stride = kernel if stride is None else pair(stride)
    geometry = kernel, stride, padding, dilation
    extra = [ceiled(*at) if ceil_mode else 0 for at in zip(input.shape[2:], *geometry, strict=True)]
    taken = windows(input, *geometry, extra, fill=-math.inf).flatten(4)
    return taken.gather(4, taken.argmax(dim=4, keepdim=True))[..., 0]


def avg_pool2d(
    input,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
):
    kernel, padding = pair(kernel_size), pair(padding)
    stride = kernel if stride is None else pair(stride)
    geometry = kernel, stride, padding
    extra = [ceiled(*at) if ceil_mode else 0 for at in zip(input.shape[2:], *geometry, strict=True)]
    total = windows(input, *geometry, (1, 1), extra).sum(dim=(4, 5))
    if divisor_override is not None:
        return total / divisor_override
    (ph, pw), ones = padding, torch.ones_like(input[:1, :1])
    ones = F.pad(ones, (pw, pw, ph, ph), value=float(count_include_pad))
    return total / windows(ones, kernel, stride, (0, 0), (1, 1), extra).sum(dim=(4, 5))


def adaptive_avg_pool2d(input, output_size):
    for axis, out in zip((2, 3), pair(output_size), strict=True):
        size = input.shape[axis]
        out = size if out is None else out
        cuts = [(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]
        means = [input.narrow(axis, a, b - a).mean(dim=axis) for a, b in cuts]
        input = torch.stack(means, dim=axis)
    return input


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    taken = windows(input, *map(pair, (kernel_size, stride, padding, dilation)))
    N, C, OH, OW, KH, KW = taken.shape
    return taken.permute(0, 1, 4, 5, 2, 3).reshape(N, C * KH * KW, OH * OW)


def linear(input, weight, bias=None):
    out = input @ weight.T
    return out if bias is None else out + bias


def relu(input, inplace=False):
    return torch.where(input > 0, input, 0.0)


def leaky_relu(input, negative_slope=0.01):
    return torch.where(input > 0, input, negative_slope * input)


def prelu(input, weight):
    shape = (-1, *[1] * (input.ndim - 2)) if weight.numel() > 1 else ()
    return torch.where(input > 0, input, weight.reshape(shape) * input)


def elu(input, alpha=1.0):
    return torch.where(input > 0, input, alpha * torch.expm1(torch.where(input > 0, 0.0, input)))


def sigmoid(input):
    small = torch.exp(torch.where(input >= 0, -input, input))
    return torch.where(input >= 0, 1 / (1 + small), small / (1 + small))


def tanh(input):
    return torch.tanh(input)


def softmax(input, dim):
    if input.numel() == 0:
        return input * 1
    exponentials = torch.exp(input - input.amax(dim=dim, keepdim=True).detach())
    return exponentials / exponentials.sum(dim=dim, keepdim=True)


def log_softmax(input, dim):
    if input.numel() == 0:
        return input * 1
    shifted = input - input.amax(dim=dim, keepdim=True).detach()
    return shifted - shifted.exp().sum(dim=dim, keepdim=True).log()


def batch_norm(
    input,
    running_mean,
    running_var,
    weight=None,
    bias=None,
    training=False,
    momentum=0.1,
    eps=1e-5,
):
    axes, shape = (0, *range(2, input.ndim)), (1, -1, *[1] * (input.ndim - 2))
    mean, var = running_mean.clone(), running_var.clone()
    if training:
        mean, var = input.mean(dim=axes), input.var(dim=axes, unbiased=False)
        n = input.numel() / input.shape[1]
        with torch.no_grad():
            running_mean.lerp_(mean, momentum)
            running_var.lerp_(var * n / (n - 1), momentum)
    out = (input - mean.reshape(shape)) / torch.sqrt(var.reshape(shape) + eps)
    out = out if weight is None else out * weight.reshape(shape)
    return out if bias is None else out + bias.reshape(shape)


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    axes = tuple(range(-len(normalized_shape), 0))
    centred = input - input.mean(dim=axes, keepdim=True)
    out = centred / torch.sqrt((centred**2).mean(dim=axes, keepdim=True) + eps)
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    N, C = input.shape[:2]
    grouped = input.reshape(N, num_groups, C // num_groups, *input.shape[2:])
    out = layer_norm(grouped, grouped.shape[2:], eps=eps).reshape(input.shape)
    shape = (C, *[1] * (input.ndim - 2))
    out = out if weight is None else out * weight.reshape(shape)
    return out if bias is None else out + bias.reshape(shape)


def dropout(input, p=0.5, training=True):
    if not training:
        return input
    if p == 1:
        return input * 0
    return input * (torch.rand_like(input) >= p) / (1 - p)


def reduced(loss, reduction, count=None):
    if reduction == "none":
        return loss
    total = loss.sum()
    return total if reduction == "sum" else total / (loss.numel() if count is None else count)


def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    counted = (target != ignore_index).to(input.dtype)
    ids = torch.where(target != ignore_index, target, 0)
    if weight is not None:
        counted = counted * weight[ids]
    loss = -input.gather(1, ids[:, None])[:, 0]
    return reduced(torch.where(counted > 0, loss * counted, 0.0), reduction, counted.sum())


def cross_entropy(input, target, ignore_index=-100, reduction="mean"):
    return nll_loss(log_softmax(input, 1), target, None, ignore_index, reduction)


def mse_loss(input, target, reduction="mean"):
    return reduced((input - target) ** 2, reduction)


def multi_margin_loss(input, target, p=1, margin=1.0, reduction="mean"):
    rows = torch.arange(len(input), device=input.device)
    off = margin - input[rows, target][:, None] + input
    off = torch.where(off > 0, off, 0.0)
    others = torch.ones_like(input)
    others[rows, target] = 0
    return reduced((off**p * others).sum(dim=1) / input.shape[1], reduction)


def embedding(input, weight, padding_idx=None):
    if padding_idx is None:
        return weight[input]
    kept = torch.arange(len(weight), device=weight.device) != padding_idx % len(weight)
    return torch.where(kept[input][..., None], weight[input], weight.detach()[input])


def one_hot(tensor, num_classes=-1):
    count = int(tensor.max()) + 1 if num_classes == -1 else num_classes
    return (tensor[..., None] == torch.arange(count, device=tensor.device)).long()


def normalize(input, p=2.0, dim=1, eps=1e-12):
    return input / torch.linalg.vector_norm(input, p, dim=dim, keepdim=True).clamp_min(eps)


def cdist(x1, x2):
    return torch.linalg.vector_norm(x1[..., :, None, :] - x2[..., None, :, :], dim=-1)


def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None
):
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = query @ key.transpose(-2, -1) * scale
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=query.device).tril()
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -math.inf)
    return softmax(scores, -1) @ value


def topk(input, k, dim=-1, largest=True):
    order = input.argsort(dim=dim, descending=largest).narrow(dim, 0, k)
    return input.gather(dim, order), order


def rnn_tanh_cell(input, hx, w_ih, w_hh, b_ih, b_hh):
    return torch.tanh(input @ w_ih.T + hx @ w_hh.T + b_ih + b_hh)


def lstm_cell(input, hx, w_ih, w_hh, b_ih, b_hh):
    h, c = hx
    i, f, g, o = (input @ w_ih.T + h @ w_hh.T + b_ih + b_hh).chunk(4, dim=-1)
    c = sigmoid(f) * c + sigmoid(i) * torch.tanh(g)
    return sigmoid(o) * torch.tanh(c), c


class LinearFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, bias=None):
        ctx.save_for_backward(input, weight)
        ctx.biased = bias is not None
        return linear(input, weight, bias)

    @staticmethod
    def backward(ctx, dout):
        input, weight = ctx.saved_tensors
        rows, douts = input.reshape(-1, input.shape[-1]), dout.reshape(-1, dout.shape[-1])
        return dout @ weight, douts.T @ rows, douts.sum(dim=0) if ctx.biased else None


class MyReLU(torch.autograd.Function):
    @staticmethod
    def forward(input):
        return relu(input)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, dout):
        (out,) = ctx.saved_tensors
        return dout * (out > 0)


class Conv2d(nn.Module):
    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        bias=True,
    ):
        super().__init__()
        shape = (out_channels, in_channels // groups, *pair(kernel_size))
        self.weight = nn.Parameter(torch.randn(shape))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.geometry = stride, padding, dilation, groups

    def forward(self, input):
        return conv2d(input, self.weight, self.bias, *self.geometry)


class MaxPool2d(nn.Module):
    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        super().__init__()
        self.geometry = kernel_size, stride, padding, dilation, ceil_mode

    def forward(self, input):
        return max_pool2d(input, *self.geometry)


class Linear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, input):
        return linear(input, self.weight, self.bias)


class Embedding(nn.Module):
    def __init__(self, num_embeddings, embedding_dim, padding_idx=None):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_embeddings, embedding_dim))
        self.padding_idx = padding_idx

    def forward(self, input):
        return embedding(input, self.weight, self.padding_idx)


class BatchNorm2d(nn.Module):
    """The running statistics are put in place anew, which is seen too."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(num_features)) if affine else None
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, input):
        mean, var = self.running_mean.clone(), self.running_var.clone()
        scales = self.weight, self.bias, self.training, self.momentum, self.eps
        out = batch_norm(input, mean, var, *scales)
        self.running_mean, self.running_var = mean, var
        return out


class BatchNorm1d(BatchNorm2d):
    """The same on rows, its statistics changed in place."""

    def forward(self, input):
        scales = self.weight, self.bias, self.training, self.momentum, self.eps
        return batch_norm(input, self.running_mean, self.running_var, *scales)


class LayerNorm(nn.Module):
    def __init__(self, normalized_shape, eps=1e-5, bias=True):
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        self.weight, self.eps = nn.Parameter(torch.ones(shape)), eps
        self.bias = nn.Parameter(torch.zeros(shape)) if bias else None

    def forward(self, input):
        return layer_norm(input, self.weight.shape, self.weight, self.bias, self.eps)


class GroupNorm(nn.Module):
    def __init__(self, num_groups, num_channels, eps=1e-5):
        super().__init__()
        self.groups, self.eps = num_groups, eps
        self.weight = nn.Parameter(torch.ones(num_channels))
        self.bias = nn.Parameter(torch.zeros(num_channels))

    def forward(self, input):
        return group_norm(input, self.groups, self.weight, self.bias, self.eps)


class ReLU(nn.Module):
    def forward(self, input):
        return relu(input)


class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, input):
        return dropout(input, self.p, self.training)


class PReLU(nn.Module):
    def __init__(self, num_parameters=1):
        super().__init__()
        self.weight = nn.Parameter(torch.full((num_parameters,), 0.25))

    def forward(self, input):
        return prelu(input, self.weight)


class Softmax(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        return softmax(input, self.dim)


class CrossEntropyLoss(nn.Module):
    def __init__(self, ignore_index=-100, reduction="mean"):
        super().__init__()
        self.options = ignore_index, reduction

    def forward(self, input, target):
        return cross_entropy(input, target, *self.options)


class LSTMCell(nn.Module):
    gates = 4

    def __init__(self, input_size, hidden_size):
        super().__init__()
        rows = self.gates * hidden_size
        self.weight_ih = nn.Parameter(torch.randn(rows, input_size))
        self.weight_hh = nn.Parameter(torch.randn(rows, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(rows))
        self.bias_hh = nn.Parameter(torch.zeros(rows))

    def weights(self):
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def forward(self, input, hx):
        return lstm_cell(input, hx, *self.weights())


class RNNCell(LSTMCell):
    gates = 1

    def forward(self, input, hx):
        return rnn_tanh_cell(input, hx, *self.weights())


class Sequence(nn.Module):
    def __init__(self, input_size, hidden_size, batch_first=False):
        super().__init__()
        rows = self.gates * hidden_size
        self.weight_ih_l0 = nn.Parameter(torch.randn(rows, input_size))
        self.weight_hh_l0 = nn.Parameter(torch.randn(rows, hidden_size))
        self.bias_ih_l0 = nn.Parameter(torch.zeros(rows))
        self.bias_hh_l0 = nn.Parameter(torch.zeros(rows))
        self.batch_first = batch_first

    def run(self, input, state, step):
        steps = input.unbind(1 if self.batch_first else 0)
        weights = self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0
        states = [state := step(x, state, *weights) for x in steps]
        hidden = [s[0] if isinstance(s, tuple) else s for s in states]
        return torch.stack(hidden, dim=1 if self.batch_first else 0), state


class RNN(Sequence):
    gates = 1

    def forward(self, input, hx):
        out, h = self.run(input, hx[0], rnn_tanh_cell)
        return out, h[None]


class LSTM(Sequence):
    gates = 4

    def forward(self, input, hx):
        out, (h, c) = self.run(input, (hx[0][0], hx[1][0]), lstm_cell)
        return out, (h[None], c[None])


def gru_cell(input, h, w_ih, w_hh, b_ih, b_hh):
    xr, xz, xn = (input @ w_ih.T + b_ih).chunk(3, dim=-1)
    hr, hz, hn = (h @ w_hh.T + b_hh).chunk(3, dim=-1)
    z = sigmoid(xz + hz)
    return (1 - z) * torch.tanh(xn + sigmoid(xr + hr) * hn) + z * h


class GRU(Sequence):
    """Time comes first, as where torch is not told otherwise."""

    gates = 3

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)

    def forward(self, input, hx):
        out, h = self.run(input, hx[0], gru_cell)
        return out, h[None]
