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

CREATE TABLE archived_templates (
    id TEXT PRIMARY KEY,
    archived_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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

CREATE TRIGGER consents_no_delete BEFORE DELETE ON consents
    WHEN EXISTS (SELECT 1 FROM contacts WHERE id = OLD.contact_id)
    BEGIN SELECT raise(ABORT, 'the ledger of consents is append-only'); END;

CREATE TRIGGER consents_no_update BEFORE UPDATE ON consents
    BEGIN SELECT raise(ABORT, 'the ledger of consents is append-only'); END;

CREATE TABLE consents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('marketing', 'open_tracking')),
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')),
    state TEXT NOT NULL CHECK (state IN ('granted', 'withdrawn')),
    basis TEXT NOT NULL CHECK (basis IN ('consent', 'soft_opt_in', 'withdrawal')),
    -- When the person said it, and when it was written down here.
    at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    source TEXT NOT NULL,
    wording_version TEXT,
    proof TEXT,
    actor TEXT NOT NULL
) STRICT;

CREATE INDEX consents_contact ON consents (contact_id, purpose, channel, id);

CREATE TABLE contact_dishes (
    contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    dish TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (contact_id, dish)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_dishes_dish ON contact_dishes (dish, contact_id);

CREATE TABLE contact_import_rows (
    import_id TEXT NOT NULL REFERENCES contact_imports (id) ON DELETE CASCADE,
    contact_id TEXT NOT NULL,
    -- The person before it; NULL = made by it.
    before TEXT,
    PRIMARY KEY (import_id, contact_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact_imports (
    id TEXT PRIMARY KEY,
    file_name TEXT NOT NULL,
    -- Columns to fields, as the owner chose.
    mapping TEXT NOT NULL,
    rows_read INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    -- Lines of the ledger that were written, and claims of consent that could not be believed.
    consents_recorded INTEGER NOT NULL DEFAULT 0,
    consents_ignored INTEGER NOT NULL DEFAULT 0,
    -- The first refusals: row, column, code. Never what stood there.
    errors TEXT NOT NULL DEFAULT '[]',
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    problem TEXT,
    actor TEXT NOT NULL,
    -- Also `updated_at` of everybody that it touched.
    created_at INTEGER NOT NULL,
    undone_at INTEGER
) STRICT;

CREATE TABLE contact_tags (
    contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (contact_id, tag)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_tags_tag ON contact_tags (tag, contact_id);

CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    -- The id in the program that the person came from.
    external_id TEXT,
    first_name TEXT NOT NULL DEFAULT '',
    last_name TEXT NOT NULL DEFAULT '',
    -- Last and first name in lower case without accents: sorts lists and finds twins.
    name_key TEXT NOT NULL DEFAULT '',
    -- Trimmed, in lower case.
    email TEXT,
    -- E.164.
    phone TEXT,
    -- ISO 639-1.
    language TEXT,
    -- YYYY-MM-DD, or --MM-DD when the year is not known; its month × 100 + day beside it for segments.
    birthday TEXT,
    birth_day INTEGER,
    postal_code TEXT,
    city TEXT,
    distance_km REAL,
    preferred_channel TEXT CHECK (preferred_channel IN ('email', 'sms')),
    note TEXT NOT NULL DEFAULT '',
    visit_count INTEGER NOT NULL DEFAULT 0,
    spend_cents INTEGER NOT NULL DEFAULT 0,
    first_visit_at INTEGER,
    last_visit_at INTEGER,
    -- Latest state of the ledger for marketing on each channel; NULL = never said.
    email_consent TEXT CHECK (email_consent IN ('granted', 'withdrawn')),
    sms_consent TEXT CHECK (sms_consent IN ('granted', 'withdrawn')),
    source TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX contacts_email ON contacts (email) WHERE email IS NOT NULL;

CREATE UNIQUE INDEX contacts_external ON contacts (source, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX contacts_last_visit ON contacts (coalesce(last_visit_at, -1), id);

CREATE INDEX contacts_name ON contacts (name_key, id);

CREATE INDEX contacts_phone ON contacts (phone) WHERE phone IS NOT NULL;

CREATE INDEX contacts_segment ON contacts (
    visit_count, last_visit_at, spend_cents, first_visit_at, birth_day, distance_km, language, email_consent,
    sms_consent, postal_code);

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

CREATE TABLE erasures (
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')),
    address TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, channel, address)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE mailings (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('marketing', 'service')),
    template_id TEXT NOT NULL,
    template_version INTEGER NOT NULL,
    channels TEXT NOT NULL,
    data TEXT NOT NULL,
    audience TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('scheduled', 'sending', 'paused', 'stopped', 'done')),
    due_at INTEGER NOT NULL,
    -- Nothing of it leaves after this.
    not_after INTEGER,
    problem TEXT,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;

CREATE INDEX mailings_due ON mailings (due_at, id);

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

CREATE TABLE message_costs (
    month TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')),
    cost_milli INTEGER NOT NULL,
    PRIMARY KEY (month, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE message_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN (
        'delivered', 'deferred', 'hard_bounce', 'soft_bounce', 'complaint', 'unsubscribe', 'stop', 'reply', 'click', 'open')),
    -- By a program, not by the person.
    robot INTEGER NOT NULL DEFAULT 0,
    detail TEXT,
    -- The reporter's own key of this event: what was noted once is never noted again.
    source_key TEXT NOT NULL UNIQUE
) STRICT;

CREATE INDEX message_events_message ON message_events (message_id, id);

CREATE TABLE message_readings (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    read_at INTEGER,
    not_before INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    marks TEXT NOT NULL DEFAULT 'null'
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    mailing_id TEXT NOT NULL REFERENCES mailings (id),
    -- NULL: not a known person (a service message), or erased.
    contact_id TEXT,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')),
    -- Normalised; emptied when the person is erased.
    address TEXT NOT NULL,
    -- Keyed, as in suppressions: proof against a second row, and it survives the erasure.
    address_hash TEXT NOT NULL,
    account_id TEXT REFERENCES accounts (id),
    state TEXT NOT NULL CHECK (state IN (
        'queued', 'preparing', 'sending', 'published', 'retry_at', 'needs_reauth', 'rejected', 'duplicate',
        'unknown', 'reconciling', 'cancelled', 'expired', 'held')),
    -- Its own time: of the mailing, or of the opening hour that it was moved to.
    due_at INTEGER NOT NULL,
    -- When the queue looks at it next; NULL = a person or an event moves it.
    next_at INTEGER,
    -- The person's own values, frozen.
    variables TEXT NOT NULL DEFAULT '{}',
    attempts INTEGER NOT NULL DEFAULT 0,
    crash_count INTEGER NOT NULL DEFAULT 0,
    lookups INTEGER NOT NULL DEFAULT 0,
    owner TEXT,
    first_sent_at INTEGER,
    sent_at INTEGER,
    doubtful INTEGER NOT NULL DEFAULT 0,
    remote_id TEXT,
    problem TEXT,
    -- What became of it after it was accepted: the strongest of what was reported.
    fate TEXT CHECK (fate IN ('delivered', 'deferred', 'bounced', 'complained')),
    finished_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX messages_contact ON messages (contact_id, sent_at) WHERE contact_id IS NOT NULL;

CREATE INDEX messages_doubt ON messages (account_id, next_at)
    WHERE next_at IS NOT NULL AND state IN ('unknown', 'reconciling');

CREATE INDEX messages_lane ON messages (account_id, next_at, id) WHERE next_at IS NOT NULL;

CREATE UNIQUE INDEX messages_once ON messages (mailing_id, channel, address_hash);

CREATE INDEX messages_owner ON messages (owner) WHERE owner IS NOT NULL;

CREATE INDEX messages_remote ON messages (account_id, remote_id) WHERE remote_id IS NOT NULL;

CREATE INDEX messages_unfinished ON messages (mailing_id, state)
    WHERE state NOT IN ('published', 'duplicate', 'rejected', 'cancelled', 'expired');

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

CREATE TABLE rights_requests (
    id TEXT PRIMARY KEY,
    contact_id TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('access', 'rectification', 'erasure', 'objection', 'portability')),
    received_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    done_at INTEGER,
    note TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL
) STRICT;

CREATE INDEX rights_requests_due ON rights_requests (due_at) WHERE done_at IS NULL;

CREATE TABLE segments (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- A typed tree; never SQL.
    tree TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE state (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE suppressions (
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')),
    address_hash TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('stop', 'complaint', 'hard_bounce', 'erasure', 'objection', 'manual')),
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (channel, address_hash, reason)
) STRICT, WITHOUT ROWID;

CREATE INDEX suppressions_at ON suppressions (at, address_hash);

CREATE TRIGGER templates_no_update BEFORE UPDATE ON templates
    BEGIN SELECT raise(ABORT, 'a version of a template never changes'); END;

CREATE TABLE templates (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (id, version)
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

CREATE TABLE visits (
    id TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    amount_cents INTEGER NOT NULL DEFAULT 0,
    covers INTEGER,
    source TEXT NOT NULL,
    external_id TEXT
) STRICT;

CREATE INDEX visits_contact ON visits (contact_id, at);

CREATE UNIQUE INDEX visits_external ON visits (source, external_id) WHERE external_id IS NOT NULL;
