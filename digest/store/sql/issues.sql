-- Issues: frozen, moved, told.

-- name: issues
-- Oldest first. An empty newsletter means all.
SELECT id, name, revision, newsletter, number, state, subject, send_at, window_start, window_end, deadline,
       frozen_at, started_at, finished_at, reason, go_on_at
FROM issue WHERE site = :site AND (newsletter = :newsletter OR :newsletter = '')
ORDER BY send_at, id;

-- name: issue_last
-- The latest revision of an issue.
SELECT id, name, revision, newsletter, number, state, subject, send_at, window_start, window_end, deadline,
       frozen_at, started_at, finished_at, reason, go_on_at
FROM issue WHERE site = :site AND name = :name ORDER BY revision DESC LIMIT 1;

-- name: issue_of
SELECT id, name, revision, newsletter, number, state, subject, send_at, window_start, window_end, deadline,
       frozen_at, started_at, finished_at, reason, go_on_at
FROM issue WHERE site = :site AND name = :name AND revision = :revision;

-- name: issue_row
-- What the delivery work asks of an issue, again and again.
SELECT id, newsletter, state, reached, deadline FROM issue
WHERE site = :site AND name = :name AND revision = :revision;

-- name: tallies
SELECT t.issue, t.state, t.people FROM tally t JOIN issue i ON i.id = t.issue
WHERE i.site = :site AND (i.newsletter = :newsletter OR :newsletter = '');

-- name: tally_of
SELECT state, people FROM tally WHERE issue = :issue;

-- name: tally_make
INSERT INTO tally (issue, state, people) VALUES (?, ?, ?);

-- name: tally_rows
-- What the rows themselves say: the sums are held against it before an issue is called done.
-- (Rows in hand do not say so themselves: see schema.sql.)
SELECT CASE WHEN d.due_at IS NULL AND d.person <= i.reached AND d.state IN ('queued', 'deferred') THEN 'sending'
            ELSE d.state END AS stands, COUNT(*)
FROM delivery d JOIN issue i ON i.id = d.issue WHERE d.issue = :issue GROUP BY stands;

-- name: tally_move
UPDATE tally SET people = people + ? WHERE issue = ? AND state = ?;

-- name: issue_make
INSERT INTO issue (site, name, revision, newsletter, number, state, title, subject, send_at, window_start,
                   window_end, zone, deadline, frozen_at, finished_at, reason)
VALUES (:site, :name, :revision, :newsletter, :number, :state, :title, :subject, :send_at, :window_start,
        :window_end, :zone, :deadline, :frozen_at, :finished_at, :reason)
ON CONFLICT (site, name, revision) DO NOTHING;

-- name: issue_move
-- Compare and set: the state that was read must still stand.
UPDATE issue SET state = :new, reason = :reason, go_on_at = :go_on_at, started_at = :started_at,
                 finished_at = :finished_at
WHERE id = :issue AND state = :old;

-- name: issue_extend
-- Never to an earlier time.
UPDATE issue SET deadline = :deadline WHERE id = :issue AND deadline < :deadline;

-- name: issue_give_back
UPDATE issue SET given_back = 1 WHERE id = :issue;

-- name: issue_hold_posts
-- Posts given back come first next time, however old they are by then.
INSERT INTO held (site, newsletter, post)
SELECT i.site, i.newsletter, ip.post FROM issue i JOIN issue_post ip ON ip.issue = i.id WHERE i.id = :issue
ON CONFLICT (site, newsletter, post) DO NOTHING;

-- name: issue_post
INSERT INTO issue_post (issue, post) VALUES (?, ?) ON CONFLICT (issue, post) DO NOTHING;

-- name: variant_make
INSERT INTO variant (issue, position, variant, language, subject, html, text, mjml, stencil, posts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: variants
SELECT variant, language, subject, html, text, mjml, stencil, posts FROM variant
WHERE issue = :issue ORDER BY position;

-- name: assignment_make
-- Which variant each audience gets; -1 where its topics leave nothing to send.
CREATE TEMP TABLE IF NOT EXISTS assignment (audience BIGINT NOT NULL PRIMARY KEY, variant BIGINT NOT NULL);

-- name: assignment_clear
DELETE FROM assignment;

-- name: assignment_add
INSERT INTO assignment (audience, variant) VALUES (?, ?);

-- name: assignment_audiences
SELECT id, topics, lang FROM audience WHERE site = :site;

-- name: freeze_list
-- One row a person of this list who has none yet, unless they left the list. In the order of the rows: it only appends.
INSERT INTO delivery (issue, person, list, variant, state, updated_at)
SELECT :issue, m.person, m.list, NULLIF(a.variant, -1), CASE WHEN a.variant = -1 THEN :filtered ELSE :first END, :now
FROM membership m LEFT JOIN assignment a ON a.audience = m.audience
WHERE m.list = :list
  AND m.person NOT IN (SELECT person FROM opt_out WHERE site = :site AND scope = :scope)
ORDER BY m.person
ON CONFLICT (issue, person) DO NOTHING;

-- name: freeze_left
-- People of this list who left it, and whom no other list has brought in.
INSERT INTO delivery (issue, person, list, variant, state, updated_at)
SELECT :issue, m.person, m.list, NULL, :first, :now FROM membership m
WHERE m.list = :list AND m.person IN (SELECT person FROM opt_out WHERE site = :site AND scope = :scope)
ORDER BY m.person
ON CONFLICT (issue, person) DO NOTHING;

-- name: freeze_out
-- Rows of people with a way out of this scope begin where it leads: part of the freeze, before anybody sees them.
UPDATE delivery SET state = :first, variant = NULL
WHERE issue = :issue AND person IN (SELECT person FROM opt_out WHERE site = :site AND scope = :scope);

-- name: freeze_unfit
-- Somebody who would be sent nothing known, or whose links would have no token: the freeze is wrong.
SELECT SUM(CASE WHEN d.variant IS NULL THEN 1 ELSE 0 END), SUM(CASE WHEN s.token IS NULL THEN 1 ELSE 0 END)
FROM delivery d
LEFT JOIN subscription s ON s.newsletter = :newsletter AND s.person = d.person
WHERE d.issue = :issue AND d.state = 'queued' AND (d.variant IS NULL OR s.token IS NULL);

-- name: event_add
INSERT INTO event (site, at, kind, issue, person, detail) VALUES (:site, :now, :kind, :issue, :person, :detail);

-- name: event_last
-- What the log says of the last event of a kind.
SELECT detail FROM event WHERE issue = :issue AND kind = :kind ORDER BY id DESC LIMIT 1;

-- name: event_after
-- Whether something stands in the log since something else did.
SELECT 1 FROM event WHERE issue = :issue AND kind = :kind
  AND id > COALESCE((SELECT MAX(e.id) FROM event e WHERE e.issue = :issue AND e.kind = :since), 0) LIMIT 1;
