"""Contract suites: what every implementation of an extension point promises, as tests that its author inherits.

A test class that derives from a suite, and defines the fixtures that the suite asks for, runs all of it under pytest. A
suite uses only what is public, and tells nothing of how a thing is made.
"""
