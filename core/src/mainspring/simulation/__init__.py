"""Simulating automations: what they would ask for in a stretch of time, by the daemon's own reconcilers on a virtual clock.

It reads how a home stands and never writes there: what is decided goes to a store in memory that is thrown away. No run is
executed, and no source is told that its items were taken.
"""
