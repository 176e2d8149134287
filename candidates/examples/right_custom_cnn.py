"""Networks of convolutions on torch that are right, in three forms: a forward of one's own, batch
norm in a Sequential, and a global average under the last layer."""

import torch.nn.functional as F
from torch import nn


class CustomCNN(nn.Module):
    """Three convolutions, each halved, under a hidden layer with dropout."""

    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(8, 8, kernel_size=3, padding=1)
        self.conv3 = nn.Conv2d(8, 12, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(12 * 4 * 4, 16)
        self.dropout = nn.Dropout(0.5)
        self.fc2 = nn.Linear(16, num_classes)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = self.pool(F.relu(conv(x)))
        x = x.view(x.size(0), -1)
        x = self.dropout(F.relu(self.fc1(x)))
        return self.fc2(x)


def block(inputs, outputs):
    """A convolution, normalised, and half the maps' size."""
    conv = nn.Conv2d(inputs, outputs, 3, padding=1)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True), nn.MaxPool2d(2))


class NormalizedCNN(nn.Module):
    """Batch norm after each convolution."""

    def __init__(self, num_classes=10):
        super().__init__()
        self.features = nn.Sequential(block(1, 6), block(6, 8))
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(8 * 7 * 7, 12), nn.ReLU(), nn.Linear(12, num_classes)
        )

    def forward(self, x):
        return self.classifier(self.features(x))


average_net = nn.Sequential(
    nn.Conv2d(3, 6, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(6, 10, 3, padding="same"),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(10, 10),
)
