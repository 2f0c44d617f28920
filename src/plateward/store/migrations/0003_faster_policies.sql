-- The policies search the setting's text (',1,2,') instead of making an array of it for every row.

DROP POLICY owners ON plateward.reads;
DROP POLICY owners ON plateward.quarantine;
DROP POLICY owners ON plateward.pictures;
CREATE POLICY owners ON plateward.reads USING
    (strpos(current_setting('plateward.agencies', true), ',' || agency_no || ',') > 0);
CREATE POLICY owners ON plateward.quarantine USING
    (strpos(current_setting('plateward.agencies', true), ',' || agency_no || ',') > 0);
CREATE POLICY owners ON plateward.pictures USING
    (strpos(current_setting('plateward.agencies', true), ',' || agency_no || ',') > 0);
