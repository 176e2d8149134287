"""Raises an error that raises another when it is asked what it is."""


class Silent(Exception):
    def __str__(self):
        raise Silent


def relu_forward(x):
    raise Silent
