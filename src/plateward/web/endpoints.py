"""The table of endpoints: method, path, who may use it, handler, what it is for, what the ledger keeps of it.

Routes, the OpenAPI document, the API page and ``docs/api.md`` come from here, and nothing is reachable that is not in it.
"""

from __future__ import annotations

from plateward.core.event import EventType as Event
from plateward.core.people import Permission as May
from plateward.web.api import delivering, overseeing, running, searching, sharing
from plateward.web.endpoint import Access, Endpoint
from plateward.web.pages import about, access, audit, consents, ledger, live, readers, reads, search, signing_in

E = Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    E("GET", "/", Access.PUBLIC, signing_in.home, "The page where your work begins"),
    E("GET", "/login", Access.PUBLIC, signing_in.sign_in, "How to sign in; with a one-time link, the button that uses it"),
    E("POST", "/login", Access.PUBLIC, signing_in.use_link, "Use a one-time link up", Event.LOGIN_SUCCEEDED, attempts=20),
    E("POST", "/logout", Access.PUBLIC, signing_in.sign_out, "End the session", Event.LOGIN_ENDED),
    E("POST", "/demo/become", Access.DEMO, signing_in.become, "Be somebody else of the demo", Event.LOGIN_SUCCEEDED),
    E("POST", "/look", Access.PUBLIC, about.set_look, "Light, dark, or as the device is set"),
    E("GET", "/help", Access.PUBLIC, about.help_page, "How to search, keys, words"),
    E("GET", "/search", May.SEARCH, search.start, "The search page"),
    E("POST", "/search", May.SEARCH, search.find, "Search; the answer says who was asked", Event.ACCESS_SEARCH),
    E("POST", "/search/csv", May.SEARCH, search.find_csv, "The same search as CSV", Event.ACCESS_SEARCH),
    E("GET", "/reads/{read_id}", May.SEARCH, reads.show, "One read that a search found", Event.ACCESS_READ),
    E("GET", "/reads/{read_id}/picture", May.SEARCH, reads.show_picture, "Its picture", Event.ACCESS_PICTURE),
    E("POST", "/reads/{read_id}/corrections", May.CORRECT, reads.mend, "Correct a misread", Event.READ_CORRECTED),
    E("GET", "/live", May.LIVE, live.feed, "The latest reads, masked", Event.ACCESS_LIVE),
    E("GET", "/live/stream", May.LIVE, live.stream, "New masked reads as server-sent events", Event.ACCESS_LIVE),
    E("GET", "/live/{read_id}", May.SEARCH, reads.ask_to_unmask, "The form that asks why a plate is wanted"),
    E("POST", "/live/{read_id}", May.SEARCH, reads.show_unmasked, "Unmask one plate", Event.ACCESS_UNMASK),
    E("GET", "/readers", Access.SIGNED_IN, readers.show, "The readers and whether they are heard from"),
    E("GET", "/readers.csv", Access.SIGNED_IN, readers.as_csv, "The readers as CSV"),
    E("POST", "/readers", May.READERS, readers.add, "Add a reader; its key is shown once", Event.READER_ADDED),
    E("POST", "/readers/{reader_id}/key", May.READERS, readers.replace_key, "Make a new key for a reader", Event.KEY_MADE),
    E("GET", "/access", May.OWN_ACCESS_LOG, access.show, "The access log", Event.ACCESS_LOG),
    E("GET", "/access.csv", May.OWN_ACCESS_LOG, access.as_csv, "The access log as CSV", Event.ACCESS_LOG),
    E("GET", "/access/{seq}", May.OWN_ACCESS_LOG, access.why, "One access record: why was I refused?"),
    E("GET", "/access/{seq}/receipt", May.OWN_ACCESS_LOG, ledger.give_receipt, "A receipt of one record, for checking offline"),
    E("GET", "/audit", May.ACCESS_LOG, audit.show, "The searches worth asking about", Event.AUDIT_RUN),
    E("GET", "/audit.csv", May.ACCESS_LOG, audit.as_csv, "The findings as CSV", Event.AUDIT_RUN),
    E("POST", "/audit/verdict", May.ACCESS_LOG, audit.say, "Say what a finding is", Event.AUDIT_VERDICT),
    E("GET", "/ledger", Access.PUBLIC, ledger.show, "The public ledger and how to check it"),
    E("GET", "/ledger/{path:path}", Access.PUBLIC, ledger.file, "The ledger's files (C2SP tlog-tiles)"),
    E("GET", "/consents", May.SEARCH, consents.show, "Requests for a supervisor's consent"),
    E("POST", "/consents/{consent_id}", May.CONSENT, consents.say, "Grant or refuse one search", Event.CONSENT_GIVEN),
    E("GET", "/api/docs", Access.PUBLIC, about.api_docs, "The API, described"),
    E("GET", "/api/openapi.json", Access.PUBLIC, about.api_document, "The API, described for tools (OpenAPI 3.1)"),
    E("GET", "/api/v1/health", Access.PUBLIC, running.health, "Whether the node answers"),
    E("POST", "/api/v1/tokens", Access.PUBLIC, running.sign_in, "Trade a one-time link for a token", Event.LOGIN_SUCCEEDED, attempts=60),
    E("POST", "/api/v1/demo/become", Access.DEMO, running.become, "A token of anybody in the demo", Event.LOGIN_SUCCEEDED),
    E("GET", "/api/v1/me", Access.SIGNED_IN, running.me, "Who you are to this node"),
    E("POST", "/api/v1/search", May.SEARCH, searching.find, "Search; the answer says who was asked", Event.ACCESS_SEARCH),
    E("GET", "/api/v1/reads/{read_id}", May.SEARCH, searching.look, "One read that a search found", Event.ACCESS_READ),
    E("GET", "/api/v1/reads/{read_id}/picture", May.SEARCH, searching.look_at_picture, "Its picture", Event.ACCESS_PICTURE),
    E("POST", "/api/v1/reads/{read_id}/unmask", May.SEARCH, searching.show_unmasked, "Unmask one plate", Event.ACCESS_UNMASK),
    E("POST", "/api/v1/reads/{read_id}/corrections", May.CORRECT, searching.mend, "Correct a misread", Event.READ_CORRECTED),
    E("POST", "/api/v1/reads", Access.READER_KEY, delivering.deliver, "Deliver reads", largest=delivering.LARGEST, raw=True),
    E("POST", "/api/v1/import", May.READERS, delivering.bring_in, "Import reads", Event.READS_IMPORTED, largest=delivering.LARGEST, raw=True),
    E("GET", "/api/v1/live", May.LIVE, running.live, "The latest reads, masked", Event.ACCESS_LIVE),
    E("GET", "/api/v1/readers", Access.SIGNED_IN, running.readers, "The readers and whether they are heard from"),
    E("POST", "/api/v1/readers", May.READERS, running.add, "Add a reader and get its key", Event.READER_ADDED),
    E("POST", "/api/v1/readers/{reader_id}/key", May.READERS, running.replace_key, "Make a new key for a reader", Event.KEY_MADE),
    E("GET", "/api/v1/access", May.OWN_ACCESS_LOG, running.log, "The access log", Event.ACCESS_LOG),
    E("GET", "/api/v1/access/{number}", May.OWN_ACCESS_LOG, running.record, "One access record"),
    E("GET", "/api/v1/audit", May.ACCESS_LOG, overseeing.audit, "The searches worth asking about", Event.AUDIT_RUN),
    E("POST", "/api/v1/audit/verdicts", May.ACCESS_LOG, overseeing.say, "Say what a finding is", Event.AUDIT_VERDICT),
    E("GET", "/api/v1/consents", May.SEARCH, running.consents, "Requests for a supervisor's consent"),
    E("POST", "/api/v1/consents/{consent_id}", May.CONSENT, running.say, "Grant or refuse one search", Event.CONSENT_GIVEN),
    E("GET", "/api/v1/shares", May.EXPOSURE, sharing.listed, "The shares your agency gives and gets"),
    E("POST", "/api/v1/shares", May.SHARE_REQUEST, sharing.request, "Request shares, each of its own", Event.SHARE_REQUESTED),
    E("GET", "/api/v1/shares/{share_id}", May.EXPOSURE, sharing.shown, "One share, and who its receiver really is"),
    E("POST", "/api/v1/shares/{share_id}/review", May.SHARE_REVIEW, sharing.review, "Answer right and need", Event.SHARE_REVIEWED),
    E("POST", "/api/v1/shares/{share_id}/approve", May.SHARE_APPROVE, sharing.approve, "Approve one share", Event.SHARE_APPROVED),
    E("POST", "/api/v1/shares/{share_id}/refuse", May.SHARE_REVIEW, sharing.refuse, "Refuse a request", Event.SHARE_REFUSED),
    E("POST", "/api/v1/shares/{share_id}/suspend", May.BRAKE, sharing.suspend, "Suspend a share at once", Event.SHARE_SUSPENDED),
    E("POST", "/api/v1/shares/{share_id}/revoke", May.SHARE_REVIEW, sharing.revoke, "End a share for good", Event.SHARE_REVOKED),
    E("POST", "/api/v1/sharing/rules", May.SHARE_APPROVE, sharing.set_rules, "Set how many receivers there may be", Event.CONFIG_CHANGED),
    E("GET", "/api/v1/brakes", Access.SIGNED_IN, sharing.brakes, "Your agency's brakes"),
    E("POST", "/api/v1/brakes", May.BRAKE, sharing.pull, "Block a component at once", Event.BRAKE_PULLED),
    E("GET", "/api/v1/recalls", May.EXPOSURE, sharing.recalled, "Recalls made and received"),
    E("POST", "/api/v1/recalls/{recall_id}", May.SHARE_REQUEST, sharing.answer, "Answer a recall", Event.RECALL_ANSWERED),
)  # fmt: skip
