"""The daemon: compares what should be with what is, decides purely, applies it, and sleeps until the next moment that matters.

So far it holds code locations open, starts the runs that wait, watches those under way and queues next attempts. It runs no
code of people's. Any number of daemons may work on one storage, for what decides between them is compare-and-set there.
"""
