"""Deciding ticks: what schedules and sensors call for, what their functions said, and committing what comes of it.

What is due, what overlaps and what becomes of an evaluation are pure functions; effects are at the edge, in one transaction a
decision. Starts and watches no runs.
"""
