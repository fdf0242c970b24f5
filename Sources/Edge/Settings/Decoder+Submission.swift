import MIME

extension Decoder {
    /// `sources` are the names of those there are.
    func submission(_ section: Section<SubmissionKey>, sources: [String]) -> Settings.Submission {
        let example = "\(Defaults.submissionListen)"
        let listen = address(section, .listen, such: example) ?? Defaults.submissionListen
        let listenTLS = address(section, .listenTLS, such: example)
        let certificate = certificate(section, chain: .certificateFile, key: .keyFile)
        requireTLS(section, .listen, listen, certificate)
        if let listenTLS, certificate == nil {
            report.problem(
                at: section.node(.listenTLS)?.position, section.path(of: SubmissionKey.listenTLS.rawValue),
                "\(listenTLS) needs a certificate", expected: "certificate_file and key_file as well")
        }
        let password = password(
            section, command: .passwordCommand, file: .passwordFile, credential: .passwordCredential)
        return Settings.Submission(
            listen: listen, listenTLS: listenTLS, certificate: certificate, password: password ?? passwordFile(section),
            isPasswordMade: password == nil, source: source(section, among: sources),
            track: word(section, .track, Settings.Submission.Track.self) ?? Defaults.track,
            recipients: patterns(section, .recipients), exclude: patterns(section, .exclude),
            ownDomains: ownDomains(section),
            tokens: word(section, .tokens, Settings.Submission.Sharing.self) ?? Defaults.tokens,
            subjectPrefix: asciiText(section, .subjectPrefix, Limits.prefixBytes),
            plusTag: asciiText(section, .plusTag, Limits.prefixBytes),
            short: word(section, .short, Settings.Submission.Short.self) ?? Defaults.short,
            stripQuoted: section.boolean(.stripQuoted) ?? Defaults.stripQuoted,
            htmlFromText: section.boolean(.htmlFromText) ?? Defaults.htmlFromText,
            disclosure: text(section, .disclosure, Limits.disclosureBytes), sendmail: command(section, .sendmail))
    }

    func address<Key>(_ section: Section<Key>, _ key: Key, such example: String) -> ListenAddress? {
        section.parsed(section.string(key, expected: "an address such as \"\(example)\"")) {
            text throws(Rejection) in try ListenAddress(parsing: text)
        }?.value
    }

    func certificate<Key>(_ section: Section<Key>, chain chainKey: Key, key keyKey: Key) -> Settings.Certificate? {
        let chain = neededPath(section, chainKey)
        let key = neededPath(section, keyKey)
        for (key, other) in [(chainKey, keyKey), (keyKey, chainKey)] where section.has(key) && !section.has(other) {
            section.reportMissing(other, expected: "its counterpart, since there is \(key.rawValue)")
        }
        guard let chain, let key else { return nil }
        return Settings.Certificate(chainFile: chain, keyFile: key)
    }

    /// Passwords and mail would cross the network readable.
    private func requireTLS(
        _ section: Section<SubmissionKey>, _ key: SubmissionKey, _ address: ListenAddress,
        _ certificate: Settings.Certificate?
    ) {
        guard certificate == nil, !Network.isLoopback(host: address.host) else { return }
        report.problem(
            at: section.node(key)?.position, section.path(of: key.rawValue),
            "\(address) can be reached from other machines, without TLS",
            expected: "127.0.0.1 or ::1, or certificate_file and key_file as well")
    }

    /// At most one of the three.
    func password<Key>(
        _ section: Section<Key>, command commandKey: Key, file fileKey: Key, credential credentialKey: Key
    ) -> Settings.SecretOrigin? {
        let keys = [commandKey, fileKey, credentialKey]
        for key in keys.filter(section.has).dropFirst() {
            report.problem(
                at: section.table[key.rawValue]?.keyPosition, section.path(of: key.rawValue), "a second password",
                expected: "one of " + keys.map(\.rawValue).joined(separator: ", "))
        }
        if section.has(commandKey) { return command(section, commandKey).map { .command($0) } }
        if section.has(credentialKey) { return credential(section, credentialKey).map { .credential($0) } }
        return neededPath(section, fileKey).map { .file($0) }
    }

