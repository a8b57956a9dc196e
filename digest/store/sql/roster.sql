-- People, lists and ways out.

-- name: list_by_name
-- What is known of a list file.
SELECT id, digest FROM list WHERE site = :site AND name = :name;

-- name: list_make
INSERT INTO list (site, name) VALUES (:site, :name) ON CONFLICT (site, name) DO NOTHING;

-- name: list_was_read
UPDATE list SET digest = :digest, read_at = :now WHERE id = :list;

-- name: stage_make
-- Rows of a file on their way in. A table and not a Python set, so that memory stays flat at a million rows.
CREATE TEMP TABLE IF NOT EXISTS stage (
    line BIGINT NOT NULL, key TEXT NOT NULL, address TEXT NOT NULL, audience BIGINT NOT NULL,
    name TEXT NOT NULL, tags TEXT NOT NULL, attributes TEXT NOT NULL
);

-- name: stage_clear
DELETE FROM stage;

-- name: stage_add
INSERT INTO stage (line, key, address, audience, name, tags, attributes) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: stage_index_drop
DROP INDEX IF EXISTS stage_key;

-- name: stage_index
CREATE INDEX stage_key ON stage (key, line);

-- name: stage_repeats
-- Lines whose person stands further up already, with the line that counts.
SELECT s.line, MIN(f.line) FROM stage s JOIN stage f ON f.key = s.key AND f.line < s.line
GROUP BY s.line ORDER BY s.line;

-- name: stage_forget_repeats
-- The first row of a person counts.
DELETE FROM stage
WHERE EXISTS (SELECT 1 FROM stage f WHERE f.key = stage.key AND f.line < stage.line);

-- name: audience_by_value
SELECT id FROM audience WHERE site = :site AND topics = :topics AND lang = :lang;

-- name: audience_make
INSERT INTO audience (site, topics, lang) VALUES (:site, :topics, :lang);

-- name: person_from_stage
-- In the order of the keys, so that the index grows at its end. Who was forgotten keeps no address.
INSERT INTO person (site, key, address)
SELECT :site, key, address FROM stage WHERE true ORDER BY key
ON CONFLICT (site, key) DO UPDATE SET address = excluded.address
WHERE person.forgotten_at IS NULL AND (person.address IS NULL OR person.address <> excluded.address);

-- name: membership_clear
DELETE FROM membership WHERE list = :list;

-- name: membership_from_stage
INSERT INTO membership (list, person, audience, line, name, tags, attributes)
SELECT :list, p.id, s.audience, s.line, s.name, s.tags, s.attributes
FROM stage s JOIN person p ON p.site = :site AND p.key = s.key
WHERE p.forgotten_at IS NULL
ORDER BY s.key;

-- name: wanted_make
-- The lists of the newsletter at hand. Where a person is on several, the one with the lowest rank counts.
CREATE TEMP TABLE IF NOT EXISTS wanted (rank BIGINT NOT NULL, list BIGINT NOT NULL, scope TEXT NOT NULL);

-- name: wanted_clear
DELETE FROM wanted;

-- name: wanted_add
INSERT INTO wanted (rank, list, scope) SELECT :rank, id, :scope FROM list WHERE site = :site AND name = :name;

-- name: audiences
-- People that can be mailed, each once, by what decides their variant.
SELECT a.topics, a.lang, COUNT(*) AS people
FROM wanted w JOIN membership m ON m.list = w.list JOIN audience a ON a.id = m.audience
WHERE NOT EXISTS (SELECT 1 FROM opt_out o
                  WHERE o.person = m.person AND (o.scope = 'all' OR o.scope = w.scope OR o.scope = :newsletter))
  AND NOT EXISTS (SELECT 1 FROM wanted b JOIN membership x ON x.list = b.list
                  WHERE x.person = m.person AND b.rank < w.rank
                    AND NOT EXISTS (SELECT 1 FROM opt_out o WHERE o.person = m.person AND o.scope = b.scope))
GROUP BY a.topics, a.lang
ORDER BY people DESC, a.topics, a.lang;

-- name: unenrolled
-- People of one list without a token for this newsletter, a page at a time.
SELECT m.person, p.key FROM membership m JOIN person p ON p.id = m.person
WHERE m.list = :list AND m.person > :after
  AND NOT EXISTS (SELECT 1 FROM subscription s
                  WHERE s.newsletter = :newsletter AND s.person = m.person)
ORDER BY m.person LIMIT :size;

