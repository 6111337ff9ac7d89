"""What every audit log promises."""

from __future__ import annotations

from attrs import evolve

from mainspring.storage import AuditEntry, AuditQuery, Storage

CANCEL = AuditEntry(
    at=5.5, who="ann@build-7", action="run cancel", subject="run:run-1", detail={"job": "ingest", "was": "STARTED"}
)
RELOAD = AuditEntry(at=6.0, who="Zoë 🔑\n@host", action="location reload", subject="location:Zürich")


class AuditLogContract:
    """The part of the storage contract that is about what people did."""

    def test_an_act_is_read_as_it_was_recorded(self, storage: Storage) -> None:
        for entry in (CANCEL, RELOAD):
            storage.audit.record(entry)
        found = storage.audit.find(AuditQuery())

        assert [evolve(each, audit_id=None) for each in found] == [RELOAD, CANCEL]
        assert all(each.audit_id for each in found)

    def test_acts_are_found_by_subject_and_by_action(self, storage: Storage) -> None:
        retry = evolve(CANCEL, action="run retry")
        for entry in (CANCEL, RELOAD, retry):
            storage.audit.record(entry)

        def found(query: AuditQuery) -> list[str]:
            return [each.action for each in storage.audit.find(query)]

        assert found(AuditQuery(subject="run:run-1")) == ["run retry", "run cancel"]
        assert found(AuditQuery(action="run cancel")) == ["run cancel"]
        assert found(AuditQuery(subject="run:run-1", action="location reload")) == []
        assert found(AuditQuery(subject="run:run-")) == []

    def test_the_log_is_read_in_pages(self, storage: Storage) -> None:
        for number in range(5):
            storage.audit.record(evolve(CANCEL, at=float(number)))
        pages: list[list[float]] = []
        before: int | None = None
        while page := storage.audit.find(AuditQuery(before=before, limit=2)):
            pages.append([each.at for each in page])
            before = page[-1].audit_id

        assert pages == [[4.0, 3.0], [2.0, 1.0], [0.0]]
