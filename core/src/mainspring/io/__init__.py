"""The IO managers that come with Mainspring: values in memory, and values in files.

Stores and loads values; decides nothing and knows no database. Each module is imported by who needs it, so that a run
in memory does not pay for files.
"""
