-- Entries past their end are found without reading their lists, and what promises kept off is forgotten in time.

SET LOCAL search_path = plateward;

CREATE INDEX hot_entries_expiry ON hot_entries (expires_at);
GRANT UPDATE (at), DELETE ON hot_refused TO plateward_node;
