"""torch: `conv2d` with groups gives a wrong weight gradient for channels-last weights, in silence.

The batch is one image whose strides (1, 1, 6, 6) come from an array (W, H, C, N); float64 on the
CPU. The layout must not change the gradient, and it changes by 49. The property `layouts` finds it
with `pytest --device cpu`.
"""

import torch

torch.manual_seed(0)
images = torch.randn(5, 1, 6, 1, dtype=torch.float64).permute(3, 2, 1, 0)
weights = torch.randn(6, 3, 1, 3, dtype=torch.float64)
gradients = []
for layout in (torch.contiguous_format, torch.channels_last):
    w = weights.clone(memory_format=layout).requires_grad_()
    torch.nn.functional.conv2d(images, w, groups=2).square().sum().backward()
    gradients.append(w.grad)
assert torch.allclose(*gradients), f"they differ by {(gradients[0] - gradients[1]).abs().max()}"
