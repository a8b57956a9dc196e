-- Deliveries: claimed, settled, brought in after a crash. The states in these queries come from lifecycle.py, as
-- parameters; literal ones stand only where a partial index asks for them by name.
-- A row in hand (`sending`) is one that waits, has no due_at and lies behind `issue.reached`: see schema.sql.

-- name: claim_due
-- Rows to be taken again: deferred and due, or given back. They go first, or a slow relay would outlast greylisting.
SELECT d.person, p.address, s.token, d.variant, d.attempts, d.state,
       EXISTS (SELECT 1 FROM opt_out o WHERE o.person = d.person)
FROM delivery d JOIN person p ON p.id = d.person
LEFT JOIN subscription s ON s.newsletter = :newsletter AND s.person = d.person
WHERE d.issue = :issue AND d.due_at <= :now
ORDER BY d.due_at, d.person LIMIT :size;

-- name: claim_fresh
-- Rows nobody has taken yet, from where the last claim ended: what is done is never walked again.
SELECT d.person, p.address, s.token, d.variant, d.attempts
FROM delivery d JOIN person p ON p.id = d.person
LEFT JOIN subscription s ON s.newsletter = :newsletter AND s.person = d.person
WHERE d.issue = :issue AND d.person > :reached AND d.state = :state AND d.due_at IS NULL
ORDER BY d.person LIMIT :size;

-- name: claim_left_since
-- Whose fresh rows have to be looked at one by one: they have taken some way out. Hardly anybody, and so a query of its
-- own: to ask once a row costs a tenth of all that claiming costs.
SELECT DISTINCT o.person FROM opt_out o
WHERE o.person BETWEEN :first AND :last AND EXISTS (
    SELECT 1 FROM delivery d WHERE d.issue = :issue AND d.person = o.person AND d.state = :state AND d.due_at IS NULL);

-- name: claim_closed
-- The scope that closes a row: asked only for people who have taken some way out. `all` sorts first.
SELECT MIN(o.scope) FROM opt_out o
WHERE o.person = :person AND (o.scope = 'all' OR o.scope = :scope OR o.scope = (
    SELECT 'list:' || l.name FROM delivery d JOIN list l ON l.id = d.list
    WHERE d.issue = :issue AND d.person = :person));

-- name: claim_reached
-- The fresh rows up to there are in hand now, without a write to any of them. Compare and set, like a state.
UPDATE issue SET reached = :reached WHERE id = :issue AND reached = :before;

-- name: claim_row
-- A row that is taken again: in hand from here on. (A fresh one is in hand as soon as `reached` has passed it.)
UPDATE delivery SET due_at = NULL WHERE issue = ? AND person = ? AND state = ? AND due_at IS NOT NULL;

-- name: claim_out
-- A row whose person has taken some way out.
UPDATE delivery SET state = ?, due_at = NULL WHERE issue = ? AND person = ? AND state = ?;

-- name: claim_make
INSERT INTO claim (issue, mark, machine, boot_id, pid, journal, persons, rows, opened_at)
VALUES (:issue, :mark, :machine, :boot_id, :pid, :journal, :persons, :rows, :now);

-- name: claims_of
SELECT mark, machine, boot_id, pid, journal, persons, rows FROM claim WHERE issue = :issue ORDER BY id;

-- name: claim_persons
SELECT persons FROM claim WHERE mark = :mark;

-- name: hands_of
-- Everybody in hand, batch by batch: one or two, unless a run died.
SELECT mark, persons, rows FROM claim WHERE issue = :issue ORDER BY id;

-- name: claim_left
-- A batch that has some of its answers: those who have one are taken out.
UPDATE claim SET persons = :persons WHERE mark = :mark;

-- name: claim_drop
DELETE FROM claim WHERE mark = :mark;

-- name: journals
SELECT journal FROM claim;

-- name: settle_row
UPDATE delivery SET state = ?, attempts = attempts + 1, due_at = ?, code = ?, text = ?, updated_at = ?
WHERE issue = ? AND person = ? AND state IN (?, ?) AND due_at IS NULL;

-- name: settle_range
-- The accepted rows of a batch in one stroke, where nobody else's rows in hand lie between.
UPDATE delivery SET state = :new, attempts = attempts + 1, code = :code, updated_at = :now
WHERE issue = :issue AND person BETWEEN :first AND :last AND state IN (:fresh, :again) AND due_at IS NULL;

-- name: receipt_add
INSERT INTO receipt (issue, at, people, persons, words) VALUES (:issue, :now, :people, :persons, :words);

-- name: release_row
-- Given back untried: the answer of an earlier try stays on record.
UPDATE delivery SET state = ?, due_at = ? WHERE issue = ? AND person = ? AND state IN (?, ?) AND due_at IS NULL;

-- name: close_rows
-- Rows of one state that will not be sent any more, and why; those in hand are not among them. What a server said last
-- stays, as words: a code would be counted as its answer to this.
UPDATE delivery SET state = :new, due_at = NULL, code = 0, updated_at = :now,
  text = :text || CASE WHEN code > 0 THEN RTRIM('; last answer: ' || CAST(code AS TEXT) || ' ' || COALESCE(text, '')) ELSE '' END
WHERE issue = :issue AND state = :old
  AND (due_at IS NOT NULL OR person > (SELECT reached FROM issue WHERE id = :issue));

-- name: requeue_rows
-- A person's decision: taken again at once (whatever the clock says), as if never tried.
UPDATE delivery SET state = :new, due_at = 0, attempts = 0
WHERE issue = :issue AND state = :old AND state IN ('failed', 'uncertain');

-- name: assume_rows
UPDATE delivery SET state = :new, text = :text, updated_at = :now
WHERE issue = :issue AND state = :old AND state IN ('failed', 'uncertain');

-- name: next_due
SELECT MIN(due_at) FROM delivery WHERE issue = :issue AND due_at IS NOT NULL AND state = :state;

-- name: uncertain
-- The second condition is the index's own, word for word: that is how the engine sees that it may use it.
SELECT COALESCE(p.address, '(forgotten)') FROM delivery d JOIN person p ON p.id = d.person
WHERE d.issue = :issue AND d.state = 'uncertain' AND d.state IN ('failed', 'uncertain') ORDER BY d.person;

-- name: failures
-- Found in the index first: the engine would rather walk the whole issue than fetch words row by row.
SELECT COALESCE(p.address, '(forgotten)'), d.code, d.text FROM delivery d JOIN person p ON p.id = d.person
WHERE d.issue = :issue AND d.person IN (
    SELECT f.person FROM delivery f
    WHERE f.issue = :issue AND f.state = 'failed' AND f.state IN ('failed', 'uncertain')
    ORDER BY f.person LIMIT :size)
ORDER BY d.person;

-- name: sent_since
SELECT SUM(r.people) FROM receipt r JOIN issue i ON i.id = r.issue WHERE i.site = :site AND r.at >= :since;

-- name: doubtful_since
-- Who may have it. (The second condition is the index's own, word for word.)
SELECT COUNT(*) FROM delivery d JOIN issue i ON i.id = d.issue
WHERE i.site = :site AND d.state = :state AND d.state IN ('failed', 'uncertain') AND d.updated_at >= :since;

-- name: first_sent
SELECT MIN(r.at) FROM receipt r JOIN issue i ON i.id = r.issue WHERE i.site = :site;
