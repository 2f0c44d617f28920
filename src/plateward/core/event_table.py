"""The table of event types: what each means, what its body holds, and how long the body is kept.

``docs/events.md`` is generated from here (``plateward ledger events``). A field marked personal is about somebody,
or is free
text that may be: it is committed to apart, so that the rest of a body can be published and proved without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from plateward.core.event_fields import (
    ALERT,
    BY,
    BY_OR_NODE,
    ENTRY,
    FEED,
    FEED_TERMS,
    HASH,
    HOLD,
    HOLD_SCOPE,
    INT,
    LIST,
    NOTE,
    OBJ,
    OBJS,
    TWO_PEOPLE,
    WHEN,
    WHY,
    YESNO,
    five,
    kept,
    opt,
    per,
    req,
    two,
)  # fmt: skip
from plateward.core.event_table_policy import POLICY_EVENTS
from plateward.core.event_types import EventSpec, EventType

_E = EventType

_WORK_EVENTS: dict[EventType, EventSpec] = {
    _E.KEY_MADE: kept(
        "A key was made.", req("key", "id of the key"),
        req("use", "ledger, reader, pictures, webhook, login or witness"),
        opt("public", "the public half"), BY_OR_NODE,
    ),
    _E.KEY_RETIRED: kept(
        "A key is no longer used.", req("key", "id of the key"), req("use", "what it was for"), BY_OR_NODE,
    ),
    _E.KEY_DESTROYED: kept(
        "A key was destroyed; what it encrypted is gone.", req("key", "id of the key"), req("use", "what it was for"),
        BY_OR_NODE
    ),
    _E.READER_ADDED: kept(
        "A reader was entered.", req("reader", "id of the reader"), req("owner", "agency whose reader it is"),
        req("kind", "fixed or mobile"), BY_OR_NODE,
    ),
    _E.READER_CHANGED: kept(
        "A reader's settings were changed.", req("reader", "id of the reader"),
        req("owner", "agency whose reader it is"),
        req("fields", "names of the settings changed", LIST), BY_OR_NODE,
    ),
    _E.READER_RETIRED: kept(
        "A reader was retired.", req("reader", "id of the reader"), req("owner", "agency whose reader it is"),
        BY_OR_NODE
    ),
    _E.READER_REFUSED: two(
        "A delivery of reads was refused.", opt("reader", "id of the reader, where known"),
        req("why", "id of the reason"),
        req("items", "how many reads were refused", INT),
    ),
    _E.READ_CORRECTED: five(
        "A person corrected a misread: a new row, linked to the old one.",
        req("owner", "agency whose read it is"), per("read", "id of the read"), per("correction", "id of the new row"),
        BY, NOTE,
    ),
    _E.READ_RELEASED: five(
        "Reads set apart for a wrong clock or a conflict were released or dropped.",
        req("owner", "agency whose reads they are"), req("reads", "how many", INT),
        req("stored", "whether they were stored", YESNO), BY, NOTE,
    ),
    _E.READS_IMPORTED: five(
        "Reads were imported from a file.", req("owner", "agency whose reads they are"),
        req("format", "format of the file"),
        req("digest", "SHA-256 of the file", HASH), req("accepted", "reads stored", INT),
        req("duplicates", "reads already there", INT),
        req("rejected", "lines refused", INT), BY,
    ),
    _E.HOTLIST_SEEN: two(
        "Somebody looked at what is on a hot list.",
        per("person", "id of the person"), req("organisation", "agency whose account it is"), req("hotlist", "id of the list"),
        req("rows", "how many entries were shown", INT), per("plate", "plate looked for", optional=True),
    ),
    _E.HOTLIST_ADDED: five(
        "A hot list was made.", req("hotlist", "id of the hot list"), req("owner", "agency whose list it is"),
        req("kind", "its kind"), req("source", "where it comes from"),
        req("age_limit_h", "hours after which it is stale", INT), BY_OR_NODE,
    ),
    _E.HOTLIST_CHANGED: five(
        "A hot list's settings were changed.", req("hotlist", "id of the hot list"),
        req("fields", "names of the settings changed", LIST), BY_OR_NODE,
    ),
    _E.HOTLIST_IMPORTED: five(
        "A hot list was loaded from a file.", req("hotlist", "id of the hot list"),
        req("digest", "SHA-256 of the file", HASH),
        req("added", "entries added", INT), req("removed", "entries removed", INT),
        req("kept", "entries that stayed", INT),
        req("rejected", "lines refused", INT), req("dropped", "entries dropped by promise: promise, count", OBJS),
        BY_OR_NODE,
    ),
    _E.HOTLIST_ENTRY_ADDED: five(
        "A plate was put on a hot list.", *ENTRY, per("plate", "the plate"), per("reason", "why it is wanted"),
        per("case", "case number", optional=True), req("expires", "when the entry ends", WHEN),
    ),
    _E.HOTLIST_ENTRY_CHANGED: five(
        "An entry of a hot list was changed.", *ENTRY, per("before", "changed fields before", OBJ),
        per("after", "and after", OBJ),
    ),
    _E.HOTLIST_ENTRY_REMOVED: five("An entry of a hot list was removed or expired.", *ENTRY, NOTE),
    _E.HOTLIST_ENTRY_REFUSED: five(
        "A plate was kept off a hot list. The body never names it.", req("hotlist", "id of the hot list"),
        req("kind", "kind of the entry"), req("promises", "ids of the promises that refused it", LIST),
        req("sentence", "why, in a sentence"), BY,
    ),
    _E.HOTLIST_STALE: five(
        "A hot list grew older than its limit and stopped matching.", req("hotlist", "id of the hot list"),
        req("as_of", "its last refresh", WHEN),
    ),
    _E.HOTLIST_RETIRED: five("A hot list was retired.", req("hotlist", "id of the hot list"), BY),
    _E.ALERT_RAISED: five(
        "A read matched a hot list. The body never says where.",
        *ALERT, req("hotlist", "id of the hot list"), per("entry", "id of the entry"), per("read", "id of the read"),
        req("receivers", "agencies alerted: agency, share", OBJS),
    ),
    _E.ALERT_SEEN: five("A person looked at an alert.", *ALERT, BY),
    _E.ALERT_DECIDED: five(
        "A person compared plate and picture and decided.", *ALERT,
        req("decision", "confirmed, misread, wrong-state, stale or not-acted"),
        req("seconds", "from alert to decision", INT), BY, NOTE,
    ),
    _E.ALERT_OUTCOME: five(
        "What came of an alert was recorded.", *ALERT, req("outcome", "id of the outcome"), BY, NOTE,
    ),
    _E.ALERT_SENT: five(
        "An alert was sent: to a person who may see it, or, once a person had confirmed it, to another system.",
        *ALERT, req("channel", "push, e-mail, webhook or mqtt"), per("to", "who received it", LIST),
    ),
    _E.DELIVERY_ADDED: five(
        "An address was entered to which alerts or reads are delivered.", req("delivery", "id of the address"),
        req("agency", "agency it belongs to"), req("channel", "push, e-mail, webhook or mqtt"),
        req("subject", "what is delivered there"), per("to", "the person, or the other system's name"), BY,
    ),
    _E.DELIVERY_CHANGED: five(
        "Somebody changed how messages reach them, or let one that was given up try again.",
        req("agency", "agency of the person"), req("fields", "what was changed", LIST), BY,
    ),
    _E.DELIVERY_ENDED: five(
        "Nothing is delivered to an address any more.", req("delivery", "id of the address"),
        req("agency", "agency it belongs to"), BY_OR_NODE, NOTE,
    ),
    _E.FEED_ASKED: kept("Somebody asked that reads go out by themselves to a system.", *FEED, *FEED_TERMS, BY),
    _E.FEED_APPROVED: kept(
        "A second person approved a feed: reads go out by themselves from now on.", *FEED, *FEED_TERMS,
        per("asked_by", "id of the person who asked"), BY,
    ),
    _E.FEED_REFUSED: kept("A feed that was asked for was refused.", *FEED, BY_OR_NODE, NOTE),
    _E.FEED_ENDED: kept(
        "A feed ended: nothing more goes out on it.", *FEED, opt("sentence", "why, where a rule ended it"),
        opt("promises", "ids of the promises that refuse it", LIST), BY_OR_NODE, NOTE,
    ),
    _E.FEED_WITHHELD: kept(
        "The gate refused a feed what would have gone out on it.", *FEED, per("why", "the reason of the refusal"),
        opt("promises", "ids of the promises that refuse it", LIST),
    ),
    _E.FEED_COUNTED: kept(
        "How many reads went out on a feed on one day.", *FEED, req("day", "the day (UTC), YYYY-MM-DD"),
        req("reads", "reads that went out", INT), req("messages", "messages they went out in", INT),
        req("others", "reads that did not: gone, withheld, lapsed", OBJ),
    ),
    _E.HOLD_REQUESTED: five(
        "Somebody asked to hold reads past retention; they are frozen until it is decided.", *HOLD, *HOLD_SCOPE, BY,
        WHY,
    ),
    _E.HOLD_APPROVED: five("A second person approved a hold.", *HOLD, *HOLD_SCOPE, BY),
    _E.HOLD_REFUSED: five("A hold was refused or not decided in time.", *HOLD, BY_OR_NODE, NOTE),
    _E.HOLD_ENDED: five(
        "A hold ended and its reads were purged.", *HOLD, req("purged", "reads purged at once", INT), BY_OR_NODE, NOTE,
    ),
    _E.PRODUCTION_REQUESTED: five(
        "Legal process asked for named reads.", req("production", "id of the production"),
        req("owner", "agency whose reads they are"),
        req("agency", "agency that asks"), req("process", "kind of legal process"),
        req("digest", "SHA-256 of the document", HASH), BY,
    ),
    _E.PRODUCTION_CONFIRMED: five(
        "Counsel confirmed that a judge signed the order and that it names these reads.",
        req("production", "id of the production"), req("owner", "agency whose reads they are"), BY,
    ),
    _E.PRODUCTION_APPROVED: five(
        "A second person approved a production.",
        req("production", "id of the production"), req("owner", "agency whose reads they are"), BY,
    ),
    _E.PRODUCTION_REFUSED: five(
        "A production was refused.", req("production", "id of the production"),
        req("owner", "agency whose reads they are"),
        req("agency", "agency that asked"), req("sentence", "why, in a sentence"), BY,
    ),
    _E.PRODUCTION_MADE: five(
        "The owner's custodian handed over exactly the named reads, once.",
        req("production", "id of the production"), req("owner", "agency whose reads they are"),
        req("agency", "agency that received"),
        req("reads", "how many reads", INT), req("digest", "SHA-256 of the file", HASH),
        per("custodian", "id of the custodian"), per("counsel", "id of counsel"),
        per("approved_by", "id of the second person"),
    ),
    _E.EXPORT_MADE: five(
        "A file or a message with reads or records left the node.", req("export", "id of the export"),
        req("owners", "agencies whose reads are in it", LIST),
        req("format", "format of the file, or channel"), req("rows", "rows in it", INT),
        req("digest", "SHA-256 of the file or message", HASH),
        opt("access", "index of the access record that allowed it", INT),
        opt("feed", "id of the feed, where it went out by itself"), opt("receiver", "the agency that got it"), BY_OR_NODE,
    ),
    _E.RETENTION_CHANGED: kept(
        "How long an agency's reads are kept was changed.", req("owner", "agency whose reads they are"),
        opt("reader_group", "readers it is for"),
        opt("before_min", "minutes before; absent when none was set", INT), req("after_min", "minutes after", INT),
        opt("floor", "record-keeping duty that applies"), opt("ceiling", "law or promise that applies"), *TWO_PEOPLE,
    ),
    _E.PURGE_DONE: kept(
        "Reads past their time were destroyed.", req("owner", "agency whose reads they were, or * for all"),
        req("kept_min", "retention, minutes", INT),
        req("reads", "reads destroyed", INT), req("pictures", "pictures destroyed", INT),
        req("before", "nothing older than this is left", WHEN),
        req("held", "reads kept by a hold", INT), opt("from", "oldest instant destroyed", WHEN),
        opt("others", "alerts, dictionary entries, keys … destroyed", OBJ),
    ),
    _E.PURGE_LATE: kept(
        "Purging fell behind.", req("owner", "agency whose reads they are, or * for all"),
        req("minutes", "minutes behind", INT), req("why", "what is in the way"),
    ),
    _E.ERASURE_REQUESTED: kept(
        "Somebody asked to erase bodies of events before their time.", req("erasure", "id of the erasure"),
        req("indexes", "indexes of the entries", LIST), req("basis", "law or order it rests on"), BY,
    ),
    _E.ERASURE_REFUSED: kept("An early erasure was refused.", req("erasure", "id of the erasure"), BY, NOTE),
    _E.ERASURE_DONE: kept(
        "Bodies of events were erased. Early erasure takes two people and names each entry.",
        opt("erasure", "id of the request; absent when retention ended"),
        req("early", "whether before their time", YESNO),
        req("count", "how many bodies", INT), opt("indexes", "indexes of the entries, decimal", LIST),
        opt("before", "bodies of entries older than this were due", WHEN),
        per("proposed_by", "id of the person who proposed it", optional=True),
        per("approved_by", "id of the second person", optional=True),
    ),
    _E.AUDIT_RUN: five(
        "Searches were audited.", req("from", "begin of the period", WHEN), req("to", "its end", WHEN),
        req("records", "access records looked at", INT),
        req("findings", "count by pattern", OBJ), BY_OR_NODE,
    ),
    _E.AUDIT_VERDICT: five(
        "A reviewer gave a verdict on a finding.", req("finding", "id of the finding"),
        req("pattern", "id of the pattern"),
        req("verdict", "justified, asked, misuse or mistake-of-pattern"), BY,
        per("about", "ids of the persons it is about", LIST), NOTE,
    ),
    _E.SAMPLE_DRAWN: five(
        "A random sample of access records was drawn.", req("root", "root hash of the checkpoint that seeds it", HASH),
        req("size", "size of that checkpoint", INT),
        req("count", "how many were drawn", INT), opt("purpose", "what it is for; part of the seed"),
        opt("population", "how many access records it was drawn from", INT), BY,
    ),
    _E.CERTIFICATE_MADE: kept(
        "A yearly certificate was made.", req("certificate", "id of the certificate"), req("agency", "agency"),
        req("year", "year", INT),
        req("digest", "SHA-256 of the certificate", HASH), BY,
    ),
    _E.REPORT_MADE: five(
        "A report was made.", req("report", "id of the report"), req("kind", "kind of the report"),
        req("public", "whether it is for the public", YESNO),
        req("digest", "SHA-256 of the report", HASH), BY_OR_NODE,
    ),
    _E.DRIVER_ASKED: two(
        "A driver asked what was looked up about the own plate.", req("request", "id of the request"),
        req("identity_proved", "whether identity was proved", YESNO),
        req("registration_proved", "whether registration was proved", YESNO),
        req("co_registrant", "whether somebody else is registered too", YESNO), per("plate", "the plate"), BY,
    ),
    _E.DRIVER_ANSWERED: two(
        "A driver's request was answered.", req("request", "id of the request"),
        req("answer", "answered, refused or put before a person"), BY_OR_NODE,
    ),
    _E.CONFIG_CHANGED: five(
        "A setting of the node was changed.", req("setting", "name of the setting"),
        opt("before", "value before, where it is no secret"),
        opt("after", "value after, where it is no secret"), BY_OR_NODE,
    ),
    _E.BACKUP_MADE: two(
        "A backup was made.", req("backup", "id of the backup"), req("expires", "when it is destroyed", WHEN),
        BY_OR_NODE,
    ),
    _E.BACKUP_RESTORED: kept(
        "The node was restored from a backup.", req("backup", "id of the backup"),
        req("made", "when the backup was made", WHEN),
        req("size", "size of the ledger in it", INT), BY_OR_NODE,
    ),
    _E.LEDGER_STARTED: kept(
        "The ledger begins.", req("origin", "the ledger's origin"), req("key", "the key that signs it (vkey)"),
        req("program", "program and version"),
    ),
    _E.LEDGER_SUCCEEDED: kept(
        "This ledger takes the place of another, which ended or was overtaken by a restore, and commits to it.",
        req("origin", "origin of the ledger before"), req("size", "its last size that anybody saw", INT),
        req("root", "its root at that size", HASH),
        req("restored_size", "its size in the backup; equal when nothing was lost", INT),
        req("checkpoint", "its last checkpoint, in full"), req("sentence", "what happened"),
    ),
    _E.WITNESS_CHANGED: kept(
        "A witness was added or removed.", req("witness", "key of the witness (vkey)"), opt("url", "its address"),
        req("added", "whether added (else removed)", YESNO), BY_OR_NODE,
    ),
    _E.WITNESS_REFUSED: kept(
        "A witness refused to cosign.", req("witness", "name of the witness"), req("status", "HTTP status", INT),
        req("sentence", "what it said"),
    ),
    _E.FAULT_RECORDED: two(
        "The system failed; nothing was answered.", req("fault", "id of the fault"), req("where", "action that failed"),
        req("kind", "class of the error"),
        per("person", "id of the person who asked", optional=True),
    ),
}  # fmt: skip

EVENT_TYPES: Mapping[EventType, EventSpec] = MappingProxyType({**POLICY_EVENTS, **_WORK_EVENTS})
"""Every event type and what it means."""

SHOWN_TO_ALL = frozenset({
    EventType.LEDGER_STARTED, EventType.LEDGER_SUCCEEDED, EventType.ERASURE_DONE, EventType.FEED_APPROVED, EventType.FEED_ENDED,
    EventType.FEED_COUNTED,
})  # fmt: skip
"""Types whose open part a node publishes beside its ledger: it names nobody, and without it nobody could check what it tells."""