-- name: enroll
INSERT INTO subscription (site, newsletter, person, token, state, how, since)
VALUES (?, ?, ?, ?, 'confirmed', 'file', ?);

-- name: subscription_of
-- One person on the wanted lists: the list of lowest rank that no way out closes comes first.
SELECT address, token, list, name, topics, lang, closed FROM (
    SELECT p.address, COALESCE(s.token, '') AS token, l.name AS list, m.name, a.topics, a.lang, w.rank,
           COALESCE((SELECT MIN(o.scope) FROM opt_out o
                     WHERE o.person = p.id AND (o.scope = 'all' OR o.scope = w.scope OR o.scope = :scope)), '') AS closed
    FROM person p JOIN membership m ON m.person = p.id JOIN wanted w ON w.list = m.list JOIN list l ON l.id = m.list
    JOIN audience a ON a.id = m.audience
    LEFT JOIN subscription s ON s.newsletter = :newsletter AND s.person = p.id
    WHERE p.site = :site AND p.key = :key AND p.address IS NOT NULL
) found
ORDER BY CASE WHEN closed = '' THEN 0 ELSE 1 END, rank LIMIT 1;

-- name: sample_keys
-- A few people that can be mailed, in the order of their rows.
SELECT p.key FROM wanted w JOIN membership m ON m.list = w.list JOIN person p ON p.id = m.person
WHERE NOT EXISTS (SELECT 1 FROM opt_out o
                  WHERE o.person = m.person AND (o.scope = 'all' OR o.scope = w.scope OR o.scope = :scope))
  AND NOT EXISTS (SELECT 1 FROM wanted b JOIN membership x ON x.list = b.list
                  WHERE x.person = m.person AND b.rank < w.rank)
ORDER BY w.rank, m.line LIMIT :size;

-- name: person_by_key
SELECT id FROM person WHERE site = :site AND key = :key;

-- name: person_make
-- Somebody whom no list has named: known by the key alone, so that a later list cannot bring them in unnoticed.
INSERT INTO person (site, key) VALUES (:site, :key) ON CONFLICT (site, key) DO NOTHING;

-- name: opt_out
-- The first evidence stands: scanners and mail programs follow a link more than once.
INSERT INTO opt_out (person, site, scope, kind, evidence, since)
VALUES (:person, :site, :scope, :kind, :evidence, :now)
ON CONFLICT (person, scope, kind) DO NOTHING;

-- name: opt_outs
SELECT p.key, o.scope, o.kind FROM opt_out o JOIN person p ON p.id = o.person
WHERE o.site = :site ORDER BY p.key, o.scope, o.kind;

-- name: opt_outs_of
SELECT o.scope, o.kind, o.evidence, o.since FROM opt_out o JOIN person p ON p.id = o.person
WHERE p.site = :site AND p.key = :key ORDER BY o.since, o.scope, o.kind;

-- name: present_make
-- Who stands in the list files at this moment: for comparing with an issue, without reading the lists in.
CREATE TEMP TABLE IF NOT EXISTS present (
    key TEXT NOT NULL, scope TEXT NOT NULL, PRIMARY KEY (key, scope)
);

-- name: present_clear
DELETE FROM present;

-- name: present_add
INSERT INTO present (key, scope) VALUES (?, ?) ON CONFLICT (key, scope) DO NOTHING;

-- name: came_since
-- People who can be mailed now and have no row in the issue.
SELECT COUNT(DISTINCT r.key) FROM present r LEFT JOIN person p ON p.site = :site AND p.key = r.key
WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.issue = :issue AND d.person = p.id)
  AND NOT EXISTS (SELECT 1 FROM opt_out o
                  WHERE o.person = p.id AND (o.scope = 'all' OR o.scope = :newsletter OR o.scope = r.scope));

-- name: left_since
-- People who could be mailed when the issue was frozen and cannot be now: a way out was taken since, or no list has them.
SELECT COUNT(*) FROM delivery d JOIN person p ON p.id = d.person JOIN list l ON l.id = d.list
WHERE d.issue = :issue
  AND NOT EXISTS (SELECT 1 FROM opt_out o
                  WHERE o.person = d.person AND o.since <= :frozen_at
                    AND (o.scope = 'all' OR o.scope = :newsletter OR o.scope = 'list:' || l.name))
  AND NOT EXISTS (SELECT 1 FROM present r
                  WHERE r.key = p.key
                    AND NOT EXISTS (SELECT 1 FROM opt_out o
                                    WHERE o.person = d.person
                                      AND (o.scope = 'all' OR o.scope = :newsletter OR o.scope = r.scope)));
