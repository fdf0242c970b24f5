import MIME

/// Where an account's mail is submitted, and from which addresses.
extension Decoder {
    func upstream(_ section: Section<SubmissionKey>) -> ServiceURL? {
        section.parsed(
            section.string(.upstream, expected: "the provider's URL, such as \"smtps://smtp.example.org\""),
            ServiceURL.submission)?.value
    }

    /// An account that sends from no address has nothing to do with a common upstream.
    func provider(_ section: Section<AccountKey>, upstream: ServiceURL?, addresses: [String]) -> Settings.Provider? {
        let own = section.parsed(
            section.string(.smtp, expected: "the provider's URL, such as \"smtps://smtp.example.org\""),
            ServiceURL.submission)?.value
        let url = own ?? (section.has(.smtp) || addresses.isEmpty ? nil : upstream)
        return url.map { Settings.Provider(url: $0, cleartext: isCleartext(section, .smtpCleartext, $0, "smtp")) }
    }

    /// The default is the user's name, if that is an address.
    func addresses(_ section: Section<AccountKey>, user: Located<String>?) -> [String] {
        let form = "an address that you send from, such as \"me@example.org\""
        if section.has(.addresses) {
            let texts = section.strings(.addresses, expected: "a list of addresses") ?? []
            return texts.prefix(Limits.addresses).compactMap { text in
                section.parsed(text) { text throws(Rejection) in
                    guard let address = EnvelopeAddress(text) else {
                        throw Rejection(what: "\(quoted(text)) is none", expected: form)
                    }
                    return address.text
                }?.value
            }
        }
        if let user, let address = EnvelopeAddress(user.value) { return [address.text] }
        if section.has(.smtp), user != nil {
            section.reportMissing(.addresses, expected: "the addresses that this account sends from, as a list")
        }
        return []
    }

    /// The folder whose drafts are sent.
    func outbox(_ section: Section<AccountKey>, _ smtp: Settings.Provider?, submits: Bool) -> String? {
        guard let node = section.node(.outbox), let name = folder(section, .outbox) else { return nil }
        let what: (String, String)? =
            if name.uppercased() == "INBOX" {
                ("is where mail arrives", "a folder of its own, such as \"Tracked Outbox\"")
            } else if !submits {
                ("nothing says how mail is sent", "a [submission] section as well")
            } else if smtp == nil {
                ("nothing says where the account's mail is sent to", "smtp = \"smtps://…\" in this account as well")
            } else {
                nil
            }
        guard let what else { return name }
        report.problem(at: node.position, node.path, what.0, expected: what.1)
        return nil
    }

    /// Mail that no account can send would be refused one by one.
    func requireProvider(_ section: Section<SubmissionKey>, _ accounts: [Settings.Account]) {
        guard !accounts.contains(where: { $0.smtp != nil }), !section.has(.sendmail) else { return }
        report.problem(
            at: section.table.position, section.path, "no account says where its mail is sent to",
            expected: "upstream = \"smtps://…\" here, or smtp = \"smtps://…\" in an [[account]]")
    }
}
