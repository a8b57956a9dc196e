-- How an issue was received: what its brake is pulled by.

-- name: reception_since
SELECT MAX(at) FROM event WHERE issue = :issue AND kind IN (:resumed, :reopened);

-- name: reception_sent
SELECT SUM(people) FROM receipt WHERE issue = :issue AND at >= :since;

-- name: reception_refused
-- Refused by a server, and not by a deadline. (The second condition is the index's own, word for word.)
SELECT COUNT(*) FROM delivery
WHERE issue = :issue AND state = 'failed' AND state IN ('failed', 'uncertain') AND code <> 0 AND updated_at >= :since;

-- name: reception_told
-- People who have it, and of whom a mail server or they themselves told us something since.
SELECT COUNT(DISTINCT o.person) FROM opt_out o
WHERE o.site = :site AND o.kind = :kind AND o.since >= :since
  AND o.since >= (SELECT COALESCE(i.started_at, i.frozen_at) FROM issue i WHERE i.id = :issue)
  AND EXISTS (SELECT 1 FROM delivery d WHERE d.issue = :issue AND d.person = o.person AND d.state = :state);
