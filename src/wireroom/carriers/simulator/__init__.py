"""A simulated network in this process: AWS's simulator destinations, and virtual handsets."""

from wireroom.carriers.simulator.network import HandsetText, SimulatedNetwork

__all__ = ["HandsetText", "SimulatedNetwork"]
