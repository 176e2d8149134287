"""A right homework in the mytorch convention: every class below passes `layerproof check`."""

import numpy as np


class Linear:
    def __init__(self, in_features, out_features, debug=False):
        self.W = np.zeros((out_features, in_features))
        self.b = np.zeros((out_features, 1))
        self.debug = debug

    def forward(self, A):
        self.A = A
        return A @ self.W.T + self.b.T

    def backward(self, dLdZ):
        self.dLdW = dLdZ.T @ self.A
        self.dLdb = dLdZ.sum(axis=0)[:, None]
        return dLdZ @ self.W


class Sigmoid:
    def forward(self, Z):
        e = np.exp(-np.abs(Z))
        self.A = np.where(Z > 0, 1, e) / (1 + e)
        return self.A

    def backward(self, dLdA):
        return dLdA * self.A * (1 - self.A)


class Tanh:
    def forward(self, Z):
        self.A = np.tanh(Z)
        return self.A

    def backward(self, dLdA, state=None):
        A = self.A if state is None else state
        return dLdA * (1 - A**2)


class ReLU:
    def forward(self, Z):
        self.A = np.maximum(Z, 0)
        return self.A

    def backward(self, dLdA):
        return dLdA * (self.A > 0)


class Softmax:
    def forward(self, Z):
        e = np.exp(Z - Z.max(axis=1, keepdims=True))
        self.A = e / e.sum(axis=1, keepdims=True)
        return self.A

    def backward(self, dLdA):
        return self.A * (dLdA - (dLdA * self.A).sum(axis=1, keepdims=True))


class MSELoss:
    def forward(self, A, Y):
        self.A, self.Y = A, Y
        return ((A - Y) ** 2).mean()

    def backward(self):
        return 2 * (self.A - self.Y) / self.A.size


class CrossEntropyLoss:
    def forward(self, A, Y):
        shifted = A - A.max(axis=1, keepdims=True)
        log_softmax = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        self.softmax, self.Y = np.exp(log_softmax), Y
        return -(Y * log_softmax).sum() / len(A)

    def backward(self):
        return (self.softmax - self.Y) / len(self.Y)


class SoftmaxCrossEntropy:
    def forward(self, x, y):
        shifted = x - x.max(axis=1, keepdims=True)
        log_softmax = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        self.softmax, self.labels = np.exp(log_softmax), y
        return -(y * log_softmax).sum(axis=1)

    def backward(self):
        return self.softmax - self.labels


class BatchNorm1d:
    axes = (0,)

    def __init__(self, num_features, alpha=0.9):
        shape = (1, num_features, *[1] * (len(self.axes) - 1))
        self.alpha, self.eps = alpha, 1e-8
        self.BW, self.Bb = np.ones(shape), np.zeros(shape)
        self.dLdBW, self.dLdBb = np.zeros(shape), np.zeros(shape)
        self.running_M, self.running_V = np.zeros(shape), np.ones(shape)

    def forward(self, Z, eval=False):
        if eval:
            return self.BW * (Z - self.running_M) / np.sqrt(self.running_V + self.eps) + self.Bb
        M, self.V = Z.mean(axis=self.axes, keepdims=True), Z.var(axis=self.axes, keepdims=True)
        self.NZ = (Z - M) / np.sqrt(self.V + self.eps)
        self.running_M = self.alpha * self.running_M + (1 - self.alpha) * M
        self.running_V = self.alpha * self.running_V + (1 - self.alpha) * self.V
        return self.BW * self.NZ + self.Bb

    def backward(self, dLdBZ):
        self.dLdBW = (dLdBZ * self.NZ).sum(axis=self.axes, keepdims=True)
        self.dLdBb = dLdBZ.sum(axis=self.axes, keepdims=True)
        dLdNZ = dLdBZ * self.BW
        through_mean = dLdNZ.mean(axis=self.axes, keepdims=True)
        through_variance = self.NZ * (dLdNZ * self.NZ).mean(axis=self.axes, keepdims=True)
        return (dLdNZ - through_mean - through_variance) / np.sqrt(self.V + self.eps)


class BatchNorm2d(BatchNorm1d):
    axes = (0, 2, 3)


class Downsample2d:
    def __init__(self, downsampling_factor):
        self.factor = downsampling_factor

    def forward(self, A):
        self.shape = A.shape
        return A[:, :, :: self.factor, :: self.factor]

    def backward(self, dLdZ):
        dLdA = np.zeros(self.shape)
        dLdA[:, :, :: self.factor, :: self.factor] = dLdZ
        return dLdA


