import pytest

import mainspring as ms


def test_keeps_what_an_op_says_of_its_outputs() -> None:
    context = ms.testing.op_context()
    context.add_output_metadata({"rows": 3})
    context.add_output_metadata({"bytes": 9})
    context.add_output_metadata({"rows": 1}, output="bad", mapping_key="a")

    assert context.output_metadata() == {"rows": 3, "bytes": 9}
    assert context.output_metadata("bad", "a") == {"rows": 1}
    assert context.output_metadata("bad") == {}
    with pytest.raises(ms.DefinitionError, match="metadata 'what' of output 'result' is a object"):
        context.add_output_metadata({"what": object()})


def test_keeps_the_materializations_that_an_op_logs() -> None:
    context = ms.testing.op_context()
    context.log_materialization(ms.Materialization("warehouse/orders", metadata={"rows": 3}))

    assert [str(each.asset) for each in context.materializations] == ["warehouse/orders"]
