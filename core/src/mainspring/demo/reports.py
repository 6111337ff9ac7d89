"""The IO manager for the tables that people open: CSV text, wherever the mode keeps text."""

from __future__ import annotations

from collections.abc import Collection
from io import StringIO
from typing import Any

import pandas as pd
from attrs import frozen

import mainspring as ms


@frozen
class CsvReports(ms.IOManager):
    """Stores a table as CSV, by handing its text to another IO manager of the mode.

    Attributes:
        store: The resource that stores the text.
    """

    store: str = "text_files"

    def required_resources(self) -> Collection[str]:
        """Name the resource that stores the text."""
        return (self.store,)

    def handle_output(self, context: ms.OutputContext, obj: Any) -> None:
        """Store a table as text."""
        context.resources[self.store].handle_output(context, obj.to_csv(index=False))

    def load_input(self, context: ms.InputContext) -> Any:
        """Read the table from its text."""
        text = context.resources[self.store].load_input(context)
        return pd.read_csv(StringIO(text), engine="python")  # the engine that gives back each float as it was
