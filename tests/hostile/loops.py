"""Loops for ever, swallows what would stop it, and ignores the signals that it can."""

import signal

for _number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(_number, signal.SIG_IGN)


def relu_forward(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