class Conv2d_stride1:
    def __init__(
        self, in_channels, out_channels, kernel_size, weight_init_fn=None, bias_init_fn=None
    ):
        self.kernel_size = kernel_size
        shape = out_channels, in_channels, kernel_size, kernel_size
        self.W = weight_init_fn(*shape) if weight_init_fn else np.random.normal(0, 1.0, shape)
        self.b = bias_init_fn(out_channels) if bias_init_fn else np.zeros(out_channels)
        self.dLdW, self.dLdb = np.zeros(self.W.shape), np.zeros(self.b.shape)

    def forward(self, A):
        self.A, k = A, self.kernel_size
        height, width = A.shape[2] - k + 1, A.shape[3] - k + 1
        Z = np.zeros((len(A), len(self.W), height, width))
        for i, j in np.ndindex(k, k):
            window = A[:, :, i : i + height, j : j + width]
            Z += np.einsum("nchw,fc->nfhw", window, self.W[:, :, i, j])
        return Z + self.b[:, None, None]

    def backward(self, dLdZ):
        height, width = dLdZ.shape[2:]
        dLdA = np.zeros(self.A.shape)
        for i, j in np.ndindex(self.kernel_size, self.kernel_size):
            rows, columns = slice(i, i + height), slice(j, j + width)
            window = self.A[:, :, rows, columns]
            self.dLdW[:, :, i, j] += np.einsum("nfhw,nchw->fc", dLdZ, window)
            dLdA[:, :, rows, columns] += np.einsum("nfhw,fc->nchw", dLdZ, self.W[:, :, i, j])
        self.dLdb += dLdZ.sum(axis=(0, 2, 3))
        return dLdA


class Conv2d:
    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride,
        padding=0,
        weight_init_fn=None,
        bias_init_fn=None,
    ):
        self.padding = padding
        self.conv2d_stride1 = Conv2d_stride1(
            in_channels, out_channels, kernel_size, weight_init_fn, bias_init_fn
        )
        self.downsample2d = Downsample2d(stride)

    def forward(self, A):
        p = self.padding
        padded = np.pad(A, ((0, 0), (0, 0), (p, p), (p, p)))
        return self.downsample2d.forward(self.conv2d_stride1.forward(padded))

    def backward(self, dLdZ):
        dLdA = self.conv2d_stride1.backward(self.downsample2d.backward(dLdZ))
        p = self.padding
        return dLdA[:, :, p : dLdA.shape[2] - p, p : dLdA.shape[3] - p]


class MaxPool2d_stride1:
    def __init__(self, kernel):
        self.kernel = kernel

    def forward(self, A):
        self.A, k = A, self.kernel
        windows = np.lib.stride_tricks.sliding_window_view(A, (k, k), axis=(2, 3))
        self.best = windows.reshape(*windows.shape[:4], k * k).argmax(axis=4)
        return windows.max(axis=(4, 5))

    def backward(self, dLdZ):
        dLdA = np.zeros(self.A.shape)
        for n, c, i, j in np.ndindex(dLdZ.shape):
            row, column = divmod(self.best[n, c, i, j], self.kernel)
            dLdA[n, c, i + row, j + column] += dLdZ[n, c, i, j]
        return dLdA


class MeanPool2d_stride1:
    def __init__(self, kernel):
        self.kernel = kernel

    def forward(self, A):
        self.shape, k = A.shape, self.kernel
        return np.lib.stride_tricks.sliding_window_view(A, (k, k), axis=(2, 3)).mean(axis=(4, 5))

    def backward(self, dLdZ):
        dLdA = np.zeros(self.shape)
        for i, j in np.ndindex(self.kernel, self.kernel):
            dLdA[:, :, i : i + dLdZ.shape[2], j : j + dLdZ.shape[3]] += dLdZ / self.kernel**2
        return dLdA


class Pool2d:
    def __init__(self, kernel, stride):
        self.pool = self.stride1(kernel)
        self.downsample2d = Downsample2d(stride)

    def forward(self, A):
        return self.downsample2d.forward(self.pool.forward(A))

    def backward(self, dLdZ):
        return self.pool.backward(self.downsample2d.backward(dLdZ))


class MaxPool2d(Pool2d):
    stride1 = MaxPool2d_stride1


class MeanPool2d(Pool2d):
    stride1 = MeanPool2d_stride1


class Dropout:
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x, train=True):
        if not train:
            return x
        self.mask = np.random.binomial(1, 1 - self.p, x.shape) / (1 - self.p)
        return x * self.mask

    def backward(self, delta):
        return self.mask * delta


class RNNCell:
    def __init__(self, input_size, hidden_size):
        self.W_ih = np.random.randn(hidden_size, input_size)
        self.W_hh = np.random.randn(hidden_size, hidden_size)
        self.b_ih, self.b_hh = np.random.randn(2, hidden_size)
        self.zero_grad()

    def zero_grad(self):
        self.dW_ih, self.dW_hh = np.zeros_like(self.W_ih), np.zeros_like(self.W_hh)
        self.db_ih, self.db_hh = np.zeros_like(self.b_ih), np.zeros_like(self.b_hh)

    def forward(self, x, h_prev_t):
        return np.tanh(x @ self.W_ih.T + self.b_ih + h_prev_t @ self.W_hh.T + self.b_hh)

    def backward(self, delta, h_t, h_prev_l, h_prev_t):
        dz = delta * (1 - h_t**2)
        self.dW_ih += dz.T @ h_prev_l / len(dz)
        self.dW_hh += dz.T @ h_prev_t / len(dz)
        self.db_ih += dz.mean(axis=0)
        self.db_hh += dz.mean(axis=0)
        return dz @ self.W_ih, dz @ self.W_hh


