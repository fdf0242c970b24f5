import FoundationEssentials

/// The date-time of RFC 5322 3.3 with its obsolete forms (4.3), read word by word: order matters little, so that the
/// forms of asctime and of careless clients are understood too.
package enum DateTime {
    static func parse(_ value: [UInt8]) -> Date? {
        var cursor = HeaderCursor(value.prefix(256))
        var day: Int?
        var month: Int?
        var year: Int?
        var time: Int?
        var zone: Int?
        while let word = cursor.word(until: { $0.isBlankOrLineEnd || $0 == UInt8(ascii: ",") }) {
            if word.isEmpty {
                cursor.advance()
            } else if let first = word.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
                zone = zone ?? offset(word)
            } else if word.contains(UInt8(ascii: ":")) {
                time = time ?? secondsOfDay(word)
            } else if let number = number(word) {
                if day == nil, word.count <= 2 {
                    day = number
                } else {
                    year = year ?? fullYear(number, digits: word.count)
                }
            } else if month == nil, let found = months.firstIndex(of: word.prefix(3).lowercasedText) {
                month = found + 1
            } else if time != nil {
                zone = zone ?? zones[word.lowercasedText]
            }
        }
        guard let day, let month, let year, let time, (1...9999).contains(year),
            (1...daysInMonth(month, of: year)).contains(day)
        else { return nil }
        // A zone that is missing or unknown is read as UTC (RFC 5322 4.3).
        let seconds = daysSince1970(year, month, day) * 86_400 + time - (zone ?? 0)
        return Date(timeIntervalSince1970: Double(seconds))
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    private static let zones: [String: Int] = [
        "ut": 0, "utc": 0, "gmt": 0, "z": 0, "est": -18_000, "edt": -14_400, "cst": -21_600, "cdt": -18_000,
        "mst": -25_200, "mdt": -21_600, "pst": -28_800, "pdt": -25_200,
    ]

    private static func number(_ word: ArraySlice<UInt8>) -> Int? {
        guard (1...4).contains(word.count), word.allSatisfy(\.isDigit) else { return nil }
        return word.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    /// RFC 5322 4.3: 00–49 are of this century, 50–99 and three digits count from 1900.
    private static func fullYear(_ number: Int, digits: Int) -> Int {
        switch digits {
        case ...2: number < 50 ? number + 2000 : number + 1900
        case 3: number + 1900
        default: number
        }
    }

    /// `hh:mm[:ss[.fraction]]`; a leap second is the next second.
    private static func secondsOfDay(_ word: ArraySlice<UInt8>) -> Int? {
        let fields = word.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (2...3).contains(fields.count), let hour = number(fields[0]), let minute = number(fields[1]) else {
            return nil
        }
        let whole = fields.count == 3 ? fields[2].prefix { $0 != UInt8(ascii: ".") } : [UInt8(ascii: "0")][...]
        guard let second = number(whole), hour < 24, minute < 60, second <= 60 else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// `+hhmm`, tolerating `+hh:mm`; `nil` out of range.
    private static func offset(_ word: ArraySlice<UInt8>) -> Int? {
        let digits = word.dropFirst().filter(\.isDigit)
        guard digits.count == 4, let number = number(digits[...]), number / 100 < 24, number % 100 < 60 else {
            return nil
        }
        let seconds = number / 100 * 3600 + number % 100 * 60
        return word.first == UInt8(ascii: "-") ? -seconds : seconds
    }

    private static func daysInMonth(_ month: Int, of year: Int) -> Int {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// Days of the proleptic Gregorian calendar, counted in years that begin in March.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
    }
}
