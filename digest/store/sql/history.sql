-- What a newsletter has behind it: its issues' windows, the posts seen, held and sent, the problems told.

-- name: history_span
-- The window of an issue that gave its posts back is open again; its send time stays worked off.
SELECT MIN(window_start), MAX(CASE WHEN given_back = 0 THEN window_end END), MAX(send_at)
FROM issue WHERE site = :site AND newsletter = :newsletter;

-- name: history_issues
-- Every ID used so far, oldest first.
SELECT name FROM issue WHERE site = :site AND newsletter = :newsletter
GROUP BY name ORDER BY MIN(send_at), MIN(id);

-- name: history_sent
-- Issues that have taken a number: skipped ones took none, and cancelled ones gave it back if nobody got them.
SELECT COUNT(DISTINCT name) FROM issue
WHERE site = :site AND newsletter = :newsletter AND state <> 'skipped' AND given_back = 0;

-- name: history_carried
-- Which issue of this newsletter carried a post: the first that did.
SELECT ip.post, i.name FROM issue i JOIN issue_post ip ON ip.issue = i.id
WHERE i.site = :site AND i.newsletter = :newsletter AND i.given_back = 0
ORDER BY i.send_at DESC, i.id DESC;

-- name: history_held
SELECT post FROM held WHERE site = :site AND newsletter = :newsletter;

-- name: posts_seen
SELECT id, source, path, canonical, url, title, day, fingerprint, body_hash, first_seen
FROM post_seen WHERE site = :site ORDER BY id;

-- name: post_note
-- New, or changed since: what is the same is not written again.
INSERT INTO post_seen (site, id, source, path, canonical, url, title, day, fingerprint, body_hash, first_seen)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (site, id) DO UPDATE SET source = excluded.source, path = excluded.path,
    canonical = excluded.canonical, url = excluded.url, title = excluded.title, day = excluded.day,
    fingerprint = excluded.fingerprint, body_hash = excluded.body_hash
WHERE post_seen.path <> excluded.path OR post_seen.fingerprint <> excluded.fingerprint
   OR post_seen.body_hash <> excluded.body_hash OR post_seen.canonical <> excluded.canonical
   OR post_seen.url <> excluded.url OR post_seen.title <> excluded.title OR post_seen.source <> excluded.source
   OR COALESCE(post_seen.day, '') <> COALESCE(excluded.day, '');

-- name: held_clear
DELETE FROM held WHERE site = :site AND newsletter = :newsletter;

-- name: held_add
INSERT INTO held (site, newsletter, post) VALUES (?, ?, ?) ON CONFLICT (site, newsletter, post) DO NOTHING;

-- name: told
SELECT path, message FROM told WHERE site = :site;

-- name: told_clear
DELETE FROM told WHERE site = :site;

-- name: told_add
INSERT INTO told (site, path, message) VALUES (?, ?, ?) ON CONFLICT (site, path, message) DO NOTHING;
