import FoundationEssentials

/// The times of access logs, and of what providers tell.
enum LogTime {
    /// `26/Nov/2026:05:37:58 +0000`.
    static func combined(_ text: String) -> Date? {
        let parts = text.split(whereSeparator: { "/: ".contains($0) })
        guard parts.count == 7, let day = number(parts[0], 2), let year = number(parts[2], 4),
            let month = months.firstIndex(of: parts[1].lowercased()), let hour = number(parts[3], 2),
            let minute = number(parts[4], 2), let second = number(parts[5], 2), let zone = offset(parts[6])
        else { return nil }
        return date(year, month + 1, day, hour, minute, Double(second), zone)
    }

    /// `2026-11-26T05:37:58+00:00`, `…58.123Z`.
    static func iso8601(_ text: String) -> Date? {
        guard let t = text.firstIndex(where: { $0 == "T" || $0 == " " }) else { return nil }
        let day = text[..<t].split(separator: "-")
        let rest = text[text.index(after: t)...]
        let clock = rest.prefix { $0.isNumber || $0 == ":" || $0 == "." }
        let time = clock.split(separator: ":")
        guard day.count == 3, time.count == 3, let year = number(day[0], 4), let month = number(day[1], 2),
            let dayOfMonth = number(day[2], 2), let hour = number(time[0], 2), let minute = number(time[1], 2),
            let second = Double(time[2]), let zone = offset(rest[clock.endIndex...])
        else { return nil }
        return date(year, month, dayOfMonth, hour, minute, second, zone)
    }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    private static func number(_ text: Substring, _ digits: Int) -> Int? {
        text.utf8.count == digits && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    /// Seconds east of Greenwich: `Z`, `+0100`, `-05:30`.
    private static func offset(_ text: Substring) -> Int? {
        if text == "Z" { return 0 }
        let digits = text.dropFirst().filter { $0 != ":" }
        guard let sign = text.first, sign == "+" || sign == "-", digits.count == 4,
            let value = number(Substring(digits), 4), value / 100 < 24, value % 100 < 60
        else { return nil }
        return (sign == "-" ? -1 : 1) * (value / 100 * 3600 + value % 100 * 60)
    }

    private static func date(
        _ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Double, _ zone: Int
    ) -> Date? {
        guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            (0..<61).contains(second)
        else { return nil }
        // Days from 1970-01-01, in years that begin in March.
        let y = month > 2 ? year : year - 1
        let era = y / 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let yearOfEra = y - era * 400
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return Date(timeIntervalSince1970: Double(days * 86_400 + hour * 3600 + minute * 60 - zone) + second)
    }
}
