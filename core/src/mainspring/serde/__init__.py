"""Plain data to typed values and back: the one cattrs set-up, strict, with errors in our own words.

Reads the environment where a value refers to it; knows nothing of ops, jobs or files.
"""

from mainspring.serde.converter import make_converter
from mainspring.serde.structuring import parse_environment, structure, structured
from mainspring.serde.unstructuring import unstructured

__all__ = ["make_converter", "parse_environment", "structure", "structured", "unstructured"]
