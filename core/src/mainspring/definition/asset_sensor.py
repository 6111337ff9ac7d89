"""Asset sensors: runs when an asset was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, TypeAlias

from attrs import Attribute, field, frozen

from mainspring.definition.asset import AssetKey, asset_key
from mainspring.definition.automation import DEADLINE_SECONDS, Switch, name_of
from mainspring.definition.automation_context import SensorContext
from mainspring.definition.call import describe
from mainspring.definition.evaluation import Asked
from mainspring.definition.follower import Follower
from mainspring.definition.job import Job
from mainspring.definition.op import Op
from mainspring.definition.sensor import EVERY_SECONDS, Partial
from mainspring.errors import DefinitionError, shorten

ASSETS_LIMIT = 100
"""How many assets one sensor may watch: they are read together."""


@frozen(kw_only=True)
class MaterializationEvent:
    """That an asset was written, as an asset sensor is told.

    Attributes:
        event_id: Its place in the log; no other event has it.
        asset_key: The asset.
        run_id: The run that wrote it.
        step_key: The step that wrote it.
        partition_key: Which partition was written; None for an asset without partitions.
        metadata: What its writer said of it.
        timestamp: When, in seconds since the epoch.
    """

    event_id: int
    asset_key: AssetKey = field(converter=asset_key)
    run_id: str
    step_key: str | None = None
    partition_key: str | None = None
    metadata: Mapping[str, Any] = field(factory=dict)
    timestamp: float = 0.0


AssetFunction: TypeAlias = Callable[[SensorContext, MaterializationEvent], Asked]
Watched: TypeAlias = str | AssetKey | Op[Any, Any]
"""An asset by its key, or by the op that materializes it."""


def _keys(value: object) -> Any:
    several = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(dict.fromkeys(_key(each) for each in several))


def _key(value: object) -> AssetKey:
    if isinstance(value, (str, AssetKey)):
        return asset_key(value)
    if isinstance(value, Op):
        found = [out.asset for out in value.outs.values() if out.asset is not None]
        if len(found) == 1:
            return found[0]
        raise DefinitionError(
            f"an asset sensor is to watch {value!r}, whose outputs materialize "
            f"{'no asset' if not found else ' and '.join(map(str, found))}; name the asset by its key"
        )
    raise DefinitionError(
        f"an asset sensor watches assets by their keys, as 'warehouse/orders', not {shorten(repr(value))}"
    )


@frozen(kw_only=True, eq=False, repr=False)
class AssetSensor(Follower):
    """Asks for runs when assets were written: it is called for each materialization, in order.

    Attributes:
        assets: The assets. Given as `asset`.
    """

    item: ClassVar[type] = MaterializationEvent
    made_by: ClassVar[str] = "ms.testing.materialization(…)"

    assets: tuple[AssetKey, ...] = field(alias="asset", converter=_keys)

    @assets.validator
    def _check_assets(self, attribute: Attribute[Any], value: tuple[AssetKey, ...]) -> None:
        if not value:
            raise DefinitionError(f"{self} watches no asset; give asset=…")
        if len(value) > ASSETS_LIMIT:
            raise DefinitionError(
                f"{self} watches {len(value)} assets, and at most {ASSETS_LIMIT} are read together; make several sensors"
            )


def asset_sensor(
    *,
    job: Job | None = None,
    jobs: Sequence[Job] = (),
    asset: Watched | Sequence[Watched],
    every: float | timedelta = EVERY_SECONDS,
    mode: str | None = None,
    name: str | None = None,
    tags: Mapping[str, str] | None = None,
    default_status: Switch = "stopped",
    partial: Partial = "none",
    deadline: float | timedelta = DEADLINE_SECONDS,
    adopts: str | None = None,
    description: str | None = None,
) -> Callable[[AssetFunction], AssetSensor]:
    """Make a sensor of a function that is called each time an asset was written.

    The function takes an `ms.SensorContext` and an `ms.MaterializationEvent`. It returns or yields what the function of an
    `ms.sensor` may. It begins with what is written once it is on, is called in the order of the log, and misses none.

    Args:
        job: The job that it asks for runs of.
        jobs: Or several jobs, one of which each request names.
        asset: The asset: its key, or the op that materializes it; or a list of these.
        every: How long it is left alone after it has failed, in seconds, and twice as long each time it fails again. What is
            written wakes it at once.
        mode: The mode of its runs; the instance's, else the job's first, unless given.
        name: Its name; the function's unless given.
        tags: Tags of each run.
        default_status: `"running"` or `"stopped"`, until somebody has switched it.
        partial: What stands of an evaluation that fails half-way: nothing, or `"commit"` for the materializations before.
        deadline: How long one evaluation, of up to fifty materializations, may take, in seconds.
        adopts: The name that it had before, whose state and keys it keeps.
        description: What it does; the function's docstring unless given.

    Raises:
        DefinitionError: Something does not fit.
    """

    def decorate(function: AssetFunction) -> AssetSensor:
        return AssetSensor(
            name=name_of("sensor", function, name),
            job=job,
            jobs=jobs,
            asset=asset,
            every=every,
            mode=mode,
            tags=tags,
            default_status=default_status,
            partial=partial,
            deadline=deadline,
            adopts=adopts,
            description=describe(function, description),
            on_each=function,
        )

    return decorate
