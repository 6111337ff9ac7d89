"""Where values go: outputs and inputs as declared, and the IO managers that store and load them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from attrs import Factory, define, field, frozen

from mainspring.definition.asset import AssetKey, asset_key
from mainspring.definition.metadata import checked_metadata
from mainspring.definition.names import checked_name
from mainspring.definition.resource import GivenResources, Resources
from mainspring.errors import DefinitionError

DEFAULT_IO_MANAGER = "io_manager"
"""The resource that stores every output which names no other."""


def _io_manager_name(value: str) -> str:
    return checked_name("IO manager", value)


def _metadata(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return checked_metadata("an input or output", raw)


def _optional_asset(value: str | AssetKey | None) -> AssetKey | None:
    return None if value is None else asset_key(value)


@frozen(kw_only=True)
class Out:
    """One output of an op.

    Attributes:
        io_manager: The resource that stores it.
        asset: The asset that it materializes, if it does.
        optional: Whether the op may leave it out; its readers are then skipped.
        metadata: Facts for the IO manager and for people.
        description: What it is.
    """

    io_manager: str = field(default=DEFAULT_IO_MANAGER, converter=_io_manager_name)
    asset: AssetKey | None = field(default=None, converter=_optional_asset)
    optional: bool = False
    metadata: Mapping[str, Any] = field(factory=dict, converter=_metadata)
    description: str = ""


@frozen(kw_only=True)
class DynamicOut(Out):
    """An output of as many values as the op finds: the op returns a dict of key to value.

    In a job's body such an output is mapped, `pieces().map(work)`, and gathered again, `.collect()`.
    """

    def __attrs_post_init__(self) -> None:
        if self.asset is not None:
            raise DefinitionError(
                f"a DynamicOut cannot materialize asset {self.asset}: collect its values and return them from an op "
                "whose Out names the asset"
            )


@frozen(kw_only=True)
class In:
    """What an op's input says of itself to the IO manager that loads it."""

    metadata: Mapping[str, Any] = field(factory=dict, converter=_metadata)
    description: str = ""


@define(kw_only=True)
class OutputContext:
    """Which value is being stored: an IO manager's view of one output.

    Attributes:
        run_id: The run that writes it.
        step_key: The step that writes it.
        attempt: Which attempt of the step, from 1.
        name: The output's name.
        mapping_key: The value's key in a dynamic output, else None.
        asset_key: The asset that it materializes, if any.
        partition_key: The partition being written, if any.
        annotation: The output's type as annotated, or None.
        metadata: The output's declared metadata and all that was added since.
        resources: The run's resources, opened when asked for.
    """

    run_id: str
    step_key: str
    attempt: int
    name: str = "result"
    mapping_key: str | None = None
    asset_key: AssetKey | None = None
    partition_key: str | None = None
    annotation: Any = None
    metadata: Mapping[str, Any] = field(factory=dict)
    resources: Resources = Factory(lambda: GivenResources({}))
    _added: dict[str, Any] = field(factory=dict, init=False, repr=False)

    def add_metadata(self, **metadata: Any) -> None:
        """Record facts about the stored value: its path, its rows; readers find them in `upstream.metadata`."""
        self._added.update(checked_metadata(f"output {self.name!r}", metadata))

    @property
    def added_metadata(self) -> Mapping[str, Any]:
        """What was added while storing the value."""
        return self._added


@define(kw_only=True)
class InputContext:
    """Which value is being loaded: an IO manager's view of one input.

    Attributes:
        run_id: The run that reads it.
        step_key: The step that reads it.
        attempt: Which attempt of the reading step, from 1.
        name: The input's name.
        mapping_key: The reading step's key where it is mapped, else None.
        asset_key: The asset that the value materialized, if any.
        partition_key: The reader's partition, if any.
        annotation: The input's type as annotated, or None.
        metadata: The input's declared metadata.
        resources: The run's resources, opened when asked for.
        upstream: The output that is to be loaded, as its writer left it.
    """

    run_id: str
    step_key: str
    attempt: int
    name: str
    upstream: OutputContext
    mapping_key: str | None = None
    asset_key: AssetKey | None = None
    partition_key: str | None = None
    annotation: Any = None
    metadata: Mapping[str, Any] = field(factory=dict)
    resources: Resources = Factory(lambda: GivenResources({}))
    _added: dict[str, Any] = field(factory=dict, init=False, repr=False)

    def add_metadata(self, **metadata: Any) -> None:
        """Record facts about the load: bytes read, files opened; they are kept as an event of the step."""
        self._added.update(checked_metadata(f"input {self.name!r}", metadata))

    @property
    def added_metadata(self) -> Mapping[str, Any]:
        """What was added while loading the value."""
        return self._added


class IOManager(ABC):
    """Stores an op's output and loads it for the next op: derive an attrs class from it, its fields are its settings.

    Mainspring calls `handle_output` at least once for a value; a manager that can be overtaken by a slower twin
    writes to an address made of run, step and attempt, as the built-in ones do.
    """

    process_local: ClassVar[bool] = False
    """True where values live in this process's memory, so that steps in other processes cannot read them."""

    @abstractmethod
    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Store a value."""

    @abstractmethod
    def load_input(self, context: InputContext) -> Any:
        """Return the value that `context.upstream` tells of.

        Raises:
            ValueNotFound: It is not there.
        """

    def holds(self, upstream: OutputContext) -> bool:
        """Whether a value that was stored can still be loaded.

        Asked of managers whose values are local to a process, before a run goes on where another one ended.
        """
        return True

    def required_resources(self) -> Collection[str]:
        """Return the names of the resources that this manager will ask its contexts for."""
        return ()
