"""Schedules in every time zone, beside an oracle: `python -m tests.zones` takes minutes, and the tests take samples of it.

Two implementations are compared that share no code: Mainspring's, and cronsim, which follows cron of Debian.
"""
