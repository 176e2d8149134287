"""Right transforms, splits and samplers, as exercises ask for them: all of it passes.

`NAME_forward` as in the plain convention, and splits, a flip and a resize as free functions.
"""

import numpy as np

GREY = np.array([0.2989, 0.587, 0.114])


def to_tensor_forward(x, *, dtype="float32"):
    image = x[..., None] if x.ndim == 2 else x
    return np.ascontiguousarray(image.transpose(2, 0, 1).astype(dtype) / 255)


def normalize_image_forward(x, mean, std):
    C = x.shape[-3]
    return (x - mean.reshape(C, 1, 1)) / std.reshape(C, 1, 1)


def random_flip_forward(x, flips=None, *, p=0.5, seed=None):
    if flips is None:
        flips = np.random.default_rng(seed).random(len(x)) < p
    return np.where(flips[:, None, None, None], np.flip(x, axis=3), x), flips.copy()


def random_crop_forward(
    x,
    top=None,
    left=None,
    *,
    size=None,
    padding=4,
    padding_mode="constant",
    fill=0.0,
    seed=None,
):
    N, _, H, W = x.shape
    h, w = (H, W) if size is None else size
    options = {"constant_values": fill} if padding_mode == "constant" else {}
    p = (padding, padding)
    padded = np.pad(x, ((0, 0), (0, 0), p, p), padding_mode, **options)
    if top is None:
        rng = np.random.default_rng(seed)
        top = rng.integers(0, H + 2 * padding - h + 1, size=N)
        left = rng.integers(0, W + 2 * padding - w + 1, size=N)
    crops = [
        padded[n, :, i : i + h, j : j + w] for n, (i, j) in enumerate(zip(top, left, strict=True))
    ]
    out = np.stack(crops) if crops else np.zeros((0, x.shape[1], h, w), x.dtype)
    return out, top.copy(), left.copy()


def color_jitter_forward(
    x,
    *,
    brightness=1.0,
    contrast=1.0,
    saturation=1.0,
    hue=0.0,
    order=("brightness", "contrast", "saturation", "hue"),
):
    for name in order:
        grey = np.tensordot(GREY.astype(x.dtype), x, axes=(0, x.ndim - 3))
        grey = np.expand_dims(grey, -3)
        if name == "brightness":
            x = np.clip(brightness * x, 0, 1)
        elif name == "contrast":
            mean = grey.mean(axis=(-1, -2), keepdims=True)
            x = np.clip(mean + contrast * (x - mean), 0, 1)
        elif name == "saturation":
            x = np.clip(grey + saturation * (x - grey), 0, 1)
        else:
            x = turn(x, hue)
    return x


def turn(x, hue):
    """The hue as an angle in sixths of the circle, moved, and the colour made of it again."""
    r, g, b = np.moveaxis(x, -3, 0)
    v, width = np.maximum(np.maximum(r, g), b), np.ptp(x, axis=-3)
    with np.errstate(divide="ignore", invalid="ignore"):
        h = np.select([v == r, v == g], [(g - b) / width, 2 + (b - r) / width], 4 + (r - g) / width)
    h = np.where(width == 0, 0, h) + 6 * hue
    channels = [v - width * (1 - np.clip(np.abs((h - n) % 6 - 3) - 1, 0, 1)) for n in (0, 2, 4)]
    return np.stack(channels, axis=-3).astype(x.dtype)


def rotate_image_forward(x, *, angle, interpolation="nearest", expand=False, center=None, fill=0.0):
    """Positions by a matrix; what is outside reads a row and a column that are put on."""
    H, W = x.shape[-2:]
    theta = np.deg2rad(angle)
    matrix = np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])  # (y, x)
    size = np.array([H, W])
    if expand and angle % 90:
        reach = np.abs(matrix) @ size / 2
        size = (np.ceil(size / 2 + reach) - np.floor(size / 2 - reach)).astype(int)
    elif expand and angle % 180:
        size = size[::-1]
    old = np.array([H, W]) / 2 if center is None else np.array(center[::-1])
    new = size / 2 if center is None else old
    grid = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), axis=-1) + 0.5
    place = (grid - new) @ matrix + old - 0.5

    put_on = np.pad(x, [(0, 0)] * (x.ndim - 2) + [(0, 1), (0, 1)], constant_values=fill)

    def read(ids):
        inside = ((ids >= 0) & (ids < [H, W])).all(axis=-1)
        i, j = np.where(inside[..., None], ids, [H, W]).astype(int).transpose(2, 0, 1)
        return put_on[..., i, j]

    if interpolation == "nearest":
        return read(np.floor(place + 0.5))
    first = np.floor(place)
    out = 0
    for corner in np.ndindex(2, 2):
        weight = np.where(corner, place - first, 1 - place + first).prod(axis=-1)
        out = out + weight.astype(x.dtype) * read(first + corner)
    return out


def resize_image_forward(x, *, size, mode="bilinear", align_corners=False):
    """One axis after the other: what lies before and behind each place, and how far between."""
    ends = [
        ends_of(old, new, mode, align_corners) for old, new in zip(x.shape[-2:], size, strict=True)
    ]
    out = x
    for axis, (before, behind, part) in zip((-1, -2), ends[::-1], strict=True):
        part = part.astype(x.dtype)[:, None] if axis == -2 else part.astype(x.dtype)
        out = np.take(out, before, axis) * (1 - part) + np.take(out, behind, axis) * part
    return out, (x.shape, ends)


