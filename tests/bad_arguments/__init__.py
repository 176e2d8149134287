"""Calls that each operator must refuse, found by file name: arguments, options, error, sentence."""
