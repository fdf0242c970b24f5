/// Mail that is sent: the migrations for it.
extension Schema {
    static let outgoingMail = [
        // Mail that has been sent through us, tracked or not.
        """
        CREATE TABLE outgoing (
            id INTEGER PRIMARY KEY,
            account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            message INTEGER REFERENCES message(id) ON DELETE SET NULL,  -- if it is tracked
            message_id TEXT,                          -- as in the header, without brackets
            subject_hash BLOB NOT NULL,               -- SHA-256 of the subject as people see it
            content_hash BLOB,                        -- SHA-256 of all of it, if it goes out as several copies
            way TEXT NOT NULL,                        -- smtp, sendmail, outbox
            at INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('registered', 'partial', 'accepted', 'refused', 'uncertain')),
            reply TEXT NOT NULL DEFAULT '',           -- what the provider said last
            provider_id TEXT                          -- the Message-ID that it says it gave
        ) STRICT
        """,
        "CREATE INDEX outgoing_by_header ON outgoing(message_id)",
        "CREATE INDEX outgoing_by_time ON outgoing(at)",
        """
        CREATE TABLE outgoing_recipient (
            outgoing_id INTEGER NOT NULL REFERENCES outgoing(id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            address TEXT NOT NULL,
            reason TEXT NOT NULL,                     -- why the copy carries a token or none
            token TEXT,
            delivered INTEGER NOT NULL DEFAULT 0 CHECK (delivered IN (0, 1)),
            PRIMARY KEY (outgoing_id, position)
        ) STRICT, WITHOUT ROWID
        """,
    ]
    static let draftsThatAreSent = [
        // Messages that were moved to the outbox folder. What they contain stays in the mailbox.
        """
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY,
            account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            content_hash BLOB NOT NULL CHECK (length(content_hash) = 32),  -- SHA-256 of the draft as it was found
            has_own_id INTEGER NOT NULL CHECK (has_own_id IN (0, 1)),
            message_id TEXT NOT NULL,                 -- what it is sent under, without brackets
            state TEXT NOT NULL CHECK (state IN ('claiming', 'claimed', 'sending', 'sent', 'filed', 'refusing',
                'doubtful', 'strange', 'done', 'refused', 'uncertain', 'gone')),
            uid_validity INTEGER CHECK (uid_validity BETWEEN 1 AND 4294967295),
            uid INTEGER CHECK (uid BETWEEN 1 AND 4294967295),  -- in the folder for what is being sent
            found_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            reason TEXT NOT NULL DEFAULT '',          -- why it is refused or doubtful
            provider_id TEXT                          -- the Message-ID that the provider says it gave
        ) STRICT
        """,
        """
        CREATE UNIQUE INDEX outbox_under_way ON outbox(account_id, content_hash)
            WHERE state NOT IN ('done', 'refused', 'uncertain', 'gone')
        """,
    ]

    static let fewerIndexes = [
        // Each is a page more of every mail that is written down before it is sent. Message-IDs were in two, one of them in
        // lower case, and that one was of no use: what it left out no question said that it did not ask for.
        "DROP INDEX message_by_header",
        "DROP INDEX message_by_name",
        "CREATE INDEX message_by_name ON message(account_id, LOWER(message_id))",
        // Asked for by people, who can wait, but where a mail goes out as several copies or the provider renames it.
        "DROP INDEX outgoing_by_header",
        """
        CREATE INDEX outgoing_by_header ON outgoing(message_id)
            WHERE content_hash IS NOT NULL OR provider_id IS NOT NULL
        """,
        // Asked for a few times a day.
        "DROP INDEX outgoing_by_time",
        // Asked for whenever a message is judged or deleted: all mail was looked through.
        "CREATE INDEX outgoing_by_message ON outgoing(message) WHERE message IS NOT NULL",
    ]

    static let copiesWithAPixel = [
        // 0 not examined for one, 1 examined, 2 a clean copy has taken its place and it goes.
        "ALTER TABLE copy ADD COLUMN cleaning INTEGER NOT NULL DEFAULT 0 CHECK (cleaning BETWEEN 0 AND 2)"
    ]
}
