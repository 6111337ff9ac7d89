"""The front: a location's one door, which no code of people's passes through.

Starts the process that loads the code, has it fork, watches over what comes of that, and answers for all of it over gRPC.
One thread, one event loop; whatever it knows is lost with it but for nothing that matters: runs are found again by what
storage says of their workers. Its waits are for other processes, and so are on the event loop's own clock.
"""
