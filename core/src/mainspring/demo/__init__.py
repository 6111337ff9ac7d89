"""The demonstration: an example project over real data, and the running of it.

A model of how to write with Mainspring; needs the extra `mainspring[demo]`. Tells what came of a run as data and prints
nothing.
"""
