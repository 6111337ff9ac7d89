"""Standard health checking, as those ask who know no more of a location."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2

from mainspring.location.address import address
from tests.core.location.fronts import PATIENCE_SECONDS, HeldFront, front

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def asked(held: HeldFront) -> Any:
    with grpc.insecure_channel(address(held.home, "sales")) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            health_pb2.HealthCheckRequest.SerializeToString,
            health_pb2.HealthCheckResponse.FromString,
        )
        return check(health_pb2.HealthCheckRequest(), timeout=PATIENCE_SECONDS).status


def test_a_location_serves_while_there_is_code_that_could_do_something(tmp_path: Path) -> None:
    with front(tmp_path) as held:
        held.settled()
        assert asked(held) == health_pb2.HealthCheckResponse.SERVING
        held.write("1 / 0\n")
        held.client.reload()
        assert asked(held) == health_pb2.HealthCheckResponse.SERVING  # the code that was loaded before does
        code = held.code_process()
        code.kill()
        code.wait(PATIENCE_SECONDS)

        answers = (asked(held) for _ in range(300))  # the front learns of the death within a moment
        assert health_pb2.HealthCheckResponse.NOT_SERVING in answers
