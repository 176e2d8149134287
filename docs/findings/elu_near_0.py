"""torch before 2.8: `elu` near 0 loses most of its digits in float32 on the CPU.

It was computed as exp(x) - 1 (pull request 173968 changed it to expm1). The properties `precision`
and `stability` find it with `pytest --device cpu` on PyTorch 2.6.
"""

import torch

x = torch.full((16,), -1e-4)
got, expected = torch.nn.functional.elu(x), torch.nn.functional.elu(x.double()).float()
assert torch.allclose(got, expected, rtol=1e-5, atol=0), f"{got[0]} is not {expected[0]}"
