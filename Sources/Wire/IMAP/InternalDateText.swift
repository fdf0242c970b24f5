/// RFC 9051, date-time: `"17-Jul-1996 02:44:25 -0700"`.
extension InternalDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Without the quotes. Quirk: `" 1-Jan-…"` and `"1-Jan-…"`, both for the first.
    init?(wire: [UInt8]) {
        let fields = wire.split { $0 == 0x20 }
        guard fields.count == 3 else { return nil }
        let date = fields[0].split(separator: UInt8(ascii: "-"))
        let time = fields[1].split(separator: UInt8(ascii: ":"))
        guard date.count == 3, time.count == 3,
            let month = Self.months.firstIndex(where: { date[1].equalsIgnoringCase($0) }),
            let day = Self.number(date[0], 1...31), let year = Self.number(date[2], 1...9999),
            let hour = Self.number(time[0], 0...23), let minute = Self.number(time[1], 0...59),
            let second = Self.number(time[2], 0...60), fields[2].count == 5,
            let zone = Self.number(fields[2].dropFirst(), 0...2359), zone % 100 < 60
        else { return nil }
        let isWest = fields[2].first == UInt8(ascii: "-")
        guard isWest || fields[2].first == UInt8(ascii: "+") else { return nil }
        let offset = (zone / 100 * 60 + zone % 100) * (isWest ? -1 : 1)
        let days = CalendarDay(year: year, month: month + 1, day: day).daysSince1970
        self.init(
            secondsSince1970: Int64(days * 86_400 + hour * 3600 + minute * 60 + second - offset * 60),
            zoneMinutes: offset)
    }

    /// With a two-digit day; `nil` outside the years 1…9999 and zones within a day.
    var wireText: String? {
        guard zoneMinutes.magnitude < 1440, secondsSince1970.magnitude < 400_000_000_000 else { return nil }
        let local = Int(secondsSince1970) + zoneMinutes * 60
        let days = local >= 0 ? local / 86_400 : -((86_399 - local) / 86_400)
        let seconds = local - days * 86_400
        let day = CalendarDay(daysSince1970: days)
        guard (1...9999).contains(day.year) else { return nil }
        let zone = abs(zoneMinutes)
        let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        let offset = (zoneMinutes < 0 ? "-" : "+") + Self.padded(zone / 60 * 100 + zone % 60, 4)
        return "\(Self.padded(day.day, 2))-\(Self.months[day.month - 1])-\(Self.padded(day.year, 4)) \(time) \(offset)"
    }

    private static func number(_ text: ArraySlice<UInt8>, _ range: ClosedRange<Int>) -> Int? {
        guard text.count <= 4, text.allSatisfy(\.isDigit), let value = Int(String(decoding: text, as: UTF8.self)),
            range.contains(value)
        else { return nil }
        return value
    }

    fileprivate static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    fileprivate static func monthName(_ month: Int) -> String? {
        (1...12).contains(month) ? months[month - 1] : nil
    }
}

/// The proleptic Gregorian calendar, counted in years that begin in March so that the odd day comes last.
extension CalendarDay {
    package init(daysSince1970 days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.init(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    package var daysSince1970: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// `1-Feb-2026`; `nil` for what is no date.
    var wireText: String? {
        guard let name = InternalDate.monthName(month), (1...31).contains(day), (1...9999).contains(year) else {
            return nil
        }
        return "\(day)-\(name)-\(InternalDate.padded(year, 4))"
    }
}
