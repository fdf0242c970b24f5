/// How each mark is spelled, by [keywords], [labels] and [colours], and what an account shows of it.
extension Decoder {
    func keywords(_ section: Section<MarkKey>?) -> Settings.ByMark {
        byMark(section, Defaults.keywords, "keyword", isUnique: true, Self.keyword)
    }

    func labels(_ section: Section<MarkKey>?) -> Settings.ByMark {
        byMark(section, Defaults.labels, "label", isUnique: true, Self.label)
    }

    func colors(_ section: Section<MarkKey>?) -> Settings.ByMark {
        byMark(section, Defaults.colors, "colour", isUnique: false, Self.color)
    }

    func show(_ section: Section<AccountKey>) -> Settings.Show {
        let displays = Settings.Display.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        let form = "\"auto\", \"none\", or a list of \(displays)"
        guard let node = section.node(.show) else { return Defaults.show }
        guard case .array = node.value.value else {
            let word = section.parsed(section.string(.show, expected: form)) { text throws(Rejection) in
                if text == "auto" { return Settings.Show.automatic }
                if text == "none" { return .these([]) }
                return .these([try Self.display(text, form)])
            }
            return word?.value ?? Defaults.show
        }
        let chosen = (section.strings(.show, expected: form) ?? []).compactMap { text in
            section.parsed(text) { text throws(Rejection) in try Self.display(text, form) }?.value
        }
        return .these(Set(chosen))
    }

    private static func display(_ text: String, _ form: String) throws(Rejection) -> Settings.Display {
        guard let display = Settings.Display(rawValue: text) else {
            throw Rejection(what: "\(quoted(text)) is no way to show something", expected: form)
        }
        return display
    }

    /// The name of a folder as the user reads it.
    func folder<Key>(_ section: Section<Key>, _ key: Key) -> String? {
        let form = "the name of a folder, at most \(Limits.labelBytes) bytes"
        return section.parsed(section.string(key, expected: form)) { text throws(Rejection) in
            guard text.utf8.count <= Limits.labelBytes else {
                throw Rejection(what: "is \(text.utf8.count) bytes long", expected: form)
            }
            return text
        }?.value
    }
}

extension Decoder {
    private func byMark(
        _ section: Section<MarkKey>?, _ defaults: [MarkKey: String], _ what: String, isUnique: Bool,
        _ check: (String) throws(Rejection) -> String
    ) -> Settings.ByMark {
        var chosen = defaults
        for key in MarkKey.allCases {
            guard let section, let node = section.node(key) else { continue }
            if case .boolean(false) = node.value.value {
                chosen[key] = nil
            } else if let word = section.parsed(
                section.text(of: node, expected: "a \(what), or false to switch it off"), check)
            {
                chosen[key] = word.value
            }
        }
        if isUnique { reportShared(chosen, section, what) }
        return Settings.ByMark(
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

    /// A backslash begins the names of Gmail's own (`\Sent`), and it cuts blanks off at the ends.
    private static func label(_ text: String) throws(Rejection) -> String {
        let form = "a name of at most \(Limits.labelBytes) bytes, without a backslash, and without blanks at its ends"
        guard text.utf8.count <= Limits.labelBytes, !text.contains("\\"), text.first != " ", text.last != " " else {
            throw Rejection(what: "\(quoted(text)) is no name for a label", expected: form)
        }
        return text
    }

    private static func color(_ text: String) throws(Rejection) -> String {
        guard Settings.colorNames.contains(text) else {
            throw Rejection(
                what: "\(quoted(text)) is no colour of a flag",
                expected: "one of " + Settings.colorNames.joined(separator: ", ") + ", or false to switch it off")
        }
        return text
    }

    /// Two meanings in one keyword would undo each other's writes.
    private func reportShared(_ chosen: [MarkKey: String], _ section: Section<MarkKey>?, _ what: String) {
        guard let section else { return }
        for key in MarkKey.allCases {
            guard let word = chosen[key], let node = section.node(key) else { continue }
            let other = MarkKey.allCases.first { other in
                // The later of two that are both in the file is the one to report.
                let isEarlier = section.node(other).map { $0.position < node.position } ?? true
                return other != key && chosen[other]?.lowercased() == word.lowercased() && isEarlier
            }
            if let other {
                report.problem(
                    at: node.position, node.path, "\(quoted(word)) is also the \(what) of \(other.rawValue)",
                    expected: "a \(what) of its own, or false")
            }
        }
    }
}