class GRUCell:
    def __init__(self, input_size, hidden_size):
        h, d = hidden_size, input_size
        self.Wrx, self.Wzx, self.Wnx = np.random.randn(3, h, d)
        self.Wrh, self.Wzh, self.Wnh = np.random.randn(3, h, h)
        self.brx, self.bzx, self.bnx, self.brh, self.bzh, self.bnh = np.random.randn(6, h)

    def forward(self, x, h_prev_t):
        self.x, self.hidden = x, h_prev_t
        self.r = Sigmoid().forward(self.Wrx @ x + self.brx + self.Wrh @ h_prev_t + self.brh)
        self.z = Sigmoid().forward(self.Wzx @ x + self.bzx + self.Wzh @ h_prev_t + self.bzh)
        self.state = self.Wnh @ h_prev_t + self.bnh
        self.n = np.tanh(self.Wnx @ x + self.bnx + self.r * self.state)
        return (1 - self.z) * self.n + self.z * h_prev_t

    def backward(self, delta):
        dn = delta * (1 - self.z) * (1 - self.n**2)
        dz = delta * (self.hidden - self.n) * self.z * (1 - self.z)
        dr = dn * self.state * self.r * (1 - self.r)
        self.dWrx, self.dWrh = np.outer(dr, self.x), np.outer(dr, self.hidden)
        self.dWzx, self.dWzh = np.outer(dz, self.x), np.outer(dz, self.hidden)
        self.dWnx, self.dWnh = np.outer(dn, self.x), np.outer(dn * self.r, self.hidden)
        self.dbrx, self.dbrh, self.dbzx, self.dbzh = dr, dr.copy(), dz, dz.copy()
        self.dbnx, self.dbnh = dn, dn * self.r
        dx = dr @ self.Wrx + dz @ self.Wzx + dn @ self.Wnx
        dh = dr @ self.Wrh + dz @ self.Wzh + (dn * self.r) @ self.Wnh + delta * self.z
        return dx, dh


class ScaledDotProductAttention:
    def forward(self, Q, K, V, mask=None):
        scores = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])
        if mask is not None:
            scores = np.where(mask, -np.inf, scores)
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        self.weights = e / e.sum(axis=-1, keepdims=True)
        self.Q, self.K, self.V = Q, K, V
        return self.weights @ V

    def backward(self, d_output):
        d_weights = d_output @ self.V.swapaxes(-1, -2)
        mean = (d_weights * self.weights).sum(axis=-1, keepdims=True)
        d_scores = self.weights * (d_weights - mean) / np.sqrt(self.Q.shape[-1])
        d_Q, d_K = d_scores @ self.K, d_scores.swapaxes(-1, -2) @ self.Q
        return d_Q, d_K, self.weights.swapaxes(-1, -2) @ d_output


class SGD:
    def __init__(self, model, lr=0.1, momentum=0):
        self.l, self.lr, self.mu = model.layers, lr, momentum
        self.v_W = [np.zeros(layer.W.shape, "f") for layer in self.l]
        self.v_b = [np.zeros(layer.b.shape, "f") for layer in self.l]

    def step(self):
        for i, layer in enumerate(self.l):
            self.v_W[i] = self.mu * self.v_W[i] + layer.dLdW
            self.v_b[i] = self.mu * self.v_b[i] + layer.dLdb
            layer.W -= self.lr * self.v_W[i]
            layer.b -= self.lr * self.v_b[i]


class Adam:
    def __init__(self, model, lr, beta1=0.9, beta2=0.999, eps=1e-8):
        self.l, self.lr, self.t = model.layers, lr, 0
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.m_W, self.v_W = ([np.zeros(layer.W.shape, "f") for layer in self.l] for _ in "mv")
        self.m_b, self.v_b = ([np.zeros(layer.b.shape, "f") for layer in self.l] for _ in "mv")

    def step(self):
        self.t += 1
        for i, layer in enumerate(self.l):
            layer.W -= self.move(self.m_W, self.v_W, i, layer.dLdW)
            layer.b -= self.move(self.m_b, self.v_b, i, layer.dLdb)

    def move(self, m, v, i, g):
        m[i] = self.beta1 * m[i] + (1 - self.beta1) * g
        v[i] = self.beta2 * v[i] + (1 - self.beta2) * g**2
        root = np.sqrt(v[i] / (1 - self.beta2**self.t))
        return self.lr * m[i] / (1 - self.beta1**self.t) / (root + self.eps)


class AdamW(Adam):
    def __init__(self, model, lr, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
        super().__init__(model, lr, beta1, beta2, eps)
        self.weight_decay = weight_decay

    def step(self):
        for layer in self.l:
            layer.W -= self.lr * self.weight_decay * layer.W
            layer.b -= self.lr * self.weight_decay * layer.b
        super().step()
