"""What each operator must refuse, and the defaults that it shares with PyTorch, by file name.

BAD: arguments, options, the error, and what its sentence says. DEFAULTS: of the forward function.
"""
