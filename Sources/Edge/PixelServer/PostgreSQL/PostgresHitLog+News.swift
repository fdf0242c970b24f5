import Tokens

extension PostgresHitLog {
    /// One row of one table, unless something has happened: asked for four times a second, it costs a server that is
    /// idle next to nothing. NOTIFY is not used: not every server that speaks PostgreSQL's protocol has it, and its
    /// senders wait for each other at their commits.
    package func news() throws(PixelServerError) -> News {
        try read { (connection, until) throws(PostgresFailure) in
            var news = News()
            let seq = try self.look(connection, until: until).seq
            let told = self.shared.withLock { $0.told }
            if seq > told {
                let statements = self.tables(after: told).map { month in
                    PostgresStatement(
                        """
                        SELECT stream, max(seq) FROM \(PostgresSchema.hits(month))
                        WHERE seq > $1::bigint AND seq <= $2::bigint GROUP BY stream
                        """, [.integer(told), .integer(seq)], name: "news_\(month)")
                }
                for row in try connection.run(statements, until: until).flatMap(\.self) where row.count == 2 {
                    guard let stream = row[0].flatMap(UInt32.init).flatMap(StreamID.init),
                        let last = row[1].flatMap(Int64.init)
                    else { continue }
                    news.last[stream] = max(last, news.last[stream] ?? 0)
                }
            }
            let known = self.shared.withLock { $0.streamsVersion }
            let streams = try PostgresStreams.read(connection, ifOtherThan: known, until: until)
            news.streams = streams?.records
            self.shared.withLock { shared in
                shared.told = max(shared.told, seq)
                if let streams { shared.streamsVersion = streams.version }
            }
            return news
        }
    }
}
