import Foundation

/// Times for people, in their time zone; JSON has UTC.
struct ClockText: Sendable {
    let calendar: Calendar

    init(_ zone: TimeZone = .current) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        self.calendar = calendar
    }

    /// `2026-11-23 15:04`
    func minute(_ date: Date) -> String {
        let parts = parts(date)
        return "\(parts.day) \(parts.time.prefix(5))"
    }

    /// `11-23 15:04`, and `2025-11-23` of another year.
    func short(_ date: Date, now: Date) -> String {
        let isThisYear = calendar.isDate(date, equalTo: now, toGranularity: .year)
        let parts = parts(date)
        return isThisYear ? "\(parts.day.suffix(5)) \(parts.time.prefix(5))" : parts.day
    }

    /// `2026-11-23 15:04:05`
    func second(_ date: Date) -> String {
        let parts = parts(date)
        return "\(parts.day) \(parts.time)"
    }

    private func parts(_ date: Date) -> (day: String, time: String) {
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        func text(_ numbers: [Int?], _ separator: String) -> String {
            numbers.map { number in
                let digits = String(number ?? 0)
                return digits.count < 2 ? "0" + digits : digits
            }.joined(separator: separator)
        }
        return (
            text([parts.year, parts.month, parts.day], "-"), text([parts.hour, parts.minute, parts.second], ":")
        )
    }
}
