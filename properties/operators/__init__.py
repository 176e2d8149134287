"""One file an operator: its strategy, oracle, laws and mistakes, discovered by file name."""
