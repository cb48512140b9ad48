-- The house's customers, what they agreed to, and what is sent to them by e-mail and SMS.

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
CREATE UNIQUE INDEX contacts_external ON contacts (source, external_id) WHERE external_id IS NOT NULL;
-- A couple may share an address, so it is not unique.
CREATE INDEX contacts_email ON contacts (email) WHERE email IS NOT NULL;
CREATE INDEX contacts_phone ON contacts (phone) WHERE phone IS NOT NULL;
CREATE INDEX contacts_name ON contacts (name_key, id);
CREATE INDEX contacts_last_visit ON contacts (coalesce(last_visit_at, -1), id);
-- What segments ask most, in one place: counting reads only this.
CREATE INDEX contacts_segment ON contacts (
    visit_count, last_visit_at, spend_cents, first_visit_at, birth_day, distance_km, language, email_consent,
    sms_consent, postal_code);

CREATE TABLE contact_tags (
    contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (contact_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_tags_tag ON contact_tags (tag, contact_id);

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

-- What a person ate, and how often.
CREATE TABLE contact_dishes (
    contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    dish TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (contact_id, dish)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_dishes_dish ON contact_dishes (dish, contact_id);

CREATE TABLE segments (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- A typed tree; never SQL.
    tree TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

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

-- What an import did to each person, to take it back.
CREATE TABLE contact_import_rows (
    import_id TEXT NOT NULL REFERENCES contact_imports (id) ON DELETE CASCADE,
    contact_id TEXT NOT NULL,
    -- The person before it; NULL = made by it.
    before TEXT,
    PRIMARY KEY (import_id, contact_id)
) STRICT, WITHOUT ROWID;

-- Who agreed to what, when, where and by which words. A ledger: the newest row of a person, purpose and
-- channel is in force.
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
CREATE TRIGGER consents_no_update BEFORE UPDATE ON consents
    BEGIN SELECT raise(ABORT, 'the ledger of consents is append-only'); END;
-- Only with the person.
CREATE TRIGGER consents_no_delete BEFORE DELETE ON consents
    WHEN EXISTS (SELECT 1 FROM contacts WHERE id = OLD.contact_id)
    BEGIN SELECT raise(ABORT, 'the ledger of consents is append-only'); END;

-- Addresses that must never be written to, as keyed hashes: they outlive the person's data. Several reasons
-- may hold at once, each with its own way back.
CREATE TABLE suppressions (
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')),
    address_hash TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('stop', 'complaint', 'hard_bounce', 'erasure', 'objection', 'manual')),
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (channel, address_hash, reason)
) STRICT, WITHOUT ROWID;
CREATE INDEX suppressions_at ON suppressions (at, address_hash);

-- What messages cost in each calendar month of Paris (YYYY-MM), for the owner's ceiling.
CREATE TABLE message_costs (
    month TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')),
    cost_milli INTEGER NOT NULL,
    PRIMARY KEY (month, channel)
) STRICT, WITHOUT ROWID;

-- What people asked for under the GDPR, with its deadline.
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

-- Providers that still have to forget an address; gone with their answer.
CREATE TABLE erasures (
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')),
    address TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, channel, address)
) STRICT, WITHOUT ROWID;

-- Each version of a template as it was; a sending names one of them.
CREATE TABLE templates (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER templates_no_update BEFORE UPDATE ON templates
    BEGIN SELECT raise(ABORT, 'a version of a template never changes'); END;

CREATE TABLE archived_templates (
    id TEXT PRIMARY KEY,
    archived_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One intent: a template for many people.
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

-- The outbox of messages: one row for each person and channel, written before anything leaves.
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
CREATE UNIQUE INDEX messages_once ON messages (mailing_id, channel, address_hash);
CREATE INDEX messages_lane ON messages (account_id, next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX messages_unfinished ON messages (mailing_id, state)
    WHERE state NOT IN ('published', 'duplicate', 'rejected', 'cancelled', 'expired');
-- A doubt is settled before anything else.
CREATE INDEX messages_doubt ON messages (account_id, next_at)
    WHERE next_at IS NOT NULL AND state IN ('unknown', 'reconciling');
CREATE INDEX messages_owner ON messages (owner) WHERE owner IS NOT NULL;
CREATE INDEX messages_contact ON messages (contact_id, sent_at) WHERE contact_id IS NOT NULL;
CREATE INDEX messages_remote ON messages (account_id, remote_id) WHERE remote_id IS NOT NULL;

-- What was reported about a message, once each.
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

-- When each account is asked for reports next, and what its connector remembers of the last time.
CREATE TABLE message_readings (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    read_at INTEGER,
    not_before INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    marks TEXT NOT NULL DEFAULT 'null'
) STRICT, WITHOUT ROWID;
