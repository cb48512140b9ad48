-- The tables of a fresh data folder. Generated from the migrations by tests/architecture;
-- UPDATE_DOCS=1 rewrites it. The reasons stand in src-tauri/engine/src/store/migrations.

CREATE TABLE account_figures (
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Calendar day, YYYY-MM-DD.
    day TEXT NOT NULL,
    at INTEGER NOT NULL,
    raw TEXT NOT NULL,
    PRIMARY KEY (account_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE account_secrets (
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    platform TEXT NOT NULL,
    label TEXT NOT NULL,
    handle TEXT NOT NULL,
    -- The platform's own id; never changes for one row.
    remote_id TEXT NOT NULL,
    server TEXT,
    state TEXT NOT NULL,
    is_default INTEGER NOT NULL DEFAULT 0,
    practice INTEGER NOT NULL DEFAULT 0,
    token_expiry TEXT NOT NULL,
    permissions TEXT NOT NULL DEFAULT '[]',
    missing_permissions TEXT NOT NULL DEFAULT '[]',
    settings TEXT NOT NULL DEFAULT '{}',
    facts TEXT NOT NULL DEFAULT '{}',
    credential_hint TEXT NOT NULL DEFAULT '',
    problem TEXT,
    last_check TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX accounts_remote ON accounts (platform, coalesce(server, ''), remote_id);

CREATE TABLE alerts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    account_id TEXT,
    kind TEXT NOT NULL,
    problem TEXT,
    post_id TEXT,
    delivery_id TEXT,
    count INTEGER NOT NULL DEFAULT 1,
    -- When the desktop was told; NULL = still to be shown.
    notified_at INTEGER,
    seen_at INTEGER,
    resolved_at INTEGER
) STRICT;

CREATE INDEX alerts_open ON alerts (kind, account_id) WHERE resolved_at IS NULL;

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    step TEXT NOT NULL,
    outcome TEXT NOT NULL,
    problem TEXT,
    duration_ms INTEGER
) STRICT;

CREATE INDEX attempts_delivery ON attempts (delivery_id, id);

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

CREATE UNIQUE INDEX conversation_items_remote ON conversation_items (account_id, remote_id);

CREATE INDEX conversation_items_written ON conversation_items (written_at, id);

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

CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    post_id TEXT NOT NULL REFERENCES posts (id),
    revision INTEGER NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    platform TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'queued', 'preparing', 'armed', 'sending', 'published', 'handed_over', 'retry_at', 'needs_reauth',
        'rejected', 'duplicate', 'unknown', 'reconciling', 'cancelled', 'expired', 'held')),
    due_at INTEGER NOT NULL,
    -- When the queue looks at it next; NULL = a person or an event moves it.
    next_at INTEGER,
    kind TEXT NOT NULL,
    late_policy TEXT NOT NULL,
    content TEXT NOT NULL,
    marks TEXT NOT NULL DEFAULT 'null',
    -- Equal for two identical requests; unique among unfinished rows.
    dedup_key TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    crash_count INTEGER NOT NULL DEFAULT 0,
    lookups INTEGER NOT NULL DEFAULT 0,
    owner TEXT,
    first_sent_at INTEGER,
    sent_at INTEGER,
    doubtful INTEGER NOT NULL DEFAULT 0,
    hand_over INTEGER NOT NULL DEFAULT 0,
    remote_id TEXT,
    permalink TEXT,
    problem TEXT,
    wanted TEXT CHECK (wanted IN ('cancel', 'update', 'delete')),
    finished_at INTEGER,
    removed_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX deliveries_dedup ON deliveries (dedup_key)
    WHERE state NOT IN ('published', 'duplicate', 'rejected', 'cancelled', 'expired')
        AND (state <> 'held' OR doubtful OR first_sent_at IS NOT NULL);

CREATE INDEX deliveries_doubt ON deliveries (account_id) WHERE state IN ('unknown', 'reconciling');

CREATE INDEX deliveries_due ON deliveries (due_at, id);

CREATE INDEX deliveries_lane ON deliveries (account_id, next_at, due_at, id) WHERE next_at IS NOT NULL;

CREATE INDEX deliveries_next ON deliveries (next_at) WHERE next_at IS NOT NULL;

CREATE INDEX deliveries_post ON deliveries (post_id);

CREATE INDEX deliveries_remote ON deliveries (account_id, remote_id) WHERE remote_id IS NOT NULL;

CREATE INDEX deliveries_state ON deliveries (state, due_at);

CREATE INDEX deliveries_twin ON deliveries (dedup_key, finished_at);

CREATE TABLE delivery_figures (
    delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    raw TEXT NOT NULL,
    PRIMARY KEY (delivery_id, at)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_figures_at ON delivery_figures (at);

CREATE TABLE figure_asks (
    delivery_id TEXT PRIMARY KEY REFERENCES deliveries (id) ON DELETE CASCADE,
    asked_at INTEGER NOT NULL,
    problem TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE figure_state (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    -- Last time that the network told anything.
    taken_at INTEGER,
    -- Day of the last answer about the account itself.
    account_day TEXT,
    not_before INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    -- Metric names that the network refused: name -> instant.
    refused TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;

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

CREATE TABLE hosted_media_uses (
    name TEXT NOT NULL REFERENCES hosted_media (name) ON DELETE CASCADE,
    delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    PRIMARY KEY (name, delivery_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX hosted_media_delivery ON hosted_media_uses (delivery_id);

CREATE TABLE idempotency_keys (
    -- Caller and key: two callers may use the same words.
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    response TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE instances (
    id TEXT PRIMARY KEY,
    started_at INTEGER NOT NULL,
    -- NULL after a kill or a power cut.
    ended_at INTEGER
) STRICT;

CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL DEFAULT '{}',
    post_id TEXT,
    delivery_id TEXT,
    account_id TEXT
) STRICT;

CREATE INDEX journal_at ON journal (at);

CREATE TABLE lanes (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    not_before INTEGER,
    consecutive_failures INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE media (
    -- SHA-256 of the stored bytes.
    id TEXT PRIMARY KEY,
    mime TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    alt_text TEXT NOT NULL DEFAULT '',
    source_url TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE media_host (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    kind TEXT NOT NULL,
    -- What its last test found.
    last_check TEXT,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE media_host_secrets (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE posts (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    due_at INTEGER,
    -- Wall clock as written, and its IANA zone; never an offset.
    local_time TEXT,
    timezone TEXT,
    schedule_note TEXT,
    late_policy TEXT NOT NULL,
    targets TEXT NOT NULL DEFAULT '[]',
    undo_until INTEGER,
    problem TEXT,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
, reply_to TEXT) STRICT;

CREATE INDEX posts_due ON posts (due_at, id);

CREATE INDEX posts_reply ON posts (reply_to) WHERE reply_to IS NOT NULL;

CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE state (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    -- SHA-256 of the token; the token itself is shown once and never kept.
    hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;
