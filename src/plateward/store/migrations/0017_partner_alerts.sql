-- What partners were alerted to from an owner's reads is found without looking through all that ever left.

SET LOCAL search_path = plateward;

CREATE INDEX deliveries_hits ON deliveries (owner, at DESC) WHERE kind = 'hit';
