-- What a person must still settle may be public: it is unfinished, and its twin is not planned again.
-- Where such a twin was planned already, the older doubt gives up its key, so that every folder opens.
UPDATE deliveries SET dedup_key = dedup_key || ' ' || id
WHERE state = 'held' AND (doubtful OR first_sent_at IS NOT NULL) AND EXISTS (
    SELECT 1 FROM deliveries twin
    WHERE twin.dedup_key = deliveries.dedup_key AND twin.id <> deliveries.id
        AND twin.state NOT IN ('published', 'duplicate', 'rejected', 'cancelled', 'expired'));
DROP INDEX deliveries_dedup;
CREATE UNIQUE INDEX deliveries_dedup ON deliveries (dedup_key)
    WHERE state NOT IN ('published', 'duplicate', 'rejected', 'cancelled', 'expired')
        AND (state <> 'held' OR doubtful OR first_sent_at IS NOT NULL);
-- For what went out a moment ago.
CREATE INDEX deliveries_twin ON deliveries (dedup_key, finished_at);
