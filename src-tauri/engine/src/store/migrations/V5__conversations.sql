-- What people say to the house on its networks: comments, mentions, reviews.
CREATE TABLE conversation_items (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    platform TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('comment', 'mention', 'review')),
    -- The platform's own id; never changes for one row.
    remote_id TEXT NOT NULL,
    parent_remote_id TEXT,
    post_remote_id TEXT,
    author TEXT,
    text TEXT,
    rating INTEGER CHECK (rating BETWEEN 1 AND 5),
    permalink TEXT,
    -- The connector's own notes for answering.
    handle TEXT NOT NULL DEFAULT 'null',
    -- The house's own answer as the platform shows it, wherever it was written.
    answer TEXT,
    hidden INTEGER NOT NULL DEFAULT 0,
    written_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    deleted_at INTEGER,
    read_at INTEGER,
    handled_at INTEGER
) STRICT;
-- What was seen once is never a second row.
CREATE UNIQUE INDEX conversation_items_remote ON conversation_items (account_id, remote_id);
CREATE INDEX conversation_items_written ON conversation_items (written_at, id);

-- When each account is read next, and what its connector remembers of the last reading.
CREATE TABLE conversation_readings (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    read_at INTEGER,
    thorough_at INTEGER,
    -- A platform that asked for patience, or did not answer.
    not_before INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    marks TEXT NOT NULL DEFAULT 'null'
) STRICT, WITHOUT ROWID;

-- An answer is a post of its own, out of the calendar; no reference, because what was said may be purged
-- before the proof that it was answered.
ALTER TABLE posts ADD COLUMN reply_to TEXT;
CREATE INDEX posts_reply ON posts (reply_to) WHERE reply_to IS NOT NULL;
-- The post below which something was said.
CREATE INDEX deliveries_remote ON deliveries (account_id, remote_id) WHERE remote_id IS NOT NULL;