    private func passwordFile(_ section: Section<SubmissionKey>) -> Settings.SecretOrigin {
        .file(path(Located(value: Defaults.submissionPassword, position: section.table.position, path: section.path)))
    }

    private func source(_ section: Section<SubmissionKey>, among names: [String]) -> String? {
        let form = names.isEmpty ? "a [[source]]" : "one of " + names.map(quoted).joined(separator: ", ")
        if section.has(.source) {
            return section.parsed(section.string(.source, expected: form)) { text throws(Rejection) in
                guard names.contains(text) else {
                    throw Rejection(what: "no source is named \(quoted(text))", expected: form)
                }
                return text
            }?.value
        }
        if names.count > 1 {
            section.reportMissing(.source, expected: "whose stream signs the tokens: \(form)")
        } else if names.isEmpty {
            report.warning(
                at: section.table.position, section.path,
                "no [[source]]: there is no key to sign tokens with, and mail passes as it is")
        }
        return names.first
    }

    private func patterns(_ section: Section<SubmissionKey>, _ key: SubmissionKey) -> [String] {
        let form = "an address, \"*@example.net\" for all of a domain, or \"*@*.example.net\" for all below it"
        return (section.strings(key, expected: "a list of texts, each \(form)") ?? []).compactMap { text in
            section.parsed(text) { text throws(Rejection) in
                let front = ["*@*.", "*@"].first(where: text.hasPrefix)
                let address = EnvelopeAddress(front.map { "x@" + text.dropFirst($0.count) } ?? text)
                guard let address, front != nil || !address.local.contains("*") else {
                    throw Rejection(what: "\(quoted(text)) is none", expected: form)
                }
                return text
            }?.value
        }
    }

    private func ownDomains(_ section: Section<SubmissionKey>) -> [String]? {
        let form = "a domain, such as \"example.org\""
        guard let node = section.node(.ownDomains) else { return nil }
        if case .array(let elements) = node.value.value, elements.isEmpty { return [] }
        return (section.strings(.ownDomains, expected: "a list of domains") ?? []).compactMap { text in
            section.parsed(text) { text throws(Rejection) in
                guard let domain = EnvelopeAddress("x@" + text)?.domain else {
                    throw Rejection(what: "\(quoted(text)) is none", expected: form)
                }
                return domain
            }?.value
        }
    }

    func word<Key, Choice: RawRepresentable & CaseIterable>(
        _ section: Section<Key>, _ key: Key, _: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        let form = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return section.parsed(section.string(key, expected: "one of \(form)")) { text throws(Rejection) in
            guard let choice = Choice(rawValue: text) else {
                throw Rejection(what: "\(quoted(text)) is none of these", expected: "one of \(form)")
            }
            return choice
        }?.value
    }

    private func text(_ section: Section<SubmissionKey>, _ key: SubmissionKey, _ limit: Int) -> String? {
        let form = "a text of at most \(limit) bytes"
        return section.parsed(section.string(key, expected: form)) { text throws(Rejection) in
            guard text.utf8.count <= limit else {
                throw Rejection(what: "is \(text.utf8.count) bytes long", expected: form)
            }
            return text
        }?.value
    }

    private func asciiText(_ section: Section<SubmissionKey>, _ key: SubmissionKey, _ limit: Int) -> String? {
        guard let text = text(section, key, limit) else { return nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f || $0 == 0x20 && key == .subjectPrefix }) else {
            report.problem(
                at: section.node(key)?.position, section.path(of: key.rawValue), "\(quoted(text)) cannot be used",
                expected: "ASCII letters, digits and signs")
            return nil
        }
        return text
    }
}
