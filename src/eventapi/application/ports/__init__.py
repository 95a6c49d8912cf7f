"""Ports: what the application needs from the outside, by capability.

All adapters of a port pass the same contract suite (`tests/contracts`). What a
method promises is documented here and not repeated at its implementations.
"""
