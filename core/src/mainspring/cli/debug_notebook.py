"""A notebook that opens a step: nbformat 4.5, written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mainspring.cli.show import echo
from mainspring.errors import MainspringError
from mainspring.location.code import CodeSource

if TYPE_CHECKING:
    from mainspring.definition.definitions import Definitions
    from mainspring.execute import StepDebug


def write_notebook(
    name: str,
    step: StepDebug,
    source: CodeSource,
    definitions: Definitions,
    module: ModuleType,
    home: Path | None,
    mode: str | None,
) -> None:
    """Write a notebook whose cells open a step as the command does.

    Raises:
        MainspringError: There is such a file, or it is not named as notebooks are.
    """
    path = Path(name).expanduser()
    if path.suffix != ".ipynb":
        raise MainspringError(f"a notebook's name ends in .ipynb, and {name} does not; name it so")
    cells = [
        _cell("about", "markdown", _about(step)),
        _cell("code", "code", _loading(source, definitions, module)),
        _cell("step", "code", _opening(step, home, mode)),
        _cell("config", "code", "step.config"),
        _cell("call", "code", "step.call()  # as often as you like; values in step.inputs may be replaced"),
        _cell("close", "code", "step.close()"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    document = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    try:
        with path.open("x", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.write("\n")
    except FileExistsError:
        raise MainspringError(f"there is a file {name} already; name another one, or remove it") from None
    echo(f"wrote {path}")


def _about(step: StepDebug) -> str:
    context = step.context
    lines = [f"# Step `{context.step_key}`", "", f"Of run `{context.run_id}` of job `{context.job_name}`."]
    if step.error is not None:
        lines += ["", "Its last attempt raised:", "", *(f"    {line}" for line in _error_lines(step))]
    return "\n".join([*lines, "", "Nothing that is done here is recorded."])


def _error_lines(step: StepDebug) -> list[str]:
    assert step.error is not None  # noqa: S101 - asked before
    return [*step.error.traceback.rstrip().splitlines(), step.error.summary]


def _loading(source: CodeSource, definitions: Definitions, module: ModuleType) -> str:
    """Return code that loads the definitions as `user_code` does."""
    if source.file is None:
        folder, name = Path.cwd(), source.module or ""
    else:
        path = Path(source.file).expanduser().absolute()
        folder, name = path.parent, path.stem
    return "\n".join(
        [
            "import importlib",
            "import sys",
            "",
            "import mainspring as ms",
            "",
            f"sys.path.insert(0, {str(folder)!r})",
            f"module = importlib.import_module({name!r})",
            f"defs = {_expression(definitions, module)}",
        ]
    )


def _expression(definitions: Definitions, module: ModuleType) -> str:
    """Return what the definitions are called in their module, or how they are made of its jobs."""
    names = {id(value): name for name, value in reversed(vars(module).items())}
    if id(definitions) in names:
        return f"module.{names[id(definitions)]}"
    jobs = ", ".join(f"module.{names[id(job)]}" for job in definitions.jobs.values())
    return f"ms.Definitions(jobs=[{jobs}])"


def _opening(step: StepDebug, home: Path | None, mode: str | None) -> str:
    context = step.context
    chosen = "" if mode is None else f", mode={mode!r}"
    return "\n".join(
        [
            f"instance = ms.Instance.open({str(home)!r})",
            f"step = defs.debug_step({context.run_id!r}, {context.step_key!r}, instance=instance{chosen})",
            "step.inputs",
        ]
    )


def _cell(name: str, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": text.splitlines(keepends=True)}
    return cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}
