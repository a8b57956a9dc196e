-- The ledger as it stands after every migration: for reading. A database is made by the migrations; a test proves that
-- both give the same. Written in the words of PostgreSQL; the SQLite driver translates four of them.
-- Instants are BIGINT microseconds since 1970 in UTC: exact, short, comparable. To read one in the sqlite3 shell:
--   SELECT datetime(send_at / 1000000, 'unixepoch') FROM issue;
-- Every table says whose it is: by `site`, or through the row it hangs on.
-- `-- clustered`: the rows lie in the order of their primary key, and are reached by nothing else.

-- One project: which secret its links were signed with.
CREATE TABLE site (
    id TEXT NOT NULL PRIMARY KEY,
    secret_fingerprint TEXT,
    made_at BIGINT NOT NULL
);

-- ------------------------------------------------------------------------------------------------ people

-- One person, known by the key (the address in lower case, NFC). `forget` blanks the address, replaces the key by a
-- keyed hash and sets forgotten_at: no list can bring that person back, and nothing else here holds an address.
CREATE TABLE person (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site TEXT NOT NULL REFERENCES site (id),
    key TEXT NOT NULL,
    address TEXT,
    forgotten_at BIGINT,
    UNIQUE (site, key)
);

-- A list file as it was last read.
CREATE TABLE list (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site TEXT NOT NULL REFERENCES site (id),
    name TEXT NOT NULL,
    digest TEXT,
    read_at BIGINT,
    UNIQUE (site, name)
);

-- What decides which posts a reader gets, and in which language: shared by many, so kept once.
-- Topics are a JSON array, sorted.
CREATE TABLE audience (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site TEXT NOT NULL REFERENCES site (id),
    topics TEXT NOT NULL,
    lang TEXT NOT NULL,
    UNIQUE (site, topics, lang)
);

-- One row of a list file. Tags and attributes are JSON.
CREATE TABLE membership (
    list BIGINT NOT NULL REFERENCES list (id),
    person BIGINT NOT NULL REFERENCES person (id),
    audience BIGINT NOT NULL REFERENCES audience (id),
    line BIGINT NOT NULL,
    name TEXT NOT NULL,
    tags TEXT NOT NULL,
    attributes TEXT NOT NULL,
    PRIMARY KEY (list, person)
); -- clustered

CREATE INDEX membership_person ON membership (person);

-- One person's subscription to one newsletter, and the token of its links. `how`: file, or the way they signed up.
-- The person comes first in the key: one number tells rows apart before any text has to be compared.
CREATE TABLE subscription (
    person BIGINT NOT NULL REFERENCES person (id),
    newsletter TEXT NOT NULL,
    site TEXT NOT NULL REFERENCES site (id),
    token TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'confirmed', 'unsubscribed')),
    how TEXT NOT NULL,
    evidence TEXT NOT NULL DEFAULT '',
    since BIGINT NOT NULL,
    PRIMARY KEY (person, newsletter)
); -- clustered

CREATE UNIQUE INDEX subscription_token ON subscription (token);

-- A way out that was taken. Scope: all, list:NAME or newsletter:NAME. Mail goes only where no scope matches.
CREATE TABLE opt_out (
    person BIGINT NOT NULL REFERENCES person (id),
    site TEXT NOT NULL REFERENCES site (id),
    scope TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('unsubscribed', 'bounced', 'complained', 'manual')),
    evidence TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (person, scope, kind)
); -- clustered

CREATE INDEX opt_out_scope ON opt_out (site, scope, person);

-- ------------------------------------------------------------------------------------------------ issues

-- One issue and revision. `reached`: the person up to whom rows were claimed for the first time.
-- `given_back`: cancelled before its first message, so that its posts and its number are free again.
CREATE TABLE issue (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site TEXT NOT NULL REFERENCES site (id),
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    newsletter TEXT NOT NULL,
    number BIGINT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('frozen', 'sending', 'paused', 'stopped', 'done', 'skipped', 'cancelled')),
    title TEXT NOT NULL,
    subject TEXT NOT NULL,
    send_at BIGINT NOT NULL,
    window_start BIGINT NOT NULL,
    window_end BIGINT NOT NULL,
    zone TEXT NOT NULL,
    deadline BIGINT NOT NULL,
    frozen_at BIGINT,
    started_at BIGINT,
    finished_at BIGINT,
    reason TEXT NOT NULL DEFAULT '',
    go_on_at BIGINT,
    reached BIGINT NOT NULL DEFAULT 0,
    given_back BIGINT NOT NULL DEFAULT 0,
    UNIQUE (site, name, revision)
);