def ends_of(old, new, mode, align_corners):
    middles = np.arange(new) + 0.5
    if mode != "bilinear":
        start = np.arange(new) * 2 + (mode == "nearest-exact")
        before = start * old // (2 * new)
        return before, before, np.zeros(new)
    place = np.linspace(0, old - 1, new) if align_corners else middles * old / new - 0.5
    place = np.clip(place, 0, old - 1)
    before = place.astype(int)
    return before, np.minimum(before + 1, old - 1), place - before


def resize_image_backward(dout, cache):
    shape, ends = cache
    for axis, (before, behind, part) in zip((-1, -2), ends[::-1], strict=True):
        dout = np.moveaxis(dout, axis, 0)
        dx = np.zeros((shape[axis], *dout.shape[1:]), dout.dtype)
        part = part.astype(dout.dtype).reshape(-1, *[1] * (dout.ndim - 1))
        np.add.at(dx, before, dout * (1 - part))
        np.add.at(dx, behind, dout * part)
        dout = np.moveaxis(dx, 0, axis)
    return dout


def multi_scale_forward(x, *, scales, mode="bilinear", align_corners=False):
    H, W = x.shape[-2:]
    sizes = [(max(1, int(s * H)), max(1, int(s * W))) for s in scales]
    options = {"mode": mode, "align_corners": align_corners}
    return tuple(resize_image_forward(x, size=size, **options)[0] for size in sizes)


def train_val_split_forward(x, y, *, val_fraction=0.2, shuffle=True, seed=None):
    N = len(x)
    order = np.random.default_rng(seed).permutation(N) if shuffle else np.arange(N)
    n_val = min(max(1, round(N * val_fraction)), N - 1)
    train, val = order[: N - n_val], order[N - n_val :]
    return x[train], y[train], x[val], y[val]


def stratified_split_forward(x, y, *, val_fraction=0.2, seed=None):
    rng = np.random.default_rng(seed)
    in_val = np.zeros(len(y), bool)
    for c in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == c))
        in_val[members[: round(len(members) * val_fraction)]] = True
    return x[~in_val], y[~in_val], x[in_val], y[in_val]


def k_fold_forward(x, *, k=5, shuffle=False, seed=None):
    order = np.arange(len(x))
    if shuffle:
        order = np.random.default_rng(seed).permutation(order)
    val = np.array([np.isin(np.arange(len(x)), fold) for fold in np.array_split(order, k)])
    return ~val, val


def weighted_sampler_forward(weights, *, num_samples, replacement=True, seed=None):
    p = weights / weights.sum()
    return np.random.default_rng(seed).choice(len(p), num_samples, replace=replacement, p=p)


def oversample_forward(x, y, *, seed=None):
    rng = np.random.default_rng(seed)
    classes, counts = np.unique(y, return_counts=True)
    chosen = [np.arange(len(y))]
    for c, count in zip(classes, counts, strict=True):
        chosen.append(rng.choice(np.flatnonzero(y == c), counts.max() - count))
    chosen = np.concatenate(chosen)
    return x[chosen], y[chosen]


def pad_sequences_forward(tokens, lengths, *, padding_value=0, batch_first=True, side="right"):
    sequences = np.split(tokens, np.cumsum(lengths)[:-1])
    L = max(lengths)
    padded = np.full((len(lengths), L, *tokens.shape[1:]), padding_value, tokens.dtype)
    mask = np.zeros((len(lengths), L), bool)
    for n, sequence in enumerate(sequences):
        start = 0 if side == "right" else L - len(sequence)
        padded[n, start : start + len(sequence)] = sequence
        mask[n, start : start + len(sequence)] = True
    if batch_first:
        return padded, mask
    return np.swapaxes(padded, 0, 1).copy(), mask.T.copy()


def train_test_split(X, y, test_size=0.25, shuffle=True, random_state=None):
    if random_state is not None:
        np.random.seed(random_state)
    order = np.random.permutation(len(X)) if shuffle else np.arange(len(X))
    n_train = int(len(X) * (1 - test_size))
    train, test = order[:n_train], order[n_train:]
    return X[train], X[test], y[train], y[test]


def stratified_split(X, y, test_ratio=0.2, seed=0):
    X_train, y_train, X_test, y_test = stratified_split_forward(
        X, y, val_fraction=test_ratio, seed=seed
    )
    return X_train, X_test, y_train, y_test


def k_fold_split(X, k, shuffle=True, seed=None):
    train, val = k_fold_forward(X, k=k, shuffle=shuffle, seed=seed)
    return [(np.flatnonzero(train[fold]), np.flatnonzero(val[fold])) for fold in range(k)]


def random_horizontal_flip(image, p=0.5):
    """An image (H, W, C), mirrored with probability p."""
    return image[:, ::-1] if np.random.rand() < p else image


def bilinear_resize(image, new_h, new_w):
    """An image (H, W, C) of another size: the middles of its pixels are mapped."""
    return resize_image_forward(image.transpose(2, 0, 1), size=(new_h, new_w))[0].transpose(1, 2, 0)


def random_crop(image, crop_size):
    """A part of an image (H, W, C), of crop_size (rows, columns)."""
    top = np.random.randint(0, image.shape[0] - crop_size[0] + 1)
    left = np.random.randint(0, image.shape[1] - crop_size[1] + 1)
    return image[top : top + crop_size[0], left : left + crop_size[1]]


def random_oversample(X, y, seed=None):
    return oversample_forward(X, y, seed=seed)


def normalize(image, mean, std):
    """An image (H, W, C)."""
    return (image - mean) / std


def to_tensor(image):
    """Bytes (H, W, C) to numbers from 0 to 1, (C, H, W)."""
    return image.transpose(2, 0, 1).astype(np.float32) / 255
