package import MIME

/// MAIL (RFC 5321 4.1.1.2).
package struct MailCommand: Sendable, Equatable {
    /// `nil`: the null reverse-path, `<>`.
    package var sender: EnvelopeAddress?
    package var parameters: [Parameter]

    package init(_ sender: EnvelopeAddress?, _ parameters: [Parameter] = []) {
        self.sender = sender
        self.parameters = parameters
    }

    /// The one command with its CRLF: neither an address nor a parameter can hold another.
    package var line: [UInt8] { commandLine("MAIL FROM:", sender, parameters) }

    /// What it declares (RFC 1870), in octets.
    package var size: Int? { parameters.first { $0.keyword == "SIZE" }?.value.flatMap { Int($0) } }

    /// The same with another size.
    package func declaring(size: Int) -> MailCommand {
        MailCommand(sender, parameters.map { $0.keyword == "SIZE" ? .size(size) : $0 })
    }

    /// Whether it says that addresses or header fields are in UTF-8 (RFC 6531 3.4).
    package var isUTF8: Bool { parameters.contains { $0.keyword == "SMTPUTF8" } }
}

/// RCPT (RFC 5321 4.1.1.3).
package struct RecipientCommand: Sendable, Equatable {
    package var recipient: EnvelopeAddress
    package var parameters: [Parameter]

    package init(_ recipient: EnvelopeAddress, _ parameters: [Parameter] = []) {
        self.recipient = recipient
        self.parameters = parameters
    }

    /// The one command with its CRLF: neither an address nor a parameter can hold another.
    package var line: [UInt8] { commandLine("RCPT TO:", recipient, parameters) }
}

private func commandLine(_ verb: String, _ address: EnvelopeAddress?, _ parameters: [Parameter]) -> [UInt8] {
    var line = Array(verb.utf8)
    line.append(UInt8(ascii: "<"))
    if let address { line += address.text.utf8 }
    line.append(UInt8(ascii: ">"))
    for parameter in parameters {
        line.append(0x20)
        line += parameter.text.utf8
    }
    return line + [0x0d, 0x0a]
}
