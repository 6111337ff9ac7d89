"""What tests of ops, plugins and deployments are made of: contexts, a virtual clock, contract suites."""

from mainspring.testing.clock import VirtualClock
from mainspring.testing.contexts import op_context

__all__ = ["VirtualClock", "op_context"]
