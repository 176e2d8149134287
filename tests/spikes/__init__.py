"""Operators that are more than stateless layers, run through the generic checks as they are."""
