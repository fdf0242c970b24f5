import Opens

/// What is known of the networks that hits are looked up in.
enum NetworkChecks {
    static func checks(_ report: RangesReport) -> [Check] {
        lists(report) + unusable(report) + database(report)
    }

    private static let topic = "networks"

    private static func lists(_ report: RangesReport) -> [Check] {
        let update = "run 'sentmark ranges update', or set auto = true in [ranges]"
        let stored = report.stored
        guard !stored.isEmpty else {
            return [
                Check(
                    topic, "lists", .warning,
                    "none fetched; what is built in (\(report.prefixes) prefixes) lacks most of "
                        + "Apple's relay and all clouds", action: update)
            ]
        }
        if let oldest = report.old.first {
            let names = report.old.map(\.list.rawValue).joined(separator: ", ")
            return [
                Check(
                    topic, "lists", .warning,
                    "older than \(PublishedList.oldAge) days: \(names); the oldest has \(oldest.days)", action: update)
            ]
        }
        let days = stored.map { report.age($0.fetched) }.max() ?? 0
        return [
            Check(
                topic, "lists", .good,
                "\(stored.count.counted("list")), \(report.prefixes) prefixes, "
                    + "the oldest fetched \(days.counted("day")) ago")
        ]
    }

    private static func unusable(_ report: RangesReport) -> [Check] {
        report.lists.compactMap { list, state in
            guard case .damaged(let failure) = state else { return nil }
            return Check(
                topic, list.rawValue, .warning, "\(failure.detail), and not used", action: failure.action)
        }
    }

    private static func database(_ report: RangesReport) -> [Check] {
        switch report.database {
        case nil: []
        case .failure(let failure): [Check(topic, "ASN database", failure)]
        case .success(let database):
            [
                Check(
                    topic, "ASN database", .good,
                    "\(database.name), of \(Timestamp.day(database.built))")
            ]
        }
    }
}
