/// Hits and verdicts that take less room: the migrations for it.
extension Schema {
    static let verdictsByMessageAlone = [
        // A hit that goes took its verdicts along, for which each was in an index a second time. Now who deletes a hit deletes
        // them, since a hit's messages are known.
        """
        CREATE TABLE verdict_of_message (
            message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
            hit_id INTEGER NOT NULL,
            class TEXT NOT NULL,
            p_person REAL NOT NULL CHECK (p_person BETWEEN 0 AND 1),
            confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
            rule TEXT NOT NULL CHECK (rule <> ''),
            PRIMARY KEY (message_id, hit_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        INSERT INTO verdict_of_message SELECT message_id, hit_id, class, p_person, confidence, rule FROM verdict
            ORDER BY message_id, hit_id
        """,
        "DROP TABLE verdict",
        "ALTER TABLE verdict_of_message RENAME TO verdict",
    ]

    static let logsByNumber = [
        // The identity of its log, 36 characters, was in each hit and in an index of it.
        """
        CREATE TABLE hit_log (
            id INTEGER PRIMARY KEY,
            source_id INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE,
            name TEXT NOT NULL,                       -- its identity
            UNIQUE (source_id, name)
        ) STRICT
        """,
        "INSERT INTO hit_log (source_id, name) SELECT DISTINCT source_id, log FROM hit",
        """
        CREATE TABLE hit_of_log (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            source_id INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE,
            log_id INTEGER NOT NULL REFERENCES hit_log(id) ON DELETE CASCADE,
            seq INTEGER NOT NULL CHECK (seq > 0),
            at INTEGER NOT NULL,
            token_key TEXT NOT NULL,
            body BLOB NOT NULL,                       -- the hit as served (JSON)
            received_at INTEGER NOT NULL,
            UNIQUE (log_id, seq)
        ) STRICT
        """,
        """
        INSERT INTO hit_of_log
            SELECT hit.id, hit.source_id, hit_log.id, seq, at, token_key, body, received_at
            FROM hit JOIN hit_log ON hit_log.source_id = hit.source_id AND hit_log.name = hit.log ORDER BY hit.id
        """,
        // Numbers of hits that are deleted do not come back.
        "DELETE FROM sqlite_sequence WHERE name = 'hit_of_log'",
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'hit_of_log', seq FROM sqlite_sequence WHERE name = 'hit'",
        "DROP TABLE hit",
        "ALTER TABLE hit_of_log RENAME TO hit",
        "CREATE INDEX hit_by_key ON hit(token_key, at)",
        "CREATE INDEX hit_by_time ON hit(source_id, at)",
    ]
}
