"""torch: the backward of `nll_loss` refuses spatial scores that its forward accepts.

Scores (N, C, H, W) that are not contiguous, such as channels-last ones, give a loss and then
`RuntimeError: grad_input must be contiguous` on the CPU: the gradient is allocated in the layout of
the scores (pytorch issue 175084). The property `layouts` finds it with `pytest --device cpu`.
"""

import torch

scores = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last).requires_grad_()
labels = torch.zeros(2, 4, 5, dtype=torch.int64)
loss = torch.nn.functional.nll_loss(scores, labels)
print(torch.__version__, loss.item())
loss.backward()
