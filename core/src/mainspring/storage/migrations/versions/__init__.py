"""The migrations themselves, one module each."""
