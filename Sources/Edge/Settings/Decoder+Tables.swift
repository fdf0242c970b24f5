extension Decoder {
    func tracking(_ section: Section<TrackingKey>?) -> Settings.Tracking {
        let form = "http(s)://HOST/… with {token} once behind the host, such as \"https://t.example.org/o/{token}.png\""
        guard let section, let texts = section.strings(.patterns, expected: "a list of URLs: \(form)") else {
            return Settings.Tracking(patterns: [])
        }
        let patterns = texts.compactMap { text in
            section.parsed(text) { text throws(Rejection) in
                guard Self.isPattern(text) else {
                    throw Rejection(what: "\(quoted(text)) is not a pattern", expected: form)
                }
                return text
            }
        }
        return Settings.Tracking(patterns: patterns.map(\.value))
    }

    private static func isPattern(_ text: String) -> Bool {
        let places = text.ranges(of: "{token}")
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), places.count == 1, let place = places.first,
            text.utf8.filter({ $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }).count == 2,
            let scheme = ["https://", "http://"].first(where: text.hasPrefix)
        else { return false }
        let front = text[..<place.lowerBound].dropFirst(scheme.utf8.count)
        guard let end = front.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return false }
        return Authority(front[..<end]) != nil
    }

    func privacy(_ section: Section<PrivacyKey>?) -> Settings.Privacy {
        let form = Settings.PrivacyLevel.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        let level = section?.parsed(section?.string(.level, expected: "one of \(form)")) { text throws(Rejection) in
            guard let level = Settings.PrivacyLevel(rawValue: text) else {
                throw Rejection(what: "\(quoted(text)) is not a privacy level", expected: "one of \(form)")
            }
            return level
        }
        let retention = section.flatMap { span($0, .retention, within: Limits.retention) }
        return Settings.Privacy(
            level: level?.value ?? Defaults.privacyLevel, retention: retention ?? Defaults.retention)
    }
}
