import GRDB

/// Numbered migrations of agent.db; never edited once released.
///
/// Facts: account, folder, message, recipient, message_token, copy, source, hit_log, hit, flood, written, withdrawn, inherited,
/// refused, parked, copied, outgoing, outgoing_recipient, outbox, own_activity, incoming, incoming_folder; and `forgotten`
/// of message, which stands for hits that are deleted.
/// Derived (recomputable, each with the version of the rules that made it): verdict, message_domain, unreliable and the
/// standing columns of message.
/// Times are integer milliseconds since 1970 (UTC).
enum Schema {
    private static let migrations: [(name: String, statements: [String])] = [
        ("1 main job", mainJob),
        ("2 a lost database", lostDatabase),
        ("3 fewer questions", fewerQuestions),
        ("4 other signs than keywords", otherSigns),
        ("5 messages that move", messagesThatMove),
        ("6 copies with names of their own", namesOfCopies),
        ("7 mail on its way out", outgoingMail),
        ("8 drafts that are sent", draftsThatAreSent),
        ("9 copies with a pixel", copiesWithAPixel),
        ("10 what the sender does", whatTheSenderDoes),
        ("11 what a status proves", whatAStatusProves),
        ("12 messages that are told of by name", messagesToldOf),
        ("13 verdicts by message alone", verdictsByMessageAlone),
        ("14 logs by number", logsByNumber),
        ("15 checks without a table", plainChecks),
        ("16 fewer indexes of mail", fewerIndexes),
        ("17 colours of each copy", colorsOfCopies),
        ("18 visits that broke off", brokenVisits),
    ]

    static var migrator: DatabaseMigrator {
        migrations.reduce(into: DatabaseMigrator()) { migrator, migration in
            migrator.registerMigration(migration.name) { db in
                for statement in migration.statements { try db.execute(sql: statement) }
            }
        }
    }

    /// What the migrator makes of an empty database, in one transaction in place of one for each migration: who starts for
    /// the first time waits for it. Nothing happens if anything is in it.
    static func createIfEmpty(_ db: Database) throws {
        guard try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") == 0 else { return }
        // As the migrator does; it has no effect within a transaction.
        try db.execute(sql: "PRAGMA foreign_keys = OFF")
        defer { try? db.execute(sql: "PRAGMA foreign_keys = ON") }
        try db.inTransaction(.immediate) {
            try db.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
            for migration in migrations {
                for statement in migration.statements { try db.execute(sql: statement) }
                try db.execute(
                    sql: "INSERT INTO grdb_migrations (identifier) VALUES (?)", arguments: [migration.name])
            }
            return .commit
        }
    }