-- What is sent: the variants as they were frozen. Posts are a JSON array of ids.
CREATE TABLE variant (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    issue BIGINT NOT NULL REFERENCES issue (id),
    position BIGINT NOT NULL,
    variant TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    html TEXT NOT NULL,
    text TEXT NOT NULL,
    mjml TEXT NOT NULL,
    stencil BYTEA NOT NULL,
    posts TEXT NOT NULL,
    UNIQUE (issue, position)
);

-- One row a recipient, in the order in which they are claimed. due_at: a row to be taken again, and when. A row that
-- nobody has taken yet has none, and is found by its place beyond `issue.reached`. A row in hand (`sending`) has none
-- either, waits (queued, deferred) and lies behind `issue.reached`: to claim it writes nothing into it, and its claim
-- names it. An accepted row is as long as a queued one (updated_at is there from the freeze on, and two letters less
-- make room for the code), so that it is written over in its place and no page has to be split.
-- The states are those of lifecycle.DELIVERY. No CHECK says so: one on each of two changes a row costs as much as both
-- changes together (measured), and no change leaves the store but by that table.
CREATE TABLE delivery (
    issue BIGINT NOT NULL REFERENCES issue (id),
    person BIGINT NOT NULL REFERENCES person (id),
    list BIGINT NOT NULL,
    variant BIGINT,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT,
    code BIGINT,
    text TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (issue, person)
); -- clustered

CREATE INDEX delivery_due ON delivery (issue, due_at) WHERE due_at IS NOT NULL;

CREATE INDEX delivery_told ON delivery (issue, state, person) WHERE state IN ('failed', 'uncertain');

-- What the relay said when it took messages (its queue ids): a batch at a time, for all rows accepted in it.
-- A row's words are in the receipt of its issue whose `at` is the row's updated_at and whose persons name it: `persons` is
-- a JSON array of spans [place among the words, person, how many of both go up together].
CREATE TABLE receipt (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    issue BIGINT NOT NULL REFERENCES issue (id),
    at BIGINT NOT NULL,
    people BIGINT NOT NULL,
    persons TEXT NOT NULL,
    words TEXT NOT NULL
);

CREATE INDEX receipt_issue ON receipt (issue, at);

-- The sums of an issue, kept with every change, so that nobody has to count a million rows to see them.
CREATE TABLE tally (
    issue BIGINT NOT NULL REFERENCES issue (id),
    state TEXT NOT NULL,
    people BIGINT NOT NULL CHECK (people >= 0),
    PRIMARY KEY (issue, state)
); -- clustered

-- Rows in hand: who holds them, and the journal whose octets say how far each came. Persons are a JSON array
-- of spans [octet, person, how many of both go up together], of those without an answer. The row goes when its batch is settled; one that is left over tells of a run that died.
CREATE TABLE claim (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    issue BIGINT NOT NULL REFERENCES issue (id),
    mark TEXT NOT NULL,
    machine TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    pid BIGINT NOT NULL,
    journal TEXT NOT NULL,
    persons TEXT NOT NULL,
    rows BIGINT NOT NULL,
    opened_at BIGINT NOT NULL
);

CREATE INDEX claim_issue ON claim (issue);

-- ------------------------------------------------------------------------------------------------ posts

-- Every post that was ever seen, with what knows it again.
CREATE TABLE post_seen (
    site TEXT NOT NULL REFERENCES site (id),
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    canonical TEXT NOT NULL,
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    day TEXT,
    fingerprint TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    PRIMARY KEY (site, id)
); -- clustered

-- Which posts an issue carries.
CREATE TABLE issue_post (
    issue BIGINT NOT NULL REFERENCES issue (id),
    post TEXT NOT NULL,
    PRIMARY KEY (issue, post)
); -- clustered

-- Posts that were picked and held back: they come first next time.
CREATE TABLE held (
    site TEXT NOT NULL REFERENCES site (id),
    newsletter TEXT NOT NULL,
    post TEXT NOT NULL,
    PRIMARY KEY (site, newsletter, post)
); -- clustered

-- Problems of input files that a person has been told of.
CREATE TABLE told (
    site TEXT NOT NULL REFERENCES site (id),
    path TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (site, path, message)
); -- clustered

-- What happened, in order; rows are only ever added. A later bounce is an event here and changes no sum.
CREATE TABLE event (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site TEXT NOT NULL REFERENCES site (id),
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    issue BIGINT REFERENCES issue (id),
    person BIGINT REFERENCES person (id),
    detail TEXT NOT NULL
);
