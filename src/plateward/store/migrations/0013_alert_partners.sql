-- Which other owners have alerted an agency is asked at each look at its alerts.

SET LOCAL search_path = plateward;

CREATE INDEX alerts_partners ON alerts (list_owner, agency, kind) WHERE agency <> list_owner;
