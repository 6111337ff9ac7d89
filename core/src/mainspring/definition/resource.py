"""Resources: what ops are handed, with a life cycle."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Generic, TypeVar

from attrs import frozen

from mainspring.errors import UnknownNameError

T_co = TypeVar("T_co", covariant=True)


class Resource(ABC, Generic[T_co]):
    """Something that ops are handed and that must be opened and closed: derive an attrs class from it.

    Its fields are its configuration. `open` may take other resources as keyword-only parameters marked with
    `ms.resource()`; they are opened first and closed after it.
    """

    outlives_runs: ClassVar[bool] = False
    """True keeps it open, once it was used, until its process ends."""

    @abstractmethod
    def open(self) -> AbstractContextManager[T_co]:
        """Return a context manager whose value is what ops are handed.

        It is left in the same way whether steps have failed or not, since it serves many of them: a transaction that must
        not outlive a failure belongs inside an op. What leaving it raises is recorded, and the run's outcome stands.
        """


@frozen
class ResourceMarker:
    """What `resource()` leaves in a signature."""

    name: str | None = None


def resource(name: str | None = None) -> Any:
    """Mark a keyword-only parameter as a resource: `spark: SparkSession = ms.resource()`.

    Args:
        name: The resource's name in the mode; the parameter's own name unless given.
    """
    return ResourceMarker(name)


class Resources(Mapping[str, Any]):
    """The resources within reach, by name, each opened when it is first asked for."""

    @abstractmethod
    def __getitem__(self, name: str) -> Any:
        """Return what the resource opened to.

        Raises:
            UnknownNameError: The mode has no such resource.
            ResourceError: It could not be opened.
        """

    def __contains__(self, name: object) -> bool:
        return any(each == name for each in self)

    def get(self, name: str, default: Any = None) -> Any:
        """Return what the resource opened to, or the default where there is no such resource."""
        if name in self:
            return self[name]
        return default


class GivenResources(Resources):
    """Resources that are at hand already, as tests give them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            raise UnknownNameError("resource", name, self._values, place="the context")
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
