internal import MIME

/// The commands that a client may send (RFC 5321 4.1.1, 3207, 4954).
enum Verb: String {
    case ehlo = "EHLO"
    case helo = "HELO"
    case startTLS = "STARTTLS"
    case auth = "AUTH"
    case mail = "MAIL"
    case rcpt = "RCPT"
    case data = "DATA"
    case rset = "RSET"
    case quit = "QUIT"
    case noop = "NOOP"
    case help = "HELP"
    case vrfy = "VRFY"
    case expn = "EXPN"
    case bdat = "BDAT"
}

/// A line cut into its verb and the rest.
struct CommandWords {
    /// In upper case.
    let verb: String
    let argument: ArraySlice<UInt8>

    /// - Parameter line: without its line end.
    init(_ line: ArraySlice<UInt8>) {
        let blank = UInt8(ascii: " ")
        let end = line.firstIndex(of: blank) ?? line.endIndex
        verb = line[..<end].upperCased
        let rest = line[end...].dropFirst()
        argument = rest[..<((rest.lastIndex { $0 != blank }).map { $0 + 1 } ?? rest.startIndex)]
    }
}

/// `FROM:<path> parameters`, or `TO:`.
struct PathArgument {
    /// Between the brackets, without a source route.
    let path: ArraySlice<UInt8>
    let parameters: [Parameter]

    /// - Parameter status: the enhanced status code for a path that is none.
    init(_ argument: ArraySlice<UInt8>, after keyword: String, status: String) throws(Refusal) {
        let count = keyword.utf8.count
        guard argument.prefix(count).equalsIgnoringCase(keyword) else {
            throw Refusal(501, "5.5.4", "expected \(keyword)<address>")
        }
        var rest = argument.dropFirst(count)
        // Quirk: `MAIL FROM: <a@b>`, as old clients wrote it.
        if rest.first == 0x20 { rest = rest.dropFirst() }
        guard rest.first == UInt8(ascii: "<"), let end = Self.closingBracket(in: rest),
            let path = Self.withoutRoute(rest[(rest.startIndex + 1)..<end])
        else { throw Refusal(501, status, "an address stands in angle brackets") }
        self.path = path
        rest = rest[(end + 1)...]
        guard rest.isEmpty || rest.first == 0x20 else {
            throw Refusal(501, "5.5.4", "a blank is missing behind the address")
        }
        var parameters: [Parameter] = []
        for word in rest.split(separator: 0x20) {
            let parts = word.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            guard let keyword = parts.first, let parameter = Parameter(keyword, parts.dropFirst().first) else {
                throw .parameter
            }
            parameters.append(parameter)
        }
        self.parameters = parameters
    }

    private static func closingBracket(in text: ArraySlice<UInt8>) -> Int? {
        var (isQuoted, isPair) = (false, false)
        for (index, byte) in zip(text.indices, text) {
            if isPair {
                isPair = false
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if isQuoted {
                isPair = byte == UInt8(ascii: "\\")
            } else if byte == UInt8(ascii: ">") {
                return index
            }
        }
        return nil
    }

    /// `@relay,@relay:address` (RFC 5321 4.1.2 `A-d-l`, which is ignored); `nil` if it is no route.
    private static func withoutRoute(_ path: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard path.first == UInt8(ascii: "@") else { return path }
        guard let colon = path.firstIndex(of: UInt8(ascii: ":")),
            path[..<colon].allSatisfy({ $0.isLetter || $0.isDigit || "@,.-".utf8.contains($0) })
        else { return nil }
        return path[(colon + 1)...]
    }
}

extension MailCommand {
    init(_ argument: ArraySlice<UInt8>, _ extensions: Extensions) throws(Refusal) {
        let argument = try PathArgument(argument, after: "FROM:", status: "5.1.7")
        let isUTF8 = argument.parameters.contains { $0.keyword == "SMTPUTF8" }
        let rules = ParameterRules(extensions: extensions, isUTF8: isUTF8)
        let parameters = try rules.mail(argument.parameters)
        if argument.path.isEmpty {
            self.init(nil, parameters)
        } else {
            guard let sender = EnvelopeAddress(argument.path) else {
                throw Refusal(501, "5.1.7", "the sender is no address")
            }
            guard isUTF8 || sender.isASCII else { throw .utf8 }
            self.init(sender, parameters)
        }
    }
}

extension RecipientCommand {
    init(_ argument: ArraySlice<UInt8>, _ extensions: Extensions, isUTF8: Bool) throws(Refusal) {
        let argument = try PathArgument(argument, after: "TO:", status: "5.1.3")
        let rules = ParameterRules(extensions: extensions, isUTF8: isUTF8)
        let parameters = try rules.recipient(argument.parameters)
        guard let recipient = EnvelopeAddress(argument.path) else {
            throw Refusal(501, "5.1.3", "the recipient is no address")
        }
        guard isUTF8 || recipient.isASCII else { throw .utf8 }
        self.init(recipient, parameters)
    }
}

extension EnvelopeAddress {
    var isASCII: Bool { local.isASCII && domain.isASCII }
}
