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

    func keywords(_ section: Section<KeywordsKey>?) -> Settings.Keywords {
        var chosen = Defaults.keywords
        for key in KeywordsKey.allCases {
            guard let section, let node = section.node(key) else { continue }
            if case .boolean(false) = node.value.value {
                chosen[key] = nil
            } else if let word = section.parsed(
                section.text(of: node, expected: "a keyword, or false to switch it off"), Self.keyword)
            {
                chosen[key] = word.value
            }
        }
        reportShared(chosen, section)
        return Settings.Keywords(
            tracked: chosen[.tracked], opened: chosen[.opened], openedAgain: chosen[.openedAgain],
            reached: chosen[.reached], clicked: chosen[.clicked], replied: chosen[.replied],
            followUp: chosen[.followUp], unreliable: chosen[.unreliable])
    }

    /// RFC 9051 allows more (flag-keyword is an atom); this is what survives every server and client, some of which
    /// fold case. "junk" anywhere in a keyword makes some clients treat the message as such.
    private static func keyword(_ text: String) throws(Rejection) -> String {
        let form =
            "at most 50 lower-case letters, digits and hyphens, or one of "
            + registered.sorted().joined(separator: ", ")
        func refused(_ what: String) -> Rejection { Rejection(what: "\(quoted(text)) \(what)", expected: form) }

        if registered.contains(text) { return text }
        guard text.utf8.count <= 50 else { throw refused("has \(text.utf8.count) characters") }
        guard text != "not-me" else { throw refused("belongs to the user, who sets it by hand") }
        guard !text.lowercased().contains("junk") else { throw refused("contains \"junk\"") }
        let allowed = text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        guard allowed else { throw refused("holds other characters") }
        return text
    }

    private static var registered: Set<String> { ["$Delivered", "$NotDelivered", "$Displayed", "$NotDisplayed"] }

    /// Two meanings in one keyword would undo each other's writes.
    private func reportShared(_ chosen: [KeywordsKey: String], _ section: Section<KeywordsKey>?) {
        guard let section else { return }
        for key in KeywordsKey.allCases {
            guard let word = chosen[key], let node = section.node(key) else { continue }
            let other = KeywordsKey.allCases.first { other in
                // The later of two that are both in the file is the one to report.
                let isEarlier = section.node(other).map { $0.position < node.position } ?? true
                return other != key && chosen[other] == word && isEarlier
            }
            if let other {
                report.problem(
                    at: node.position, node.path, "\(quoted(word)) is also the keyword of \(other.rawValue)",
                    expected: "a keyword of its own, or false")
            }
        }
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
