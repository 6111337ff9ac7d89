# ruff: noqa: PLW0108 - the body of a job is a function, and not the op that it calls
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
from attrs import define

import mainspring as ms
from mainspring.errors import PlanCycleError, UnknownNameError
from mainspring.plan import Binding, Plan, bind
from mainspring.plan.bind import Override


@define
class Plain(ms.Resource[str]):
    @contextmanager
    def open(self) -> Iterator[str]:
        yield "plain"


@define
class Needing(ms.Resource[str]):
    @contextmanager
    def open(self, *, plain: str = ms.resource(), other: str = ms.resource("second")) -> Iterator[str]:
        yield f"{plain} {other}"


@define
class Demanding(ms.Resource[str]):
    @contextmanager
    def open(self, plain: str) -> Iterator[str]:  # type: ignore[override]
        yield plain


@define
class Wanting(ms.IOManager):
    wanted: Any = ("plain",)

    def required_resources(self) -> Collection[str]:
        wanted: Collection[str] = self.wanted
        return wanted

    def handle_output(self, context: ms.OutputContext, obj: object) -> None: ...
    def load_input(self, context: ms.InputContext) -> None: ...


@define
class Apart(ms.Executor):
    shares_memory: ClassVar[bool] = False

    def execute(self, plan: Plan, run: ms.RunContext) -> Iterator[ms.Event]:
        yield from ()


@ms.op
def clean(*, spark: str = ms.resource()) -> int:
    return len(spark)


@ms.op(out=ms.Out(io_manager="warehouse"))
def store() -> int:
    return 1


@ms.op
def nothing() -> None: ...


def bound(
    body: Callable[[], object],
    mode: str | None = None,
    resources: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Override] | None = None,
    executor: ms.Executor | None = None,
) -> Binding:
    job = ms.job(name="j", modes=[ms.Mode("dev", resources=resources or {}, executor=executor), ms.Mode("prod")])(body)
    return bind(job, mode, overrides or {}, ms.MemoryIOManager(), ms.InProcessExecutor())


def test_takes_the_first_mode_unless_told() -> None:
    assert bound(nothing_called).mode.name == "dev"
    assert bound(nothing_called, "prod").mode.name == "prod"


def nothing_called() -> None:
    nothing()


def test_a_job_without_modes_has_the_default_and_those_of_the_deployment() -> None:
    job = ms.job(name="j")(nothing_called)
    overrides = {"prod": Override({"spark": "there"})}

    def mode(name: str | None) -> ms.Mode:
        return bind(job, name, overrides, ms.MemoryIOManager(), ms.InProcessExecutor()).mode

    assert mode(None).name == "default"
    assert mode("prod").resources["spark"] == "there"
    with pytest.raises(
        UnknownNameError, match=r"'prd' in job 'j' \(modes .* come with defs.job\('j'\)\); did you mean 'prod'\?"
    ):
        mode("prd")


def test_fills_in_the_io_manager_and_the_executor() -> None:
    binding = bound(nothing_called)

    assert isinstance(binding.mode.resources["io_manager"], ms.MemoryIOManager)
    assert isinstance(binding.mode.executor, ms.InProcessExecutor)


def test_what_the_deployment_says_comes_before_what_the_mode_says() -> None:
    apart = Apart()
    override = Override({"spark": "there", "io_manager": Wanting(())}, apart)
    mode = bound(lambda: clean(), resources={"spark": "here"}, overrides={"dev": override}).mode

    assert mode.resources["spark"] == "there"
    assert mode.executor is apart


def test_a_resource_that_the_mode_lacks_is_named_with_its_user() -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        bound(lambda: clean(), resources={"sparks": "here"})

    assert str(raised.value) == (
        "op 'clean' of job 'j' needs resource 'spark', which mode 'dev' does not have; add it to the mode's resources "
        "(did you mean 'sparks'?)"
    )


def test_an_io_manager_that_the_mode_lacks_is_named_with_its_user() -> None:
    with pytest.raises(
        ms.DefinitionError, match="op 'store' of job 'j' needs IO manager 'warehouse', which mode 'dev'"
    ):
        bound(lambda: store())


def test_an_output_is_stored_by_an_io_manager_only() -> None:
    with pytest.raises(ms.DefinitionError, match=r"'warehouse', which mode 'dev' binds to a str; bind it to an ms.IOM"):
        bound(lambda: store(), resources={"warehouse": "s3"})


def test_resources_may_need_resources() -> None:
    needs = bound(nothing_called, resources={"a": Needing(), "plain": Plain(), "second": "text"}).needs

    assert needs["a"] == {"plain": "plain", "other": "second"}
    assert needs["plain"] == needs["second"] == {}


def test_an_io_manager_may_need_resources() -> None:
    assert bound(nothing_called, resources={"a": Wanting(), "plain": Plain()}).needs["a"] == {"plain": "plain"}


@pytest.mark.parametrize("resources", [{"a": Needing(), "plain": "text"}, {"a": Wanting(["second"])}], ids=["1", "2"])
def test_a_resource_that_another_lacks_is_named(resources: dict[str, Any]) -> None:
    with pytest.raises(ms.DefinitionError, match="resource 'a' of job 'j' needs resource 'second', which mode 'dev'"):
        bound(nothing_called, resources=resources)


def test_required_resources_are_a_list() -> None:
    with pytest.raises(ms.DefinitionError, match=r"IO manager 'a': required_resources\(\) must return a list of names"):
        bound(nothing_called, resources={"a": Wanting("plain")})


def test_what_open_takes_is_marked() -> None:
    with pytest.raises(ms.DefinitionError, match=r"parameter 'plain' of open\(\) has no default; mark it ms.resource"):
        bound(nothing_called, resources={"a": Demanding()})


def test_resources_that_need_each_other_in_a_circle_are_refused() -> None:
    resources = {"plain": Wanting(["second"]), "second": Wanting(["third"]), "third": Wanting(["plain"])}

    with pytest.raises(PlanCycleError) as raised:
        bound(nothing_called, resources=resources)

    assert set(raised.value.cycle) == {"plain", "second", "third"}
    assert "resources of mode 'dev' depend on each other in a circle: plain -> second -> third -> plain" in str(
        raised.value
    )


def test_a_resource_cannot_need_itself() -> None:
    with pytest.raises(PlanCycleError, match="in a circle: a -> a"):
        bound(nothing_called, resources={"a": Wanting(["a"])})


def test_a_long_chain_of_resources_is_no_trouble() -> None:
    chain = {f"r{each}": Wanting([f"r{each + 1}"]) for each in range(3000)} | {"r3000": "end"}

    assert len(bound(nothing_called, resources=chain).needs) == 3002


def test_values_in_memory_are_refused_where_steps_are_processes() -> None:
    """Scar: D#5554."""
    with pytest.raises(ms.DefinitionError) as raised:
        bound(lambda: clean(), resources={"spark": "here"}, executor=Apart())

    assert str(raised.value) == (
        "job 'j' in mode 'dev': 'io_manager' is a MemoryIOManager, which keeps values in the memory of one process, but "
        "Apart runs each step in its own; bind it to an ms.FilesystemIOManager, or use ms.InProcessExecutor"
    )


def test_values_in_memory_that_nothing_uses_are_no_trouble() -> None:
    """Scar: D#5554."""
    bound(nothing_called, executor=Apart())
    bound(lambda: store(), resources={"warehouse": Wanting(())}, executor=Apart())
