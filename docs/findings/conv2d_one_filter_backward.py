"""torch: the backward of `conv2d` raises for one filter that comes from an array (kH, kW, I, O).

Images (N, H, W, C) and a filter of TensorFlow's order, both permuted to PyTorch's axes as imports
of weights do: forward is right, backward raises `slow_conv2d: grad_weight must be contiguous` on
the CPU, in both precisions. The property `layouts` finds it with `pytest --device cpu`.
"""

import torch

images = torch.randn(1, 4, 4, 2).permute(0, 3, 1, 2)
filters = torch.randn(2, 1, 2, 1).permute(3, 2, 0, 1).requires_grad_()
torch.nn.functional.conv2d(images, filters).sum().backward()
