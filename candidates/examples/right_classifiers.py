"""Right classifiers of free architecture, as courses and tutorials have them."""

import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    """The network of PyTorch's own CIFAR-10 tutorial, narrower."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 8, 5)
        self.fc1 = nn.Linear(8 * 5 * 5, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        return self.fc2(x)


class MyModel(nn.Module):
    """Convolutions with batch norm, a dropout, and an average over the whole map."""

    def __init__(self, num_classes=5):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(inplace=True),
            nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
        )
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(16, num_classes)

    def forward(self, x):
        x = self.features(x).mean(dim=(2, 3))
        return self.fc(self.dropout(x))


class BasicBlock(nn.Module):
    """A part of the next one, and no classifier."""

    def __init__(self, in_planes, planes, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_planes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != planes:
            self.shortcut = nn.Conv2d(in_planes, planes, 1, stride=stride, bias=False)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)) + self.shortcut(x))


class ResNet(nn.Module):
    """Residual blocks, how many is the caller's choice."""

    def __init__(self, block, num_blocks, num_classes=10):
        super().__init__()
        blocks, planes = [block(3, 8, stride=4)], 8
        for i in range(num_blocks):
            blocks.append(block(planes, 8 * 2**i, stride=2))
            planes = 8 * 2**i
        self.blocks = nn.Sequential(*blocks)
        self.linear = nn.Linear(planes, num_classes)

    def forward(self, x):
        out = F.adaptive_avg_pool2d(self.blocks(x), 1)
        return self.linear(out.view(out.size(0), -1))


def ResNet3():
    return ResNet(BasicBlock, 2)


class MLP(nn.Module):
    """Rows of numbers, as many as the caller says; functional dropout."""

    def __init__(self, input_dim, hidden_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, output_dim)

    def forward(self, x):
        x = F.relu(self.fc1(x.flatten(1)))
        x = F.dropout(x, p=0.1, training=self.training)
        return F.log_softmax(self.fc2(x), dim=1)


class TinyViT(nn.Module):
    """Patches, one layer of attention, a class token that starts at zero."""

    def __init__(self, image_size=32, patch_size=8, dim=32, num_classes=10):
        super().__init__()
        self.patches = nn.Conv2d(3, dim, patch_size, stride=patch_size)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.positions = nn.Parameter(
            0.02 * torch.randn(1, (image_size // patch_size) ** 2 + 1, dim)
        )
        self.layer = nn.TransformerEncoderLayer(dim, 4, 2 * dim, 0.0, batch_first=True)
        self.head = nn.Linear(dim, num_classes)

    def forward(self, x):
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(len(x), -1, -1), tokens], dim=1)
        return self.head(self.layer(tokens + self.positions)[:, 0])


class Flatten(nn.Module):
    """A layer, and no classifier."""

    def forward(self, x):
        return x.view(x.size(0), -1)


def make_small_cnn(in_channels=1, num_classes=10):
    """Layers in a row. Total params: 2,038"""
    layers = [nn.Conv2d(in_channels, 4, 5, stride=3), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [Flatten(), nn.Linear(4 * 4 * 4, 26), nn.ReLU()]
    net = nn.Sequential(*layers, nn.Linear(26, num_classes))
    return net


hidden_size = 16

model = nn.Sequential(
    Flatten(),
    nn.Linear(28 * 28, hidden_size),
    nn.ReLU(),
    nn.Linear(hidden_size, 10),
)
