"""The IO managers that come with Mainspring: values in memory, and values in files.

Stores and loads values; decides nothing and knows no database.
"""

from mainspring.io.filesystem import FilesystemIOManager
from mainspring.io.memory import MemoryIOManager

__all__ = ["FilesystemIOManager", "MemoryIOManager"]
