import FoundationEssentials

/// The one form of time in hits: `2026-11-23T15:04:05.123Z` (RFC 3339, UTC, exactly three digits of fraction).
package enum Timestamp {
    /// Rounded to the millisecond. Times outside the years 0000 to 9999 are written as the nearest that is inside.
    package static func format(_ date: Date) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(24)
        append(date, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    static func append(_ date: Date, to out: inout [UInt8]) {
        let milliseconds = clamped(date.timeIntervalSinceReferenceDate * 1000) + referenceMilliseconds
        let day = floorDivide(milliseconds, millisecondsPerDay)
        let rest = milliseconds - day * millisecondsPerDay
        let (year, month, dayOfMonth) = civil(fromDay: day)
        append(year, digits: 4, to: &out)
        out.append(UInt8(ascii: "-"))
        append(month, digits: 2, to: &out)
        out.append(UInt8(ascii: "-"))
        append(dayOfMonth, digits: 2, to: &out)
        out.append(UInt8(ascii: "T"))
        append(rest / 3_600_000, digits: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        append(rest / 60_000 % 60, digits: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        append(rest / 1000 % 60, digits: 2, to: &out)
        out.append(UInt8(ascii: "."))
        append(rest % 1000, digits: 3, to: &out)
        out.append(UInt8(ascii: "Z"))
    }

    /// `2026-11-23`, UTC.
    package static func day(_ date: Date) -> String { String(format(date).prefix(10)) }

    /// `nil` unless the text has exactly this form and names a time that exists (no leap seconds: logs have none).
    package static func parse(_ text: String) -> Date? { parse(Array(text.utf8.prefix(25))[...]) }

    static func parse(_ text: ArraySlice<UInt8>) -> Date? {
        guard text.count == shape.count else { return nil }
        let bytes = Array(text)
        for (byte, expected) in zip(bytes, shape) where expected != UInt8(ascii: "0") {
            guard byte == expected else { return nil }
        }
        guard let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19]), let fraction = number(bytes[20..<23]),
            (1...12).contains(month), (1...daysInMonth(year: year, month: month)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds = (dayNumber(year: year, month: month, day: day) * 24 + hour) * 3600 + minute * 60 + second
        return date(seconds * 1000 + fraction)
    }

    /// Whether it would be read as it is when it is written.
    static func isExact(_ date: Date) -> Bool {
        self.date(clamped(date.timeIntervalSinceReferenceDate * 1000) + referenceMilliseconds) == date
    }
}

private extension Timestamp {
    static let shape = Array("0000-00-00T00:00:00.000Z".utf8)
    static let millisecondsPerDay: Int64 = 86_400_000
    /// 1970-01-01 to 2001-01-01, where `Date` starts to count.
    static let referenceMilliseconds: Int64 = 978_307_200_000

    static func clamped(_ milliseconds: Double) -> Int64 {
        // 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z; the comparisons also catch NaN.
        let earliest: Int64 = -62_167_219_200_000 - referenceMilliseconds
        let latest: Int64 = 253_402_300_799_999 - referenceMilliseconds
        guard milliseconds > Double(earliest) else { return earliest }
        guard milliseconds < Double(latest) else { return latest }
        return Int64(milliseconds.rounded())
    }

    /// Milliseconds since 1970.
    static func date(_ milliseconds: Int64) -> Date {
        Date(timeIntervalSinceReferenceDate: Double(milliseconds - referenceMilliseconds) / 1000)
    }

    static func append(_ value: Int64, digits: Int, to out: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            out.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return value
    }

    static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((b - 1 - a) / b) }

    static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    static func daysInMonth(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01. Years are taken to begin in March, so that the leap day is the last of its year
    /// and the months' lengths follow (153 m + 2) / 5.
    static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month > 2 ? year : year - 1
        let month = month > 2 ? month - 3 : month + 9
        let leapDays = floorDivide(year, 4) - floorDivide(year, 100) + floorDivide(year, 400)
        return year * 365 + leapDays + (153 * month + 2) / 5 + day - 1 - 719_468
    }

    static func civil(fromDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let sinceZero = day + 719_468
        let cycle = floorDivide(sinceZero, 146_097)
        let inCycle = sinceZero - cycle * 146_097
        let yearInCycle = (inCycle - inCycle / 1460 + inCycle / 36_524 - inCycle / 146_096) / 365
        let inYear = inCycle - (365 * yearInCycle + yearInCycle / 4 - yearInCycle / 100)
        let marchMonth = (5 * inYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = cycle * 400 + yearInCycle + (month <= 2 ? 1 : 0)
        return (year, month, inYear - (153 * marchMonth + 2) / 5 + 1)
    }
}
