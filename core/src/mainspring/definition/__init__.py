"""What people write: ops, graphs, jobs, modes, resources, IO managers, assets, schedules, sensors.

Holds data and the wiring of graphs. Runs nothing, opens nothing and knows no storage; schedules
and sensors say what they would ask for, and nothing here asks. the few methods that do
(`Job.execute`, `Definitions.load_output`) import what they need when they are called.
"""
