import Foundation
import Opens

/// `sentmark ranges status --json`. Fields are added, never changed or taken away.
struct RangesJSON: Encodable {
    struct List: Encodable {
        let name: String
        /// `fetched`, `built_in`, `none`, `off` or `unusable`.
        let state: String
        let prefixes: Int?
        let fetchedAt: Date?
        let ageDays: Int?
        let isOld: Bool?
        let source: String?
        let problem: String?
    }

    struct Table: Encodable {
        let prefixes: Int
        let bytes: Int
    }

    struct Database: Encodable {
        let name: String?
        let builtAt: Date?
        let problem: String?
    }

    let lists: [List]
    let table: Table
    let asnDatabase: Database?

    init(_ report: RangesReport) {
        lists = report.lists.map { List($0.list, $0.state, report) }
        table = Table(prefixes: report.prefixes, bytes: report.bytes)
        asnDatabase = report.database.map { result in
            switch result {
            case .success(let database): Database(name: database.name, builtAt: database.built, problem: nil)
            case .failure(let failure): Database(name: nil, builtAt: nil, problem: "\(failure)")
            }
        }
    }
}

extension RangesJSON.List {
    fileprivate init(_ list: PublishedList, _ state: RangesReport.State, _ report: RangesReport) {
        var prefixes: Int?
        var fetched: Date?
        var days: Int?
        var source: String?
        var problem: String?
        let word: String
        switch state {
        case .stored(let stored):
            word = "fetched"
            (prefixes, fetched, days) = (stored.published, stored.fetched, report.age(stored.fetched))
            source = stored.source
        case .builtIn(let count, let date):
            word = "built_in"
            (prefixes, days) = (count, report.age(date))
        case .none: word = "none"
        case .off: word = "off"
        case .damaged(let failure):
            word = "unusable"
            problem = "\(failure)"
        }
        self.init(
            name: list.rawValue, state: word, prefixes: prefixes, fetchedAt: fetched, ageDays: days,
            isOld: days.map { $0 > PublishedList.oldAge }, source: source, problem: problem)
    }
}
