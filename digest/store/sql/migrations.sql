-- The ledger's own age.

-- name: migration_table
CREATE TABLE IF NOT EXISTS migration (
    number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL
);

-- name: migration_last
SELECT COALESCE(MAX(number), 0) FROM migration;

-- name: migration_add
INSERT INTO migration (number, name, applied_at) VALUES (:number, :name, :now);

-- name: site_make
INSERT INTO site (id, made_at) VALUES (:site, :now) ON CONFLICT (id) DO NOTHING;

-- name: site_fingerprint
SELECT secret_fingerprint FROM site WHERE id = :site;

-- name: site_sign
UPDATE site SET secret_fingerprint = :fingerprint WHERE id = :site AND secret_fingerprint IS NULL;
