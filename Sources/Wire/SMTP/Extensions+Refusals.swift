/// What cannot be sent to a server that offers no more than this.
extension Extensions {
    /// Why this message cannot go to this server, if so: what it needs is not offered, and to leave it out would change
    /// the message or what was asked for.
    package func refusal(of mail: MailCommand) -> Reply? {
        if let sender = mail.sender, !sender.isASCII, !smtpUTF8 { return Self.noUTF8Address }
        for parameter in mail.parameters where !offers(parameter) {
            switch (parameter.keyword, parameter.folded.value) {
            case ("SIZE", _), ("BODY", "7BIT"): continue
            case ("BODY", "8BITMIME"):
                return Reply(554, "5.6.3", "the provider does not take 8-bit text, which this message holds")
            case ("SMTPUTF8", _):
                return Reply(
                    554, "5.6.9", "the provider does not take header fields in UTF-8, which this message holds")
            default: return Self.notOffered(parameter)
            }
        }
        return nil
    }

    package func refusal(of recipient: RecipientCommand) -> Reply? {
        if !recipient.recipient.isASCII, !smtpUTF8 { return Self.noUTF8Address }
        return recipient.parameters.first { !offers($0) }.map(Self.notOffered)
    }

    func offers(_ parameter: Parameter) -> Bool {
        switch parameter.keyword {
        case "SIZE": size != nil
        case "BODY": eightBitMIME
        case "SMTPUTF8": smtpUTF8
        case "RET", "ENVID", "NOTIFY", "ORCPT": dsn
        default: false
        }
    }

    private static let noUTF8Address = Reply(553, "5.6.7", "the provider does not take addresses that are not ASCII")

    private static func notOffered(_ parameter: Parameter) -> Reply {
        Reply(555, "5.5.4", "the provider does not take the parameter \(parameter.keyword)")
    }
}
