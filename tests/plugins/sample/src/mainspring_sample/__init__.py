"""A sample plugin for Mainspring: threads, workers as programs, rows in JSON lines, a SQLite connection and inbox."""
