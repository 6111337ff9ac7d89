from attrs import define

import mainspring as ms

ORDERS = [{"item": "pen", "price": 2}, {"item": "ink", "price": 7}]


@define
class Source:
    limit: int = 100


@ms.op
def fetch(*, config: Source = ms.config()) -> list[dict]:
    return ORDERS[: config.limit]


@ms.op
def revenue(orders: list[dict]) -> int:
    print("adding up", len(orders), "orders")
    return sum(order["price"] for order in orders)


@ms.job(modes=[ms.Mode("dev"), ms.Mode("prod")])
def daily():
    revenue(fetch())


defs = ms.Definitions(jobs=[daily])
