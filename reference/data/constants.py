"""Published means and standard deviations of the channels (red, green, blue) of images in [0, 1].

CIFAR-10 and CIFAR-100 over the 50,000 training images, ImageNet as in torchvision's weights.
"""

from __future__ import annotations

MEANS = {
    "cifar10": (0.4914, 0.4822, 0.4465),
    "cifar100": (0.5071, 0.4865, 0.4409),
    "imagenet": (0.485, 0.456, 0.406),
}
STDS = {
    "cifar10": (0.2470, 0.2435, 0.2616),
    "cifar100": (0.2673, 0.2564, 0.2762),
    "imagenet": (0.229, 0.224, 0.225),
}