    private static let mainJob = [
        """
        CREATE TABLE meta (
            key TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE account (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE
        ) STRICT
        """,
        """
        CREATE TABLE folder (
            id INTEGER PRIMARY KEY,
            account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            name BLOB NOT NULL,                       -- wire bytes, modified UTF-7
            uid_validity INTEGER CHECK (uid_validity BETWEEN 1 AND 4294967295),
            uid_next INTEGER CHECK (uid_next BETWEEN 1 AND 4294967295),
            highest_modseq INTEGER,                   -- as of before the last complete look
            scan_since INTEGER,                       -- how far back the scan was asked to look; NULL is everything
            scan_complete INTEGER NOT NULL DEFAULT 0 CHECK (scan_complete IN (0, 1)),
            scanned TEXT NOT NULL DEFAULT '',         -- UID set, while the first scan is under way
            chunk INTEGER NOT NULL DEFAULT 0,         -- messages a request, 0 for the default
            UNIQUE (account_id, name)
        ) STRICT
        """,
        """
        CREATE TABLE message (
            id INTEGER PRIMARY KEY,
            account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            message_id TEXT,                          -- as in the header, without brackets
            subject TEXT NOT NULL DEFAULT '',
            sent_at INTEGER,
            tracked INTEGER NOT NULL CHECK (tracked IN (0, 1)),  -- carries a token of its own, not only a quoted one
            recipient_is_sender INTEGER NOT NULL DEFAULT 0 CHECK (recipient_is_sender IN (0, 1)),
            first_seen_at INTEGER NOT NULL,
            judge_due INTEGER NOT NULL DEFAULT 1 CHECK (judge_due IN (0, 1)),
            status TEXT NOT NULL DEFAULT 'unknown',
            readings INTEGER NOT NULL DEFAULT 0 CHECK (readings >= 0),
            evidence INTEGER NOT NULL DEFAULT 0 CHECK (evidence >= 0),
            first_open_at INTEGER,
            last_open_at INTEGER,
            review_at INTEGER,
            rules INTEGER NOT NULL DEFAULT 0
        ) STRICT
        """,
        "CREATE INDEX message_by_header ON message(account_id, message_id)",
        "CREATE INDEX message_judge_due ON message(id) WHERE judge_due = 1",
        "CREATE INDEX message_review ON message(review_at) WHERE review_at IS NOT NULL",
        """
        CREATE TABLE recipient (
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            name TEXT NOT NULL DEFAULT '',
            address TEXT NOT NULL,
            PRIMARY KEY (message_id, position)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE message_token (
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            token TEXT NOT NULL,                      -- canonical text of an own token, or a foreign one as found
            kind TEXT NOT NULL CHECK (kind IN ('own', 'foreign', 'unverified')),
            quoted INTEGER NOT NULL CHECK (quoted IN (0, 1)),
            token_key TEXT NOT NULL,                  -- what hits are joined by: see TokenKey
            PRIMARY KEY (message_id, token)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX message_token_by_key ON message_token(token_key)",
        """
        CREATE TABLE copy (
            id INTEGER PRIMARY KEY,
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            folder_id INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE,
            uid INTEGER NOT NULL CHECK (uid BETWEEN 1 AND 4294967295),
            flags TEXT NOT NULL DEFAULT '',           -- as last read, separated by spaces
            plan_due INTEGER NOT NULL DEFAULT 1 CHECK (plan_due IN (0, 1)),
            UNIQUE (folder_id, uid)
        ) STRICT
        """,
        "CREATE INDEX copy_by_message ON copy(message_id)",
        "CREATE INDEX copy_plan_due ON copy(folder_id) WHERE plan_due = 1",
        """
        CREATE TABLE source (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            log TEXT,                                 -- identity of the hit log that the cursor is of
            cursor TEXT,
            pulled_at INTEGER
        ) STRICT
        """,
        """
        CREATE TABLE hit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            source_id INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE,
            log TEXT NOT NULL,
            seq INTEGER NOT NULL CHECK (seq > 0),
            at INTEGER NOT NULL,
            token_key TEXT NOT NULL,
            body BLOB NOT NULL,                       -- the hit as served (JSON)
            received_at INTEGER NOT NULL,
            UNIQUE (source_id, log, seq)
        ) STRICT
        """,
        "CREATE INDEX hit_by_key ON hit(token_key, at)",
        "CREATE INDEX hit_by_time ON hit(source_id, at)",
        """
        CREATE TABLE verdict (
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            hit_id INTEGER NOT NULL REFERENCES hit(id) ON DELETE CASCADE,
            class TEXT NOT NULL,
            p_person REAL NOT NULL CHECK (p_person BETWEEN 0 AND 1),
            confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
            rule TEXT NOT NULL CHECK (rule <> ''),
            PRIMARY KEY (message_id, hit_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE written (
            id INTEGER PRIMARY KEY,
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            folder_id INTEGER REFERENCES folder(id) ON DELETE SET NULL,
            uid INTEGER NOT NULL,
            at INTEGER NOT NULL,
            action TEXT NOT NULL CHECK (action IN ('add', 'remove', 'refused', 'withdrawn')),
            keyword TEXT NOT NULL,
            detail TEXT NOT NULL DEFAULT ''
        ) STRICT
        """,
        "CREATE INDEX written_by_message ON written(message_id, id)",
        """
        CREATE TABLE withdrawn (
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            mark TEXT NOT NULL,
            evidence INTEGER NOT NULL,                -- what there was when the user removed the keyword
            PRIMARY KEY (message_id, mark)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE refusal (
            folder_id INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE,
            mark TEXT NOT NULL,
            reason TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (folder_id, mark)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE parked (
            folder_id INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE,
            uid INTEGER NOT NULL,
            reason TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (folder_id, uid)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE account_state (
            account_id INTEGER PRIMARY KEY REFERENCES account(id) ON DELETE CASCADE,
            state TEXT NOT NULL,                      -- connecting, scanning, idle, waiting, needs-user
            detail TEXT NOT NULL DEFAULT '',
            since INTEGER NOT NULL
        ) STRICT
        """,
    ]

    private static let lostDatabase = [
        // Whether everything that the source had to offer has been pulled once.
        "ALTER TABLE source ADD COLUMN read_to_end INTEGER NOT NULL DEFAULT 0 CHECK (read_to_end IN (0, 1))",
        "UPDATE source SET read_to_end = 1 WHERE pulled_at IS NOT NULL",
        """
        CREATE TABLE inherited (
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            mark TEXT NOT NULL,                       -- carried by a copy when this database first saw the message
            PRIMARY KEY (message_id, mark)
        ) STRICT, WITHOUT ROWID
        """,
    ]

    private static let fewerQuestions = [
        // Messages below uid_next as of the last complete look; NULL if that is not known.
        "ALTER TABLE folder ADD COLUMN message_count INTEGER CHECK (message_count >= 0)",
        // Which folder LIST led to, so that it need not be asked every time.
        """
        CREATE TABLE sent_folder (
            account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            wish TEXT NOT NULL,                       -- as in the configuration; empty for the one that is marked as Sent
            name BLOB NOT NULL,                       -- wire bytes, modified UTF-7
            found_at INTEGER NOT NULL,
            PRIMARY KEY (account_id, wish)
        ) STRICT, WITHOUT ROWID
        """,
    ]

    private static let otherSigns = [
        // What a folder, or one message in it, would not keep.
        """
        CREATE TABLE refused (
            folder_id INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE,
            uid INTEGER NOT NULL DEFAULT 0 CHECK (uid BETWEEN 0 AND 4294967295),  -- 0 is the folder as a whole
            projection TEXT NOT NULL,                 -- keyword, label, color, copy
            mark TEXT NOT NULL,
            text TEXT NOT NULL,                       -- as it was to be written
            reason TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (folder_id, uid, projection, mark)
        ) STRICT, WITHOUT ROWID
        """,
        """
        INSERT INTO refused (folder_id, projection, mark, text, reason, at)
            SELECT folder_id, 'keyword', mark, mark, reason, at FROM refusal
        """,
        "DROP TABLE refusal",
        // Ours, as last read, a line each; NULL while they have not been asked for.
        "ALTER TABLE copy ADD COLUMN labels TEXT",
        // The colours that we may have put on its flag, separated by spaces.
        "ALTER TABLE message ADD COLUMN paint TEXT NOT NULL DEFAULT ''",
        // Messages that are, or were, in the folder that the user has named for copies.
        """
        CREATE TABLE copied (
            account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            mailbox TEXT NOT NULL,                    -- as in the configuration
            message_id TEXT NOT NULL,                 -- as in the header, without brackets
            claimed_by INTEGER REFERENCES folder(id) ON DELETE SET NULL,  -- a COPY from there has not been answered yet
            PRIMARY KEY (account_id, mailbox, message_id)
        ) STRICT, WITHOUT ROWID
        """,
        // How far that folder has been looked through.
        """
        CREATE TABLE copy_folder (
            account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
            mailbox TEXT NOT NULL,
            uid_validity INTEGER NOT NULL CHECK (uid_validity BETWEEN 1 AND 4294967295),
            uid_next INTEGER NOT NULL CHECK (uid_next BETWEEN 1 AND 4294967295),
            PRIMARY KEY (account_id, mailbox)
        ) STRICT, WITHOUT ROWID
        """,
    ]

    private static let messagesThatMove = [
        // Not watched, only visited for the copies that are known there.
        "ALTER TABLE folder ADD COLUMN visited INTEGER NOT NULL DEFAULT 0 CHECK (visited IN (0, 1))",
        // In this scan the server has been asked where it would look.
        "ALTER TABLE folder ADD COLUMN hinted INTEGER NOT NULL DEFAULT 0 CHECK (hinted IN (0, 1))",
        // When to look for the message elsewhere: its last copy is gone, and it has not been looked for since.
        "ALTER TABLE message ADD COLUMN hunt_at INTEGER",
        "CREATE INDEX message_hunt ON message(account_id, hunt_at) WHERE hunt_at IS NOT NULL",
        // What the server answered to ID, so that it need not be asked every time.
        """
        CREATE TABLE server_id (
            account_id INTEGER PRIMARY KEY REFERENCES account(id) ON DELETE CASCADE,
            greeting TEXT NOT NULL,
            fields TEXT NOT NULL,                     -- JSON: [[name, value or null], …]
            told_at INTEGER NOT NULL
        ) STRICT
        """,
    ]

    private static let namesOfCopies = [
        // Its Message-ID, without brackets, if that is not the message's: a server has given it another one.
        "ALTER TABLE copy ADD COLUMN name TEXT"
    ]

    /// What is ours on one copy may be the user's on another one. `paint` of the message has all that was ever put on any of
    /// them: a copy begins with it, since it may be one that was elsewhere.
    private static let colorsOfCopies = [
        "ALTER TABLE copy ADD COLUMN paint TEXT NOT NULL DEFAULT ''",
        """
        UPDATE copy SET paint = (SELECT paint FROM message WHERE message.id = message_id)
        WHERE message_id IN (SELECT id FROM message WHERE paint <> '')
        """,
    ]
}
