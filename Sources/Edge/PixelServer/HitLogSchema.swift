import GRDB

/// Numbered migrations of `hits.db`; one that was released is never edited.
enum HitLogSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            // One row: which log this is, and the key of its cursors.
            try db.execute(
                sql: """
                    CREATE TABLE log (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        uuid BLOB NOT NULL CHECK (length(uuid) = 16),
                        cursor_key BLOB NOT NULL CHECK (length(cursor_key) = 32)
                    ) STRICT
                    """)
            // AUTOINCREMENT: a number that retention has deleted is never given again, or a cursor would skip a hit.
            try db.execute(
                sql: """
                    CREATE TABLE hits (
                        seq INTEGER PRIMARY KEY AUTOINCREMENT,
                        at INTEGER NOT NULL,
                        stream INTEGER NOT NULL CHECK (stream BETWEEN 0 AND 16777215),
                        token TEXT NOT NULL CHECK (length(token) = 40),
                        method TEXT CHECK (length(method) <= 16),
                        net TEXT CHECK (length(net) = 16),
                        netclass TEXT CHECK (length(netclass) <= 64),
                        asn INTEGER CHECK (asn BETWEEN 0 AND 4294967295),
                        self_net INTEGER NOT NULL CHECK (self_net IN (0, 1)),
                        ua TEXT CHECK (length(ua) <= 256),
                        family TEXT CHECK (length(family) <= 64),
                        signals TEXT CHECK (length(signals) <= 1024)
                    ) STRICT
                    """)
            try db.execute(sql: "CREATE INDEX hits_by_stream ON hits (stream, seq)")
            try db.execute(sql: "CREATE INDEX hits_by_time ON hits (at)")
            // How often a token was requested on a day (days since 1970, UTC), stored or not.
            try db.execute(
                sql: """
                    CREATE TABLE tallies (
                        token TEXT NOT NULL CHECK (length(token) = 40),
                        day INTEGER NOT NULL,
                        requests INTEGER NOT NULL CHECK (requests > 0),
                        PRIMARY KEY (token, day)
                    ) STRICT, WITHOUT ROWID
                    """)
            try db.execute(
                sql: """
                    CREATE TABLE network_keys (
                        day INTEGER PRIMARY KEY,
                        key BLOB NOT NULL CHECK (length(key) = 32)
                    ) STRICT
                    """)
            try db.execute(
                sql: """
                    CREATE TABLE counters (
                        name TEXT PRIMARY KEY,
                        value INTEGER NOT NULL CHECK (value >= 0)
                    ) STRICT, WITHOUT ROWID
                    """)
            try db.execute(sql: "INSERT INTO counters VALUES ('forged', 0), ('capped', 0)")
        }
        // In place of an index on times, which was a B-tree more for each hit: no hit of an hour (since 1970, UTC) has a
        // number outside of `first` to `last`. Hits of other hours may have one in there.
        migrator.registerMigration("2") { db in
            try db.execute(
                sql: """
                    CREATE TABLE hours (
                        hour INTEGER PRIMARY KEY,
                        first INTEGER NOT NULL,
                        last INTEGER NOT NULL CHECK (last >= first)
                    ) STRICT
                    """)
            try db.execute(
                sql: """
                    INSERT INTO hours SELECT at / \(Int64.hourMilliseconds) AS hour, min(seq), max(seq)
                    FROM hits GROUP BY hour
                    """)
            try db.execute(sql: "DROP INDEX hits_by_time")
        }
        return migrator
    }
}
