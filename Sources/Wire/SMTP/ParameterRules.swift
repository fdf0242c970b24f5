/// Which parameters MAIL and RCPT may have, by what was offered in the EHLO reply.
struct ParameterRules {
    let extensions: Extensions
    /// Whether MAIL had SMTPUTF8, or has it.
    let isUTF8: Bool

    /// As they are handed on. AUTH (RFC 4954 5) is left out: whom the client's server trusts is nothing to ours.
    func mail(_ parameters: [Parameter]) throws(Refusal) -> [Parameter] {
        var kept: [Parameter] = []
        for parameter in parameters {
            switch (parameter.keyword, parameter.value) {
            case ("SIZE", let digits?) where extensions.size != nil:
                kept.append(try checkedSize(parameter, digits))
            case ("BODY", _) where extensions.eightBitMIME && ["7BIT", "8BITMIME"].contains(parameter.folded.value),
                ("RET", _) where extensions.dsn && ["FULL", "HDRS"].contains(parameter.folded.value):
                kept.append(parameter.folded)
            case ("SMTPUTF8", nil) where extensions.smtpUTF8: kept.append(parameter)
            case ("ENVID", let value?) where extensions.dsn && value.utf8.count <= 100 && isXText(value.utf8):
                kept.append(parameter)
            case ("AUTH", let value?) where value == "<>" || isXText(value.utf8): break
            default: throw .parameter
            }
        }
        return try distinct(kept, of: parameters)
    }

    func recipient(_ parameters: [Parameter]) throws(Refusal) -> [Parameter] {
        var kept: [Parameter] = []
        for parameter in parameters {
            guard extensions.dsn else { throw .parameter }
            switch (parameter.keyword, parameter.value) {
            case ("NOTIFY", _) where isNotify(parameter.folded.value ?? ""): kept.append(parameter.folded)
            case ("ORCPT", let value?) where isOriginalRecipient(value): kept.append(parameter)
            default: throw .parameter
            }
        }
        return try distinct(kept, of: parameters)
    }

    private func distinct(_ kept: [Parameter], of all: [Parameter]) throws(Refusal) -> [Parameter] {
        guard Set(all.map(\.keyword)).count == all.count else { throw Refusal(501, "5.5.4", "a parameter twice") }
        return kept
    }

    private func checkedSize(_ parameter: Parameter, _ digits: String) throws(Refusal) -> Parameter {
        guard digits.utf8.count <= 20, digits.utf8.allSatisfy(\.isDigit) else { throw .parameter }
        if case .limit(let limit) = extensions.size, Int(digits) ?? .max > limit {
            throw Refusal(552, "5.3.4", "the message is larger than the \(limit) bytes that are taken")
        }
        return parameter
    }

    /// RFC 3461 4.1, in upper case.
    private func isNotify(_ value: String) -> Bool {
        let words = value.split(separator: ",", omittingEmptySubsequences: false)
        return value == "NEVER"
            || words.allSatisfy { ["SUCCESS", "FAILURE", "DELAY"].contains($0) } && Set(words).count == words.count
    }

    /// RFC 3461 4.2.
    private func isOriginalRecipient(_ value: String) -> Bool {
        let parts = value.utf8.split(separator: UInt8(ascii: ";"), maxSplits: 1, omittingEmptySubsequences: false)
        guard value.utf8.count <= 500, parts.count == 2, let kind = parts.first, let address = parts.last else {
            return false
        }
        return !kind.isEmpty && kind.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") }
            && !address.isEmpty && isXText(address)
    }

    /// RFC 3461 4, and what it stands for is printable. With SMTPUTF8 it may hold UTF-8 (RFC 6533 3).
    private func isXText(_ text: some Collection<UInt8>) -> Bool {
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                let digits = rest.prefix(2)
                let isHexadecimal = digits.allSatisfy {
                    $0.isDigit || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0)
                }
                guard digits.count == 2, isHexadecimal,
                    let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), !value.isControl,
                    value < 0x80
                else { return false }
                rest = rest.dropFirst(2)
            } else if byte >= 0x80 {
                guard isUTF8 else { return false }
            } else if !byte.isPrintable || byte == UInt8(ascii: "=") {
                return false
            }
        }
        return true
    }
}
