"""What every store of code locations promises."""

from __future__ import annotations

from attrs import evolve

from mainspring.storage import DefinitionQuery, DefinitionRecord, LocationRecord, LocationStatus, Storage

SALES = LocationRecord(
    name="sales",
    status=LocationStatus.LOADED,
    source="module sales.definitions",
    snapshot="abc",
    address="unix:/run/sales.sock",
    python="3.11.7",
    version="0.1.0",
    start="fork",
    loaded_at=5.0,
    updated_at=6.5,
)


def a_job(name: str, location: str = "sales", kind: str = "job", body: str = "{}") -> DefinitionRecord:
    """Return the record of a definition."""
    return DefinitionRecord(location=location, kind=kind, name=name, hash=f"hash of {name} {body}", body=body)


class LocationStoreContract:
    """The part of the storage contract that is about code locations."""

    def test_a_location_is_read_as_it_was_recorded(self, storage: Storage) -> None:
        failed = LocationRecord(
            name="Zürich\n", status=LocationStatus.FAILED, error="defs.py:3: 'x'", traceback="…\n", updated_at=1.0
        )
        storage.locations.record(SALES)
        storage.locations.record(failed)

        assert storage.locations.get("sales") == SALES
        assert storage.locations.all() == [failed, SALES]
        assert storage.locations.get("sale") is None

    def test_recording_again_replaces(self, storage: Storage) -> None:
        storage.locations.record(SALES, [a_job("a"), a_job("b", body="[1]")])
        broken = evolve(SALES, status=LocationStatus.FAILED, error="it is broken")
        storage.locations.record(broken)

        assert storage.locations.all() == [broken]
        assert set(storage.locations.hashes("sales")) == {("job", "a"), ("job", "b")}  # it survives the failure

    def test_only_changes_are_written(self, storage: Storage) -> None:
        storage.locations.record(SALES, [a_job("a"), a_job("b"), a_job("c")])
        storage.locations.record(SALES, [a_job("b", body="[2]"), a_job("d")], [("job", "a"), ("job", "absent")])
        found = storage.locations.definitions(DefinitionQuery(location="sales"))

        assert found == [a_job("b", body="[2]"), a_job("c"), a_job("d")]
        assert storage.locations.hashes("sales") == {("job", each.name): each.hash for each in found}

    def test_definitions_are_found_by_place_and_page(self, storage: Storage) -> None:
        storage.locations.record(SALES, [a_job("a"), a_job("b"), a_job("a", kind="sensor")])
        storage.locations.record(evolve(SALES, name="hr"), [a_job("a", "hr"), a_job("z", "hr", "schedule")])

        def found(query: DefinitionQuery) -> list[tuple[str, str, str]]:
            return [(each.location, each.kind, each.name) for each in storage.locations.definitions(query)]

        everything = found(DefinitionQuery())
        assert everything == [
            ("hr", "job", "a"),
            ("hr", "schedule", "z"),
            ("sales", "job", "a"),
            ("sales", "job", "b"),
            ("sales", "sensor", "a"),
        ]
        assert found(DefinitionQuery(kind="job", name="a")) == [("hr", "job", "a"), ("sales", "job", "a")]
        assert found(DefinitionQuery(location="hr", limit=1)) == [("hr", "job", "a")]
        assert found(DefinitionQuery(after=everything[1], limit=2)) == everything[2:4]

    def test_what_is_forgotten_is_gone_with_its_definitions(self, storage: Storage) -> None:
        storage.locations.record(SALES, [a_job("a")])
        storage.locations.record(evolve(SALES, name="hr"), [a_job("a", "hr")])
        storage.locations.forget("sales")

        assert [each.name for each in storage.locations.all()] == ["hr"]
        assert storage.locations.definitions(DefinitionQuery()) == [a_job("a", "hr")]
