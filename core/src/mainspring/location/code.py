"""Loading the definitions of a file or a module that people wrote."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from importlib.machinery import SOURCE_SUFFIXES
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from attrs import frozen

from mainspring.definition.definitions import Definitions
from mainspring.definition.job import Job
from mainspring.errors import CodeError, MainspringError, shorten
from mainspring.location.uncached import UncachedLoader
from mainspring.location.user_frames import last_frame, user_traceback


@frozen
class CodeSource:
    """Where definitions are: a file, a module, or a package.

    Attributes:
        file: A path as typed.
        module: A module's name.
        package: A package's name; its module `definitions` is meant where there is one, else the package itself.
        with_traceback: Whether an error in the code brings the code's own traceback along.
    """

    file: str | None = None
    module: str | None = None
    with_traceback: bool = False
    package: str | None = None

    def __str__(self) -> str:
        if self.file is not None:
            return self.file
        return f"module {self.module}" if self.module is not None else f"package {self.package}"

    @property
    def importable(self) -> str | None:
        """The name of what is imported, unless it is a file."""
        return self.module if self.module is not None else self.package


class UserCodeError(CodeError):
    """User code that raised while it was loaded.

    Attributes:
        user_traceback: The part of the traceback that is the user's, where it was asked for.
    """

    def __init__(self, message: str, user_traceback: str = "") -> None:
        self.user_traceback = user_traceback
        super().__init__(message)


@contextmanager
def loaded(source: CodeSource) -> Iterator[Definitions]:
    """Load the definitions of a file or module, and let imports find what lies beside it as long as this lasts.

    What the code prints while it is loaded goes to stderr.

    Raises:
        CodeError: There is no such file or module, it fails to load, or it does not hold exactly one `Definitions`.
    """
    with loaded_module(source) as (definitions, _):
        yield definitions


@contextmanager
def loaded_module(source: CodeSource) -> Iterator[tuple[Definitions, ModuleType]]:
    """Load definitions as `loaded` does, and give the module that holds them as well.

    Raises:
        CodeError: As there.
    """
    folder, load = _prepared(source)
    sys.path.insert(0, str(folder))
    module: ModuleType | None = None
    try:
        with redirect_stdout(sys.stderr):
            module = _guarded(source, load)
            definitions = _definitions_of(source, module)
        yield definitions, module
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
        if source.file is not None and module is not None:
            sys.modules.pop(module.__name__, None)


def _prepared(source: CodeSource) -> tuple[Path, Callable[[], ModuleType]]:
    """Return the folder to import from, and what imports the code."""
    if source.package is not None:
        package = source.package
        return Path.cwd(), lambda: _import_package(package)
    if source.file is None:
        name = source.module or ""
        return Path.cwd(), lambda: import_module(name)
    path = Path(source.file).expanduser().absolute()
    try:
        is_file, exists = path.is_file(), path.exists()
    except OSError as error:
        raise CodeError(f"file {shorten(source.file)} cannot be read: {error.strerror}; name another one") from error
    if exists and not is_file:
        raise CodeError(f"{source.file} is no file; name the Python file in it that holds your definitions")
    if not exists:
        raise CodeError(f"there is no file {shorten(source.file)}; name a Python file that holds your definitions")
    return path.parent, lambda: _import_file(path)


def _import_package(name: str) -> ModuleType:
    """Import a package's module `definitions`, or the package itself where it has none."""
    inner = f"{name}.definitions"
    package = import_module(name)
    return import_module(inner) if find_spec(inner) is not None else package


def _import_file(path: Path) -> ModuleType:
    """Import a file under its own name, so that the files beside it and pickles find it there as well."""
    name = path.stem if path.stem not in sys.modules else f"{path.stem}@{path.parent}"
    sys.modules.pop(name, None)
    loader = UncachedLoader(name, str(path)) if path.suffix in SOURCE_SUFFIXES else None
    spec = spec_from_file_location(name, path, loader=loader)
    if spec is None or spec.loader is None:
        raise CodeError(f"{path} is no Python file; its name should end in .py")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _guarded(source: CodeSource, load: Callable[[], ModuleType]) -> ModuleType:
    """Load code, turning whatever it raises into one error."""
    try:
        return load()
    except (KeyboardInterrupt, CodeError):
        raise
    except BaseException as error:
        raise _explain(source, error) from error


def _explain(source: CodeSource, error: BaseException) -> UserCodeError:
    traceback = user_traceback(error) if source.with_traceback else ""
    name = source.importable
    if isinstance(error, ModuleNotFoundError) and name is not None and _names_it(name, error.name):
        kind = "module" if source.package is None else "package"
        return UserCodeError(f"there is no {kind} {name!r}; name one that Python finds from {Path.cwd()}", traceback)
    place = last_frame(error) or str(source)
    match error:
        case SyntaxError():
            said = f"{type(error).__name__}: {error.msg}"
            place = f"{error.filename}:{error.lineno}" if error.lineno is not None else str(source)
        case SystemExit():
            said = f"it called sys.exit({error.code!r}) while it was loaded; do that in a function, or not at all"
        case MainspringError():
            said = str(error)
        case ImportError() if "relative import" in str(error):
            said = f"{error}; the file belongs to a package, so name it with -m"
        case _:
            first = str(error).strip().partition("\n")[0]
            said = f"{type(error).__name__}: {first}" if first else type(error).__name__
    return UserCodeError(f"{place} cannot be loaded: {said}", traceback)


def _names_it(module: str, missing: str | None) -> bool:
    """Whether the module that was not found is the one that was asked for, or a package around it."""
    return missing is not None and (module == missing or module.startswith(f"{missing}."))


def _definitions_of(source: CodeSource, module: ModuleType) -> Definitions:
    """Return the one `Definitions` of a module, or one made of its jobs.

    Raises:
        CodeError: It holds several, or nothing to make one of.
    """
    names = {id(value): name for name, value in reversed(vars(module).items()) if isinstance(value, Definitions)}
    if len(names) > 1:
        listed = ", ".join(sorted(names.values()))
        raise CodeError(f"{source} holds {len(names)} Definitions ({listed}); keep one, with all jobs in it")
    for value in vars(module).values():
        if isinstance(value, Definitions):
            return value
    jobs = {id(value): value for value in vars(module).values() if isinstance(value, Job)}
    if not jobs:
        raise CodeError(f"{source} holds no Definitions and no job; write defs = ms.Definitions(jobs=[…]) in it")
    try:
        return Definitions(jobs=list(jobs.values()))
    except MainspringError as error:
        raise CodeError(f"{source}: {error}") from error
