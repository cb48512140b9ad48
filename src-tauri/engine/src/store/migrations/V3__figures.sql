-- What the networks count: their own names and numbers, so that a formula can be corrected afterwards.
-- A moment at which nothing was taken has no row: a gap is not a zero.
CREATE TABLE delivery_figures (
    delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    raw TEXT NOT NULL,
    PRIMARY KEY (delivery_id, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_figures_at ON delivery_figures (at);

-- One row per account and day: what stood there on that day, and what the network counted for it.
CREATE TABLE account_figures (
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- Calendar day, YYYY-MM-DD.
    day TEXT NOT NULL,
    at INTEGER NOT NULL,
    raw TEXT NOT NULL,
    PRIMARY KEY (account_id, day)
) STRICT, WITHOUT ROWID;

-- When each post was asked about last, answered or not.
CREATE TABLE figure_asks (
    delivery_id TEXT PRIMARY KEY REFERENCES deliveries (id) ON DELETE CASCADE,
    asked_at INTEGER NOT NULL,
    problem TEXT
) STRICT, WITHOUT ROWID;

-- How the collector stands with each account; apart from its lane, which is for what is published.
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
