"""Operators, cases, the protocol and the generic checks that judge every implementation."""
