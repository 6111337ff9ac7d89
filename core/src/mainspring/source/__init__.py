"""The sensor sources that come with Mainspring: what is new in a directory.

Lists what is new since a cursor; remembers nothing, asks for no runs and knows no database. Each module is imported by
who needs it.
"""
