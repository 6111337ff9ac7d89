"""Write the reference's pages from a package's public names, so that none can be forgotten.

The names of `__all__` are grouped by the subpackage that defines them, one page each, headed by that subpackage's
charter. They are documented under the name that people import: `mainspring.op`, not the module it stands in.
"""

import importlib
import inspect
from collections import defaultdict
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

FOLDER = Path("reference", "generated")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register with Sphinx."""
    app.add_config_value("public_names_package", default=None, rebuild="env", types=(str,))
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_pages(app: Sphinx) -> None:
    """Write one page for each subpackage that defines public names, and drop those of subpackages that are gone."""
    package = app.config.public_names_package
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    pages = {f"{owner}.rst": page(owner, package, names) for owner, names in by_owner(package).items()}
    for stale in folder.glob("*.rst"):
        if stale.name not in pages:
            stale.unlink()
    for name, text in pages.items():
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text:
            (folder / name).write_text(text, encoding="utf-8")


def by_owner(package: str) -> dict[str, list[str]]:
    """Group the public names by the subpackage or module that defines them: `mainspring.definition` → op, job."""
    module = importlib.import_module(package)
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(module.__all__, key=str.lower):
        if not name.startswith("_"):
            groups[owner_of(getattr(module, name), package)].append(name)
    return dict(groups)


def owner_of(value: object, package: str) -> str:
    """Return the subpackage that a value comes from; the package itself for what carries no module of its own."""
    home = getattr(value, "__module__", None) or package
    inside = home == package or home.startswith(f"{package}.")
    return ".".join(home.split(".")[:2]) if inside else package


def page(owner: str, package: str, names: list[str]) -> str:
    """Return a page in reStructuredText: the charter, then each name."""
    title = owner.removeprefix(f"{package}.")
    charter = f".. automodule:: {owner}\n   :no-members:\n"
    entries = [entry(getattr(importlib.import_module(package), name), f"{package}.{name}") for name in names]
    return "\n".join([title, "=" * len(title), "", charter, *entries])


def entry(value: object, name: str) -> str:
    """Return the directive that documents a value under its public name."""
    if inspect.isclass(value):
        kind = "autoexception" if issubclass(value, BaseException) else "autoclass"
    else:
        kind = "autofunction" if callable(value) else "autodata"
    return f".. {kind}:: {name}\n"
