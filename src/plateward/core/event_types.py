"""The names of events, and the words in which a type is described. The table itself is ``core.event_table``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class EventType(StrEnum):
    """What kind of thing happened. The name before the dot is the subject; names are public and never change."""

    ACCESS_SEARCH = "access.search"
    ACCESS_READ = "access.read"
    ACCESS_PICTURE = "access.picture"
    ACCESS_LIVE = "access.live"
    ACCESS_UNMASK = "access.unmask"
    ACCESS_ALERTS = "access.alerts"
    ACCESS_EXPORT = "access.export"
    ACCESS_LOG = "access.log"
    ACCESS_EXPOSURE = "access.exposure"
    CONSENT_REQUESTED = "consent.requested"
    CONSENT_GIVEN = "consent.given"
    CONSENT_REFUSED = "consent.refused"
    EMERGENCY_OPENED = "emergency.opened"
    EMERGENCY_REFUSED = "emergency.refused"
    EMERGENCY_ENDED = "emergency.ended"
    EMERGENCY_REVIEWED = "emergency.reviewed"
    SHARE_REQUESTED = "share.requested"
    SHARE_REVIEWED = "share.reviewed"
    SHARE_REFUSED = "share.refused"
    SHARE_APPROVED = "share.approved"
    SHARE_ACTIVATED = "share.activated"
    SHARE_SUSPENDED = "share.suspended"
    SHARE_EXPIRED = "share.expired"
    SHARE_REVOKED = "share.revoked"
    SHARE_RECALLED = "share.recalled"
    RECALL_ANSWERED = "recall.answered"
    EXPOSURE_REPORTED = "exposure.reported"
    PROMISE_PROPOSED = "promise.proposed"
    PROMISE_ADOPTED = "promise.adopted"
    PROMISE_CHANGED = "promise.changed"
    PROMISE_WITHDRAWN = "promise.withdrawn"
    DOCUMENT_RECORDED = "document.recorded"
    DOCUMENT_ACCEPTED = "document.accepted"
    DOCUMENT_WITHDRAWN = "document.withdrawn"
    DOCUMENT_LAPSED = "document.lapsed"
    ACT_REFUSED = "act.refused"
    NOTICE_SEEN = "notice.seen"
    AFFILIATION_CORRECTED = "affiliation.corrected"
    AGENCY_ADDED = "agency.added"
    AGENCY_RECLASSIFIED = "agency.reclassified"
    CHANGE_PROPOSED = "change.proposed"
    CHANGE_ACCEPTED = "change.accepted"
    CHANGE_REFUSED = "change.refused"
    BRAKE_PULLED = "brake.pulled"
    BRAKE_RELEASED = "brake.released"
    PERSON_ADDED = "person.added"
    PERSON_CHANGED = "person.changed"
    PERSON_ASSIGNED = "person.assigned"
    PERSON_CLOSED = "person.closed"
    LOGIN_SUCCEEDED = "login.succeeded"
    LOGIN_FAILED = "login.failed"
    LOGIN_ENDED = "login.ended"
    LOGIN_LINK_MADE = "login.link-made"
    KEY_MADE = "key.made"
    KEY_RETIRED = "key.retired"
    KEY_DESTROYED = "key.destroyed"
    READER_ADDED = "reader.added"
    READER_CHANGED = "reader.changed"
    READER_RETIRED = "reader.retired"
    READER_REFUSED = "reader.refused"
    READ_CORRECTED = "read.corrected"
    READ_RELEASED = "read.released"
    READS_IMPORTED = "reads.imported"
    HOTLIST_ADDED = "hotlist.added"
    HOTLIST_SEEN = "hotlist.seen"
    HOTLIST_CHANGED = "hotlist.changed"
    HOTLIST_IMPORTED = "hotlist.imported"
    HOTLIST_ENTRY_ADDED = "hotlist.entry-added"
    HOTLIST_ENTRY_CHANGED = "hotlist.entry-changed"
    HOTLIST_ENTRY_REMOVED = "hotlist.entry-removed"
    HOTLIST_ENTRY_REFUSED = "hotlist.entry-refused"
    HOTLIST_STALE = "hotlist.stale"
    HOTLIST_RETIRED = "hotlist.retired"
    ALERT_RAISED = "alert.raised"
    ALERT_SEEN = "alert.seen"
    ALERT_DECIDED = "alert.decided"
    ALERT_OUTCOME = "alert.outcome"
    ALERT_SENT = "alert.sent"
    DELIVERY_ADDED = "delivery.added"
    DELIVERY_CHANGED = "delivery.changed"
    DELIVERY_ENDED = "delivery.ended"
    FEED_ASKED = "feed.asked"
    FEED_APPROVED = "feed.approved"
    FEED_REFUSED = "feed.refused"
    FEED_ENDED = "feed.ended"
    FEED_WITHHELD = "feed.withheld"
    FEED_COUNTED = "feed.counted"
    HOLD_REQUESTED = "hold.requested"
    HOLD_APPROVED = "hold.approved"
    HOLD_REFUSED = "hold.refused"
    HOLD_ENDED = "hold.ended"
    PRODUCTION_REQUESTED = "production.requested"
    PRODUCTION_CONFIRMED = "production.confirmed"
    PRODUCTION_APPROVED = "production.approved"
    PRODUCTION_REFUSED = "production.refused"
    PRODUCTION_MADE = "production.made"
    EXPORT_MADE = "export.made"
    RETENTION_CHANGED = "retention.changed"
    PURGE_DONE = "purge.done"
    PURGE_LATE = "purge.late"
    ERASURE_REQUESTED = "erasure.requested"
    ERASURE_REFUSED = "erasure.refused"
    ERASURE_DONE = "erasure.done"
    AUDIT_RUN = "audit.run"
    AUDIT_VERDICT = "audit.verdict"
    SAMPLE_DRAWN = "sample.drawn"
    CERTIFICATE_MADE = "certificate.made"
    REPORT_MADE = "report.made"
    DRIVER_ASKED = "driver.asked"
    DRIVER_ANSWERED = "driver.answered"
    CONFIG_CHANGED = "config.changed"
    BACKUP_MADE = "backup.made"
    BACKUP_RESTORED = "backup.restored"
    LEDGER_STARTED = "ledger.started"
    LEDGER_SUCCEEDED = "ledger.succeeded"
    WITNESS_CHANGED = "witness.changed"
    WITNESS_REFUSED = "witness.refused"
    FAULT_RECORDED = "fault.recorded"


class Kind(StrEnum):
    """The form of a field's value; the words are used in messages and in the documentation."""

    TEXT = "text"
    TEXTS = "a list of texts"
    INTEGER = "an integer"
    YES_NO = "true or false"
    INSTANT = "a time (UTC, milliseconds)"
    DIGEST = "a SHA-256 (64 hex digits)"
    OBJECT = "an object"
    OBJECTS = "a list of objects"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body."""

    name: str
    meaning: str
    kind: Kind = Kind.TEXT
    personal: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class EventSpec:
    """What a type means. ``keep``: how long the body is kept by default; None means as long as the ledger."""

    sentence: str
    fields: tuple[Field, ...]
    keep: timedelta | None

    @property
    def public(self) -> bool:
        """Whether the whole body may be published: nothing in it is about a person."""
        return not any(field.personal for field in self.fields)
