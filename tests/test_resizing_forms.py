"""Free functions that resize an image: which pass, which fail, what is left, and why."""

from __future__ import annotations

import pytest

from tests.in_process import failures, load, passed_over, spellings

MATRICES = """
import numpy as np

def weights(old, new, place):
    place = np.clip(place, 0, old - 1)
    return np.maximum(0, 1 - abs(place[:, None] - np.arange(old)))

def middles(old, new):
    return weights(old, new, (np.arange(new) + 0.5) * old / new - 0.5)

def corners(old, new):
    return weights(old, new, np.linspace(0, old - 1, new))
"""
MIDDLES = """
def bilinear_resize(image, new_h, new_w):
    H, W, C = image.shape
    return np.einsum("iy,jx,yxc->ijc", middles(H, new_h), middles(W, new_w), image)
"""
CORNERS = """
def resize(img, size):
    H, W = img.shape
    return corners(H, size[0]) @ img @ corners(W, size[1]).T
"""
FIRST = """
def resize_image(image, target_width, target_height):
    _, H, W = image.shape
    return middles(H, target_height) @ image @ middles(W, target_width).T
"""
LISTS = """
def bilinear_resize(image, new_h, new_w):
    H, W = len(image), len(image[0])
    if (H, W) == (new_h, new_w):
        return [[float(v) for v in row] for row in image]
    rows, columns = corners(H, new_h), corners(W, new_w)
    return (rows @ np.array(image) @ columns.T).tolist()
"""
NEAREST = """
def nearest_neighbor_interpolation(image, new_width, new_height):
    H, W, C = image.shape
    out = np.zeros((new_height, new_width, C), image.dtype)
    for i in range(new_height):
        for j in range(new_width):
            out[i, j] = image[int(i * H / new_height), int(j * W / new_width)]
    return out
"""
RIGHT = {
    "bilinear_resize": (MIDDLES, "channels last, bilinear"),
    "resize": (CORNERS, "one grey image, corners aligned"),
    "resize_image": (FIRST, "bilinear"),
    "nearest_neighbor_interpolation": (NEAREST, "channels last, nearest"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_functions_pass(tmp_path, name):
    source, words = RIGHT[name]
    module = load(tmp_path, MATRICES + source)
    assert spellings(module, "numpy-course")[name].told(module)["differs"] == words
    assert failures(module, "numpy-course", name) == {}


def test_a_function_of_lists_is_one_of_grey_images(tmp_path):
    module = load(tmp_path, MATRICES + LISTS)
    spelling = spellings(module, "numpy-course")["bilinear_resize"]
    assert spelling.told(module)["differs"] == "one grey image, corners aligned"
    assert failures(module, "numpy-course", "bilinear_resize") == {}


WRONG = {
    "ratio of the rows for both": (MIDDLES, "middles(W, new_w)", "middles(W, new_w + H - W)"),
    "columns of another size": (MIDDLES, "middles(W, new_w)", "middles(W, new_h)"),
    "black border": (
        MIDDLES,
        'return np.einsum("iy',
        "return (abs(np.arange(new_h) * 2 + 1 - new_h) * H < new_h * (H - 1) + 1)[:, None, None]"
        ' * np.einsum("iy',
    ),
    "last row missing": (NEAREST, "range(new_height)", "range(new_height - 1)"),
    "height and width exchanged": (NEAREST, "int(i * H", "int(i * W"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_functions_fail(tmp_path, what):
    source, old, new = WRONG[what]
    assert source.count(old) == 1
    module = load(tmp_path, MATRICES + source.replace(old, new))
    (name,) = spellings(module, "numpy-course")
    assert failures(module, "numpy-course", name, "shape", "forward", "laws")


BY_CORNERS = MIDDLES.replace("image.shape", "image.shape\n    middles = shifted") + (
    "def shifted(old, new): return weights(old, new, np.arange(new) * old / new)\n"
)
LEFT = {
    "i * length / new": BY_CORNERS,
    "it rounds its results": MIDDLES.replace(
        'np.einsum("iy,jx,yxc->ijc", middles(H, new_h), middles(W, new_w), image)',
        'np.einsum("iy,jx,yxc->ijc", middles(H, new_h), middles(W, new_w), image).astype("uint8")',
    ),
    "nearest to where aligned corners": """
def resize_nearest(image, h, w):
    rows = np.rint(np.linspace(0, len(image) - 1, h)).astype(int)
    return image[rows][:, np.rint(np.linspace(0, image.shape[1] - 1, w)).astype(int)]
""",
    "its parameter scale is not known": "def resize(image, scale): return image\n",
    "whatever its axes": "def resize_image(image, size): return image\n",
}


@pytest.mark.parametrize("words", LEFT)
def test_other_functions_are_left_with_a_reason(tmp_path, words):
    module = load(tmp_path, MATRICES + LEFT[words])
    reasons = passed_over(module, "numpy-course")
    assert not spellings(module, "numpy-course")
    assert words in reasons[0]
