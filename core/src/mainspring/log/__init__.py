"""What steps print and log: kept by step, attempt and stream, apart from the event log.

Stores and returns text; captures nothing itself. Each module is imported by who needs it, so that a run in memory does
not pay for files.
"""
