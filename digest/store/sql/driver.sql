-- What only SQLite understands. Another engine brings a file of its own in place of this one.

-- name: settings
-- FULL: a commit is on the disk before it returns. NORMAL may lose the last ones at a power cut, and lost rows are
-- mailed twice. The WAL is trimmed after a freeze has swollen it.
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA journal_size_limit = 16777216;

-- name: tables
SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name;

-- name: begin
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;
