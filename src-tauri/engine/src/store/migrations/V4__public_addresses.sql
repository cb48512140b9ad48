-- The owner's web site, which lends pictures a public address. One row at most.
CREATE TABLE media_host (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    kind TEXT NOT NULL,
    -- What its last test found.
    last_check TEXT,
    updated_at INTEGER NOT NULL
) STRICT;

-- What was typed about it, secrets among them; apart, as those of an account.
CREATE TABLE media_host_secrets (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every file that this program brought, or may have brought, to a web site: written before the upload,
-- so that a crash leaves none behind unknown.
CREATE TABLE hosted_media (
    -- Cannot be guessed.
    name TEXT PRIMARY KEY,
    place TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    remote_id TEXT,
    -- Absent until it was seen from outside.
    url TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX hosted_media_content ON hosted_media (place, content_hash);

-- Which deliveries need it.
CREATE TABLE hosted_media_uses (
    name TEXT NOT NULL REFERENCES hosted_media (name) ON DELETE CASCADE,
    delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    PRIMARY KEY (name, delivery_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX hosted_media_delivery ON hosted_media_uses (delivery_id);
