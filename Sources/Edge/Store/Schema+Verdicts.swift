/// Verdicts without an index by hit: the migration for it.
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
}
