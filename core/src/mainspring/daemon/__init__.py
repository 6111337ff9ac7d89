"""The daemon: compares what should be with what is, decides purely, applies it, and sleeps until the next moment that matters.

Holds code locations open, decides the ticks of schedules and sensors, starts the runs that wait and watches those under way,
queues next attempts, and deletes what is too old. It runs no code of people's. Any number of daemons may work on one storage,
for what decides between them is compare-and-set there.
"""
