"""Power flow: voltages, supply power and losses of a radial network, solved by power-grid-model.

A *network* is a tree of lines behind one source. A *batch* is many time steps of the same network. No business
words here: nodes and loads are numbers, and who they belong to is the caller's affair.
"""

from lamplighter.methods.powerflow.batch import BatchFlow, PowerFlowDiverged, solve_batch
from lamplighter.methods.powerflow.network import Network, NetworkNotRadial, estimate_drop

__all__ = ["BatchFlow", "Network", "NetworkNotRadial", "PowerFlowDiverged", "estimate_drop", "solve_batch"]
