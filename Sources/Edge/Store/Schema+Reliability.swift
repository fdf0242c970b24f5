/// What the account's own history says of a status, and what stays of hits that are deleted: the migration for it.
extension Schema {
    static let whatAStatusProves = [
        // Derived: who has fetched it so far (Reach).
        "ALTER TABLE message ADD COLUMN reach INTEGER NOT NULL DEFAULT 0",
        // Derived: how much of a long history need not be judged again (StoredSettlement, JSON).
        "ALTER TABLE message ADD COLUMN settled TEXT",
        // What hits proved that have been deleted since (Tally, JSON).
        "ALTER TABLE message ADD COLUMN forgotten TEXT",
        // Hits before it are counted there; a log that is read again brings them once more.
        "ALTER TABLE message ADD COLUMN forgotten_until INTEGER",
        // All of this is found out when a message is judged.
        "UPDATE message SET judge_due = 1",
        "CREATE INDEX verdict_by_hit ON verdict(hit_id)",
        // Derived: to which domains a tracked message went.
        """
        CREATE TABLE message_domain (
            account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            domain TEXT NOT NULL,                     -- lower case
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            counts INTEGER NOT NULL CHECK (counts IN (0, 1)),  -- says something of the domain: see MessageDomains
            PRIMARY KEY (account_id, domain, message_id)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX message_domain_by_message ON message_domain(message_id)",
        "CREATE INDEX message_domain_counting ON message_domain(account_id, domain, message_id) WHERE counts = 1",
        // Derived: domains of which the absence of a reading says nothing (Unreliability).
        """
        CREATE TABLE unreliable (
            account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            domain TEXT NOT NULL,
            reason TEXT NOT NULL CHECK (reason IN ('silent', 'scanned', 'preloaded')),
            messages INTEGER NOT NULL,                -- that were looked at
            reached INTEGER NOT NULL,                 -- of these, by machines
            PRIMARY KEY (account_id, domain)
        ) STRICT, WITHOUT ROWID
        """,
        // Hits beyond those that are kept.
        """
        CREATE TABLE flood (
            token_key TEXT NOT NULL,
            source_id INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE,
            log TEXT NOT NULL,
            hits INTEGER NOT NULL,
            last_seq INTEGER NOT NULL,                -- what comes up to here a second time is not counted again
            last_at INTEGER NOT NULL,
            PRIMARY KEY (token_key, source_id, log)
        ) STRICT, WITHOUT ROWID
        """,
    ]
}
