-- Paces of domains. A domain is what stands behind the last @ of a person's key: the key, cut where all that is no @ has
-- been taken off its end.

-- name: turn_next
SELECT due_at FROM delivery WHERE issue = :issue AND due_at IS NOT NULL AND state = :state ORDER BY due_at LIMIT 1;

-- name: turn_all
SELECT COUNT(*), MIN(due_at), MAX(due_at) FROM delivery WHERE issue = :issue AND due_at > :now AND state = :state;

-- name: turn_domains
SELECT SUBSTR(p.key, LENGTH(RTRIM(p.key, REPLACE(p.key, '@', ''))) + 1) AS domain, COUNT(*) AS people
FROM delivery d JOIN person p ON p.id = d.person
WHERE d.issue = :issue AND d.due_at > :now AND d.state = :state
GROUP BY domain ORDER BY people DESC, domain LIMIT :size;

-- name: turn_sent
-- By the receipts it is known in which issues to look: hardly ever more than one. Who may have it counts too.
SELECT SUBSTR(p.key, LENGTH(RTRIM(p.key, REPLACE(p.key, '@', ''))) + 1) AS domain, d.updated_at, COUNT(*)
FROM delivery d JOIN person p ON p.id = d.person
WHERE d.issue IN (SELECT r.issue FROM receipt r JOIN issue i ON i.id = r.issue WHERE i.site = :site AND r.at >= :since
                  UNION
                  SELECT u.issue FROM delivery u JOIN issue i ON i.id = u.issue
                  WHERE i.site = :site AND u.state = :doubtful AND u.state IN ('failed', 'uncertain')
                    AND u.updated_at >= :since)
  AND d.state IN (:state, :doubtful) AND d.updated_at >= :since
GROUP BY domain, d.updated_at ORDER BY d.updated_at, domain;

-- name: turn_people
SELECT SUBSTR(p.key, LENGTH(RTRIM(p.key, REPLACE(p.key, '@', ''))) + 1) AS domain, COUNT(*) AS people
FROM delivery d JOIN person p ON p.id = d.person
WHERE d.issue = :issue AND d.state NOT IN ('suppressed', 'unsubscribed', 'filtered', 'cancelled')
GROUP BY domain ORDER BY people DESC, domain;
