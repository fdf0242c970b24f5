/// What a sendmail command is called with, by the usage that Sendmail, Postfix, Exim and msmtp share.
struct SendmailArguments: Equatable, Sendable {
    enum Mode: Equatable, Sendable {
        /// A message on standard input.
        case deliver
        /// SMTP on standard input and output (`-bs`).
        case smtp
        /// Queues, aliases, address tests: nothing that we do.
        case other(String)
    }

    var mode = Mode.deliver
    /// `-t`: recipients are also taken from the message.
    var readsRecipients = false
    /// `-i`: a line with a dot alone does not end the message.
    var ignoresDots = false
    /// `-f`, `-r`. An empty one is the null sender.
    var sender: String?
    /// `-F`.
    var fullName: String?
    /// `-N`, as in NOTIFY of RFC 3461.
    var notify: String?
    /// `-R`: full or hdrs.
    var returns: String?
    /// `-V`.
    var envelopeID: String?
    /// `-B 8BITMIME`.
    var isEightBit = false
    var recipients: [String] = []

    struct Problem: Error, Equatable {
        let text: String
    }

    /// Options whose value is the rest of the word, or else the next one.
    private static let valued: Set<Character> = [
        "f", "r", "F", "N", "R", "V", "B", "C", "D", "d", "h", "L", "M", "O", "p", "X", "A",
    ]

    init(_ words: [String]) throws(Problem) {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word != "-" else {
                recipients.append(word)
                continue
            }
            if word == "--" {
                recipients += rest
                break
            }
            // -bm, -oi, -om, -v: one word. -q15m too.
            let letter = word[word.index(after: word.startIndex)]
            var value = String(word.dropFirst(2))
            if Self.valued.contains(letter), value.isEmpty {
                guard let next = rest.popFirst() else { throw Problem(text: "\(word) needs a value") }
                value = next
            }
            try take(letter, value, of: word)
        }
        recipients = recipients.flatMap { $0.split(separator: ",") }.map { text in
            String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }.filter { !$0.isEmpty }
        if let bad = recipients.first(where: { $0.hasPrefix("-") }) {
            throw Problem(text: "\(bad) is no address: it begins with a hyphen")
        }
    }

    private mutating func take(_ letter: Character, _ value: String, of word: String) throws(Problem) {
        switch letter {
        case "t": readsRecipients = true
        case "i": ignoresDots = true
        case "o": if value == "i" { ignoresDots = true }
        case "f", "r": sender = value == "<>" ? "" : value
        case "F": fullName = value
        case "N": notify = value
        case "R": returns = value
        case "V": envelopeID = value
        case "B": isEightBit = value.uppercased() == "8BITMIME"
        case "b":
            switch value {
            case "m": mode = .deliver
            case "s": mode = .smtp
            default: mode = .other(word)
            }
        case "q", "I": mode = .other(word)
        // What an MTA may heed, and nothing here depends on.
        case "v", "n", "m", "e", "G", "U", "C", "D", "d", "h", "L", "M", "O", "p", "X", "A", "x", "c", "s": break
        default: throw Problem(text: "\(word) is no option of sendmail")
        }
    }
}
