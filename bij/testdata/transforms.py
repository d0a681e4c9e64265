"""Writes transforms.json: values and log-determinants of torch.distributions.transforms.

A second implementation of the maps onto simplices, correlation factors and numbers. Run
`python transforms.py` in this folder; it needs torch.
"""
import json

import torch
from torch.distributions import transforms as T

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)


def case(name, transform, x):
    y = transform(x)
    return {
        "name": name,
        "x": x.flatten().tolist(),
        "n": x.shape[-1],
        "y": y.flatten().tolist(),
        "logdet": transform.log_abs_det_jacobian(x, y).flatten().tolist(),
    }


numbers = torch.tensor([[v] for v in (-9.5, -3.0, -0.7, -1e-3, 0.0, 0.4, 1.0, 2.5, 8.0)])
cases = [
    case("Exp", T.ExpTransform(), numbers),
    case("Softplus", T.SoftplusTransform(), numbers),
    case("Sigmoid", T.SigmoidTransform(), numbers),
    case("Tanh", T.TanhTransform(), numbers),
    case("StickBreaking", T.StickBreakingTransform(), 1.5 * torch.randn(6, 4)),
    case("StickBreaking", T.StickBreakingTransform(), 3 * torch.randn(3, 1)),
    case("CholeskyCorr", T.CorrCholeskyTransform(), torch.randn(5, 6)),
    case("CholeskyCorr", T.CorrCholeskyTransform(), 2 * torch.randn(3, 1)),
]
with open("transforms.json", "w") as f:
    json.dump(cases, f, indent=1)
    f.write("\n")
