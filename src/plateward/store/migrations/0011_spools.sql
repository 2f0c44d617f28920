-- A reader numbers what it sends in each of its spools apart: two programs with one key, or a lost spool, are no attack.

SET LOCAL search_path = plateward;

ALTER TABLE acknowledgements ADD COLUMN spool text NOT NULL DEFAULT '';
ALTER TABLE acknowledgements DROP CONSTRAINT acknowledgements_pkey;
ALTER TABLE acknowledgements ADD PRIMARY KEY (reader_no, spool, sequence);
ALTER TABLE reader_health ADD COLUMN spool text NOT NULL DEFAULT '';
ALTER TABLE reader_frames ADD COLUMN spool text NOT NULL DEFAULT '';
