"""Code locations: people's definitions, loaded and run in processes of their own, never in the daemon or the web server.

Four kinds of processes: a front, which speaks with the outside and runs no code of people's; behind it one process that
has loaded the code and forks; evaluators, which call schedules and sensors; and workers, which carry out runs and outlive
all the others. What leaves these processes is plain data. Decides nothing about what is due or what may start.
"""
