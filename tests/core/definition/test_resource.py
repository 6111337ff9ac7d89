import pytest

import mainspring as ms
from mainspring.errors import UnknownNameError


def test_a_context_gives_the_resources_that_a_test_gave_it() -> None:
    resources = ms.testing.op_context(resources={"spark": "fake"}).resources

    assert resources["spark"] == "fake"
    assert dict(resources) == {"spark": "fake"}
    assert "spark" in resources
    assert len(resources) == 1


def test_an_unknown_resource_is_named() -> None:
    resources = ms.testing.op_context(resources={"spark": "fake"}).resources

    assert resources.get("sparks") is None
    assert "sparks" not in resources
    with pytest.raises(UnknownNameError, match=r"no resource 'sparks' in the context; did you mean 'spark'\?"):
        resources["sparks"]
