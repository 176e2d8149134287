"""Right early stops on torch, in the forms that homework gives them."""

import numpy as np
import torch


class EarlyStopping:
    """Scores that grow, and a model that is kept: an equal score is as good as a better one."""

    def __init__(self, patience=7, verbose=False, delta=0, trace_func=print):
        self.patience, self.verbose, self.delta = patience, verbose, delta
        self.counter, self.best_score, self.early_stop = 0, None, False
        self.trace_func, self.kept = trace_func, None

    def __call__(self, val_loss, model):
        score = -val_loss
        if self.best_score is None:
            self.best_score = score
        elif score < self.best_score + self.delta:
            self.counter += 1
            if self.counter >= self.patience:
                self.early_stop = True
            return
        if self.verbose:
            self.trace_func(f"the validation loss is {val_loss:.6f}")
        self.best_score, self.counter = score, 0
        self.kept = {name: torch.clone(array) for name, array in model.state_dict().items()}


class EarlyStopper:
    """Told by a method, answered by its result: it stops once the patience is exceeded."""

    def __init__(self, patience=1, min_delta=0.0, mode="min"):
        self.patience, self.min_delta, self.sign = patience, min_delta, -1 if mode == "min" else 1
        self.best, self.waited = -np.inf, 0

    def step(self, metric):
        gain = self.sign * metric - self.best
        if gain > self.min_delta:
            self.best, self.waited = self.sign * metric, 0
        else:
            self.waited += 1
        return self.waited > self.patience
