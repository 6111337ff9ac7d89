"""What people write: ops, graphs, jobs, modes, resources, IO managers, assets.

Holds data and the wiring of graphs. Runs nothing, opens nothing and knows no storage; the few methods that do
(`Job.execute`, `Definitions.load_output`) import what they need when they are called.
"""
