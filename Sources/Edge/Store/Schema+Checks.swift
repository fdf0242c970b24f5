/// Values that are checked without a table: the migration for it.
extension Schema {
    /// SQLite makes a table of a list of more than two, for each row that is checked against it.
    static let plainChecks = [
        """
        CREATE TABLE checked_token (
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            token TEXT NOT NULL,                      -- canonical text of an own token, or a foreign one as found
            kind TEXT NOT NULL CHECK (kind = 'own' OR kind = 'foreign' OR kind = 'unverified'),
            quoted INTEGER NOT NULL CHECK (quoted IN (0, 1)),
            token_key TEXT NOT NULL,                  -- what hits are joined by: see TokenKey
            PRIMARY KEY (message_id, token)
        ) STRICT, WITHOUT ROWID
        """,
        """
        INSERT INTO checked_token SELECT message_id, token, kind, quoted, token_key FROM message_token
            ORDER BY message_id, token
        """,
        "DROP TABLE message_token",
        "ALTER TABLE checked_token RENAME TO message_token",
        "CREATE INDEX message_token_by_key ON message_token(token_key)",
        """
        CREATE TABLE checked_written (
            id INTEGER PRIMARY KEY,
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            folder_id INTEGER REFERENCES folder(id) ON DELETE SET NULL,
            uid INTEGER NOT NULL,
            at INTEGER NOT NULL,
            action TEXT NOT NULL
                CHECK (action = 'add' OR action = 'remove' OR action = 'refused' OR action = 'withdrawn'),
            keyword TEXT NOT NULL,
            detail TEXT NOT NULL DEFAULT ''
        ) STRICT
        """,
        """
        INSERT INTO checked_written SELECT id, message_id, folder_id, uid, at, action, keyword, detail FROM written
            ORDER BY id
        """,
        "DROP TABLE written",
        "ALTER TABLE checked_written RENAME TO written",
        "CREATE INDEX written_by_message ON written(message_id, id)",
        """
        CREATE TABLE checked_outgoing (
            id INTEGER PRIMARY KEY,
            account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            message INTEGER REFERENCES message(id) ON DELETE SET NULL,  -- if it is tracked
            message_id TEXT,                          -- as in the header, without brackets
            subject_hash BLOB NOT NULL,               -- SHA-256 of the subject as people see it
            content_hash BLOB,                        -- SHA-256 of all of it, if it goes out as several copies
            way TEXT NOT NULL,                        -- smtp, sendmail, outbox
            at INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state = 'registered' OR state = 'partial' OR state = 'accepted'
                OR state = 'refused' OR state = 'uncertain'),
            reply TEXT NOT NULL DEFAULT '',           -- what the provider said last
            provider_id TEXT                          -- the Message-ID that it says it gave
        ) STRICT
        """,
        """
        INSERT INTO checked_outgoing SELECT id, account_id, message, message_id, subject_hash, content_hash, way, at, state,
            reply, provider_id FROM outgoing ORDER BY id
        """,
        "DROP TABLE outgoing",
        "ALTER TABLE checked_outgoing RENAME TO outgoing",
        "CREATE INDEX outgoing_by_header ON outgoing(message_id)",
        "CREATE INDEX outgoing_by_time ON outgoing(at)",
        "CREATE INDEX outgoing_by_provider ON outgoing(LOWER(provider_id)) WHERE provider_id IS NOT NULL",
    ]
}
