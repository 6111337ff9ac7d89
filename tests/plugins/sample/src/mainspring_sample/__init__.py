"""A sample plugin for Mainspring: steps in threads, rows in JSON lines, a SQLite connection and inbox."""
