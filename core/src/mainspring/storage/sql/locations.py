"""The rows of code locations and of what they offer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import attrs
from sqlalchemy import Connection, Row, and_, bindparam, select, tuple_

from mainspring.errors import StorageError
from mainspring.storage.location import DefinitionQuery, DefinitionRecord, LocationRecord, LocationStatus
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.tables import definitions, locations

_IN_COLUMNS = ("name", "status", "updated_at")


class SqlLocations:
    """Keeps what is known of code locations in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        location: LocationRecord,
        changed: Sequence[DefinitionRecord] = (),
        removed: Sequence[tuple[str, str]] = (),
    ) -> None:
        with self._database.write(durable=True) as connection:
            _put(connection, location)
            gone = [*removed, *((each.kind, each.name) for each in changed)]
            if gone:
                place = and_(
                    definitions.c.location == location.name,
                    definitions.c.kind == bindparam("gone_kind"),
                    definitions.c.name == bindparam("gone_name"),
                )
                rows = [{"gone_kind": kind, "gone_name": name} for kind, name in gone]
                connection.execute(definitions.delete().where(place), rows)
            if changed:
                connection.execute(definitions.insert(), [attrs.asdict(each) for each in changed])

    def forget(self, name: str) -> None:
        with self._database.write(durable=True) as connection:
            connection.execute(definitions.delete().where(definitions.c.location == name))
            connection.execute(locations.delete().where(locations.c.name == name))

    def get(self, name: str) -> LocationRecord | None:
        with self._database.read() as connection:
            row = connection.execute(select(locations).where(locations.c.name == name)).first()
        return None if row is None else _to_location(row)

    def all(self) -> list[LocationRecord]:
        with self._database.read() as connection:
            return [_to_location(row) for row in connection.execute(select(locations).order_by(locations.c.name))]

    def hashes(self, name: str) -> dict[tuple[str, str], str]:
        statement = select(definitions.c.kind, definitions.c.name, definitions.c.hash).where(
            definitions.c.location == name
        )
        with self._database.read() as connection:
            return {(row.kind, row.name): row.hash for row in connection.execute(statement)}

    def definitions(self, query: DefinitionQuery) -> list[DefinitionRecord]:
        place = (definitions.c.location, definitions.c.kind, definitions.c.name)
        statement = select(definitions).order_by(*place).limit(query.limit)
        for column, wanted in zip(place, (query.location, query.kind, query.name), strict=True):
            if wanted is not None:
                statement = statement.where(column == wanted)
        if query.after is not None:
            statement = statement.where(tuple_(*place) > tuple_(*query.after))
        with self._database.read() as connection:
            return [DefinitionRecord(**row._asdict()) for row in connection.execute(statement)]


def _put(connection: Connection, location: LocationRecord) -> None:
    fields = attrs.asdict(location)
    row = {name: fields.pop(name) for name in _IN_COLUMNS} | {"body": json.dumps(fields)}
    changed = connection.execute(locations.update().where(locations.c.name == location.name), row)
    if changed.rowcount == 0:
        connection.execute(locations.insert(), row)


def _to_location(row: Row[Any]) -> LocationRecord:
    try:
        known = {each.name for each in attrs.fields(LocationRecord)}
        body = {name: value for name, value in json.loads(row.body).items() if name in known}
        return LocationRecord(name=row.name, status=LocationStatus(row.status), updated_at=row.updated_at, **body)
    except (ValueError, TypeError, AttributeError) as error:
        raise StorageError(
            f"the row of location {row.name!r} is damaged ({error}); delete it, and the daemon writes it anew"
        ) from error
