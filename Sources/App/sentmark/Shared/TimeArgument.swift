import ArgumentParser
import Foundation

/// A time as a person gives it: a span back from now (`7d`), a day (`2026-11-23`) or a moment (`2026-11-23T15:04`).
enum TimeArgument: Equatable, ExpressibleByArgument {
    case ago(seconds: Int)
    case day(year: Int, month: Int, day: Int)
    case moment(year: Int, month: Int, day: Int, hour: Int, minute: Int)

    private static let units: [Character: Int] = [
        "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000,
    ]

    init?(argument: String) {
        if let unit = argument.last.flatMap({ Self.units[$0] }), let number = Self.number(argument.dropLast(), 1...5) {
            self = .ago(seconds: number * unit)
            return
        }
        let halves = argument.split(separator: argument.contains("T") ? "T" : " ", omittingEmptySubsequences: false)
        let date = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count <= 2, date.count == 3, let year = Self.number(date[0], 4...4),
            let month = Self.number(date[1], 1...2), let day = Self.number(date[2], 1...2)
        else { return nil }
        if halves.count == 1 {
            self = .day(year: year, month: month, day: day)
        } else {
            let time = halves[1].split(separator: ":", omittingEmptySubsequences: false)
            guard time.count == 2, let hour = Self.number(time[0], 1...2), let minute = Self.number(time[1], 2...2),
                hour < 24, minute < 60
            else { return nil }
            self = .moment(year: year, month: month, day: day, hour: hour, minute: minute)
        }
        guard let first = first(now: .distantPast, in: Self.check), Self.check.component(.day, from: first) == day,
            Self.check.component(.month, from: first) == month
        else { return nil }
    }

    /// Where it begins; `nil` for a day that does not exist.
    func first(now: Date, in calendar: Calendar) -> Date? {
        switch self {
        case .ago(let seconds): now.addingTimeInterval(-Double(seconds))
        case .day(let year, let month, let day):
            calendar.date(from: DateComponents(year: year, month: month, day: day))
        case .moment(let year, let month, let day, let hour, let minute):
            calendar.date(from: DateComponents(year: year, month: month, day: day, hour: hour, minute: minute))
        }
    }

    /// Where it is over: a day includes all of itself.
    func end(now: Date, in calendar: Calendar) -> Date? {
        guard let first = first(now: now, in: calendar) else { return nil }
        if case .day = self { return calendar.date(byAdding: .day, value: 1, to: first) }
        return first
    }

    private static let check: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    private static func number(_ digits: Substring, _ count: ClosedRange<Int>) -> Int? {
        guard count.contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(digits)
    }
}
