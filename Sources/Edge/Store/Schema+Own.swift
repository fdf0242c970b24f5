/// What the mailbox tells of looks at a pixel that are the sender's own: the migration for it.
extension Schema {
    static let whatTheSenderDoes = [
        // The sender touched a copy of the message, or another message that shows its pixel.
        """
        CREATE TABLE own_activity (
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            at INTEGER NOT NULL,                      -- when it was learned of
            since INTEGER,                            -- not before; NULL if nobody was listening
            PRIMARY KEY (message_id, at)
        ) STRICT, WITHOUT ROWID
        """,
        // Incoming mail that shows a token of the message, or is about it.
        """
        CREATE TABLE incoming (
            id INTEGER PRIMARY KEY,
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            mailbox BLOB NOT NULL,                    -- wire bytes, modified UTF-7
            uid INTEGER CHECK (uid BETWEEN 1 AND 4294967295),  -- while it is not marked as seen
            kind TEXT NOT NULL CHECK (kind IN ('reply', 'automatic', 'report', 'copy')),
            by_recipient INTEGER NOT NULL CHECK (by_recipient IN (0, 1)),
            token TEXT NOT NULL,                      -- as in message_token; empty if it shows none
            arrived_at INTEGER NOT NULL,
            unseen_at INTEGER,                        -- the last look at which it was not marked as seen
            UNIQUE (message_id, token, arrived_at, kind)
        ) STRICT
        """,
        "CREATE INDEX incoming_unseen ON incoming(mailbox, uid) WHERE uid IS NOT NULL",
        // Folders that are looked through for it.
        """
        CREATE TABLE incoming_folder (
            account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            mailbox BLOB NOT NULL,
            uid_validity INTEGER CHECK (uid_validity BETWEEN 1 AND 4294967295),
            uid_next INTEGER CHECK (uid_next BETWEEN 1 AND 4294967295),
            tries INTEGER NOT NULL DEFAULT 0,         -- looks that were begun and have not ended
            PRIMARY KEY (account_id, mailbox)
        ) STRICT, WITHOUT ROWID
        """,
        // Hits that may be people's have come since the last look, and when that was.
        "ALTER TABLE account ADD COLUMN look_due INTEGER NOT NULL DEFAULT 0 CHECK (look_due IN (0, 1))",
        "ALTER TABLE account ADD COLUMN looked_at INTEGER",
        // When a report said that the mail did not reach this recipient.
        "ALTER TABLE recipient ADD COLUMN failed_at INTEGER",
    ]
}
