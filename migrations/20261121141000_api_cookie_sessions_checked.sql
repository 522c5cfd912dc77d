-- Reads the whole table, and locks out nobody who reads or writes rows.
ALTER TABLE sessions VALIDATE CONSTRAINT sessions_kind_check;
