import Agent
import Foundation
import Host
import Networks
import Opens
import Settings

/// What hits are looked up in, as it lies on the disk.
struct RangesReport: Sendable {
    enum State: Sendable {
        case stored(NetworkList)
        /// Prefixes, and the oldest of their dates.
        case builtIn(Int, Date)
        case none
        case off
        case damaged(Failure)
    }

    struct Database: Sendable {
        let name: String
        let built: Date
    }

    var lists: [(list: PublishedList, state: State)]
    /// Of the table that these lists and the built-in facts make.
    var prefixes: Int
    var bytes: Int
    var database: Result<Database, Failure>?
    var now: Date

    /// Days since then; never less than 0, whatever clocks say.
    func age(_ date: Date) -> Int { max(0, Int((now.timeIntervalSince(date) / 86_400).rounded(.down))) }

    /// Those fetched more than ``PublishedList/oldAge`` days ago, the oldest first.
    var old: [(list: PublishedList, days: Int)] {
        lists.compactMap { list, state in
            guard case .stored(let stored) = state, age(stored.fetched) > PublishedList.oldAge else { return nil }
            return (list, age(stored.fetched))
        }.sorted { $0.days > $1.days }
    }

    var stored: [NetworkList] {
        lists.compactMap { if case .stored(let list) = $0.state { list } else { nil } }
    }
}

extension RangesReport {
    /// Looks, and changes nothing.
    init(_ settings: Settings.Ranges, _ directory: RangesDirectory, now: Date) {
        self.now = now
        lists = PublishedList.allCases.map { list -> (list: PublishedList, state: State) in
            guard settings.urls[list] != nil else { return (list, .off) }
            do throws(HostError) {
                if let stored = try directory.read(list) { return (list, .stored(stored)) }
            } catch {
                return (list, .damaged(Failure(error)))
            }
            return (list, Self.builtIn(list))
        }
        prefixes = 0
        bytes = 0
        let table = NetworkTable.combining(stored)
        prefixes = table.count
        bytes = table.byteCount
        database = settings.asnDatabase.map { path in
            do throws(HostError) {
                let database = try ASNDatabase(reading: path)
                return .success(Database(name: database.name, built: database.built))
            } catch {
                return .failure(Failure(error))
            }
        }
    }

    private static func builtIn(_ list: PublishedList) -> State {
        let groups = NetworkTable.builtInGroups.filter { list.classes.contains($0.networkClass) }
        guard let oldest = groups.compactMap({ Timestamp.parse($0.date + "T00:00:00.000Z") }).min() else {
            return .none
        }
        return .builtIn(groups.reduce(0) { $0 + $1.prefixes.count }, oldest)
    }
}

extension RangesReport {
    func text(width: Int?, clock: ClockText) -> String {
        var table = TextTable([
            .init("LIST"), .init("IS"), .init("PREFIXES", .right), .init("OF"), .init("DAYS", .right),
        ])
        table.rows = lists.map { list, state in
            switch state {
            case .stored(let stored):
                let days = age(stored.fetched)
                return [
                    list.rawValue, days > PublishedList.oldAge ? "fetched, old" : "fetched", "\(stored.published)",
                    clock.minute(stored.fetched), "\(days)",
                ]
            case .builtIn(let count, let date):
                return [
                    list.rawValue, "built in", "\(count)", Timestamp.day(date), "\(age(date))",
                ]
            case .none: return [list.rawValue, "not there", "", "", ""]
            case .off: return [list.rawValue, "off", "", "", ""]
            case .damaged: return [list.rawValue, "unusable", "", "", ""]
            }
        }
        return table.rendered(width: width) + "\n" + summary.map { TerminalText.clean($0) + "\n" }.joined()
    }

    private var summary: [String] {
        var lines = [
            "In use: \(prefixes) prefixes, with what is built in, in \(bytes >> 10) KB of memory."
        ]
        switch database {
        case nil: break
        case .success(let database):
            lines.append("ASN database: \(database.name), of \(Timestamp.day(database.built)).")
        case .failure(let failure): lines.append("ASN database: \(failure).")
        }
        for (list, state) in lists {
            if case .damaged(let failure) = state { lines.append("\(list.rawValue): \(failure).") }
        }
        if stored.isEmpty {
            lines.append("No list has been fetched: 'sentmark ranges update' does it.")
        } else if let oldest = old.first {
            lines.append(
                "\(oldest.list.rawValue) is \(oldest.days) days old, more than \(PublishedList.oldAge): run "
                    + "'sentmark ranges update', or set auto = true in [ranges].")
        }
        return lines
    }
}
