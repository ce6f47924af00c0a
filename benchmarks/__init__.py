"""Repeatable measurements, each beside a floor or a peer of the same run. `make bench` runs them all.

Absolute figures depend on the machine: compare ratios. The server has one CPU to itself and the clients
another, where the machine has two.
"""
