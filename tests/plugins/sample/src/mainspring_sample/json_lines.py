"""Rows in JSON lines."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from attrs import field, frozen

import mainspring as ms


@frozen
class JsonLinesIOManager(ms.IOManager):
    """Keeps lists of rows, a file a value, a line a row.

    Attributes:
        base: The folder; made when the first value is stored.
    """

    base: Path = field(converter=Path)

    def handle_output(self, context: ms.OutputContext, obj: list[Any]) -> None:
        """Write rows aside, then put the file in its place: nobody sees half of it."""
        path = self.path(context)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False) as file:
            try:
                file.writelines(f"{json.dumps(row)}\n" for row in obj)
                file.close()
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        context.add_metadata(path=path, rows=len(obj))

    def load_input(self, context: ms.InputContext) -> list[Any]:
        """Read the rows."""
        path = self.path(context.upstream)
        try:
            with path.open(encoding="utf-8") as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            raise ms.ValueNotFound("the JSON lines", str(path), context.upstream.step_key) from None

    def path(self, context: ms.OutputContext) -> Path:
        """Return the file of a value: its keys may be any text, so their digest tells them apart."""
        keys = (context.step_key, context.name, context.mapping_key, context.attempt)
        digest = hashlib.sha256(os.fsencode(json.dumps(keys))).hexdigest()
        readable = "".join(each if each.isalnum() and each.isascii() else "_" for each in context.step_key)
        return self.base / context.run_id / f"{readable[:60]}-{digest[:24]}.jsonl"
