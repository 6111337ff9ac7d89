"""The demonstration: an example project, real data that arrives for it, and a daemon that has it run.

A model of how to write with Mainspring (`flights`, `season`); needs the extra `mainspring[demo]`. Tells how things stand as
data and prints nothing. Leaves nothing running behind.
"""
