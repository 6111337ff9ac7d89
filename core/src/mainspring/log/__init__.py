"""What steps print and log: kept by step, attempt and stream, apart from the event log.

Stores and returns text; captures nothing itself.
"""

from mainspring.log.filesystem import FilesystemLogStore
from mainspring.log.memory import MemoryLogStore
from mainspring.log.port import STREAMS, LogKey, LogStore, Stream

__all__ = ["STREAMS", "FilesystemLogStore", "LogKey", "LogStore", "MemoryLogStore", "Stream"]
