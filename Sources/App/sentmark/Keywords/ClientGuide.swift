/// How one mail program is made to show the keywords, or what to do where it cannot.
struct ClientGuide: Sendable {
    enum Ability: String, Sendable, Encodable {
        /// Shows keywords once it has the lines.
        case yes
        /// Shows them by itself.
        case byItself = "by itself"
        case no
    }

    /// What is typed.
    let name: String
    let aliases: [String]
    /// What it is called.
    let title: String
    let ability: Ability
    /// Its versions that were seen to do what the text says; `nil` where the text follows its documentation alone.
    let tried: String?
    /// Lines for the program's configuration, explanations as comments in its own language.
    let text: @Sendable ([KeywordLook]) -> String

    init(
        _ name: String, _ title: String, _ ability: Ability, aliases: [String] = [], tried: String? = nil,
        text: @escaping @Sendable ([KeywordLook]) -> String
    ) {
        self.name = name
        self.aliases = aliases
        self.title = title
        self.ability = ability
        self.tried = tried
        self.text = text
    }

    static let all: [ClientGuide] = [
        thunderbird, thunderbirdAndroid, neomutt, mutt, aerc, meli, roundcube, nextcloud, evolution, claws, kmail,
        fairemail, mailmate, appleMail, gmail, outlook, geary, notmuch,
    ]

    /// In any case, blanks and hyphens left out: `Apple Mail` is `applemail`.
    static func find(_ name: String) -> ClientGuide? {
        func plain(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
        return all.first { guide in ([guide.name] + guide.aliases).contains { plain($0) == plain(name) } }
    }
}
