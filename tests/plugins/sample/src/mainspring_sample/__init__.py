"""A sample plugin for Mainspring: steps in threads, workers as programs, rows in JSON lines, a SQLite connection."""
