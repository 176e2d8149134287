"""The oracles of transforms of images give what torchvision gives, and its published constants."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.models import ResNet18_Weights
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

from properties.operators.color_jitter import HUES, turned
from properties.values import Values
from reference.data.constants import MEANS, STDS
from reference.naive import color_jitter_forward, random_crop_forward, rotate_image_forward


@pytest.mark.parametrize("hue", HUES)
@pytest.mark.parametrize("levels", [2, 4, 255])
def test_hues_turn_as_in_torchvision(hue, levels):
    rng = np.random.default_rng(levels)
    x = torch.from_numpy(rng.integers(0, levels + 1, (2, 3, 8, 7)) / levels)
    expected = functional.adjust_hue(x, hue)
    assert torch.allclose(turned(x, hue), expected, rtol=0, atol=1e-6)


def test_the_constants_of_imagenet_are_those_of_its_weights():
    transforms = ResNet18_Weights.IMAGENET1K_V1.transforms()
    assert tuple(transforms.mean) == MEANS["imagenet"]
    assert tuple(transforms.std) == STDS["imagenet"]


def test_a_whole_jitter_is_that_of_its_factors():
    """`ColorJitter` as it draws its factors, and the reference with the same ones."""
    x = torch.from_numpy(Values("normal", 0).rng("x").random((3, 6, 5)))
    jitter = v2.ColorJitter(0.5, 0.5, 0.5, 0.5)
    for seed in range(5):
        torch.manual_seed(seed)
        drawn = jitter.make_params([x])
        torch.manual_seed(seed)
        names = ("brightness", "contrast", "saturation", "hue")
        factors = {name: float(drawn[f"{name}_factor"]) for name in names}
        order = [names[int(i)] for i in drawn["fn_idx"]]
        got = color_jitter_forward(x.numpy(), **factors, order=order)
        np.testing.assert_allclose(got, jitter(x).numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("mode", ["constant", "reflect", "edge"])
def test_a_random_crop_is_that_of_its_place(mode):
    x = torch.from_numpy(np.arange(60.0).reshape(1, 3, 5, 4))
    crop = v2.RandomCrop((4, 5), padding=2, fill=0.5, padding_mode=mode)
    for seed in range(5):
        torch.manual_seed(seed)
        expected = crop(x)
        torch.manual_seed(seed)
        drawn = crop.make_params([x])
        places = (np.array([drawn["top"]]), np.array([drawn["left"]]))
        options = {"size": (4, 5), "padding": 2, "padding_mode": mode, "fill": 0.5}
        padded, _, _ = random_crop_forward(x.numpy(), *places, **options)
        assert np.array_equal(padded, expected.numpy()), drawn


def test_a_random_rotation_is_that_of_its_angle():
    x = torch.from_numpy(np.random.default_rng(0).random((3, 9, 6)))
    rotation = v2.RandomRotation(170, expand=True, fill=0.5)
    for seed in range(5):
        torch.manual_seed(seed)
        expected = rotation(x)
        torch.manual_seed(seed)
        angle = rotation.make_params([x])["angle"]
        got = rotate_image_forward(x.numpy(), angle=angle, expand=True, fill=0.5)
        assert np.array_equal(got, expected.numpy()), angle


@pytest.mark.parametrize("angle", [10.0, 45.0, -100.0])
def test_beside_the_edge_torchvision_counts_what_is_outside_twice_where_a_fill_is_given(angle):
    x = torch.from_numpy(np.random.default_rng(0).random((2, 1, 6, 9)) + 0.5)
    options = {"interpolation": v2.InterpolationMode.BILINEAR}
    got = rotate_image_forward(x.numpy(), angle=angle, interpolation="bilinear")
    once = functional.rotate(x, angle, **options).numpy()
    twice = functional.rotate(x, angle, fill=0.0, **options).numpy()
    np.testing.assert_allclose(got, once, rtol=0, atol=1e-12)
    assert np.abs(twice - once).max() > 0.1
