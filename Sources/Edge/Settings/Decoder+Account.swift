import Secrets

extension Decoder {
    /// `nil` if something is missing without which there is no account; its problems are reported then.
    /// `upstream` is where mail of accounts goes that do not say it themselves; `submits`: there is a [submission].
    func account(
        _ item: (table: TOMLTable, path: String), upstream: ServiceURL?, submits: Bool
    ) -> (account: Settings.Account, name: Located<String>)? {
        let section = Section<AccountKey>(item.table, path: item.path, report: report)
        let imap = section.parsed(
            section.required(.imap, expected: "the server's URL, such as \"imaps://imap.example.org\""),
            ServiceURL.mailbox)
        let cleartext = imap.map { isCleartext(section, .cleartext, $0.value, "imap") } ?? false
        let user = section.required(.user, expected: "the name to log in with")
        let login = login(section)
        let authorization = authorization(section, login)
        let name = name(section, .name, otherwise: authorization ?? user)
        let sent = sent(section)
        let show = show(section)
        let copyOpenedTo = folder(section, .copyOpenedTo)
        let archives = folders(section, .archives) ?? Defaults.archives
        let replies = folders(section, .replies) ?? Defaults.replies
        let since = since(section)
        let caFile = neededPath(section, .caFile)
        let proxy = proxy(section, .proxy)
        let compress = compress(section)
        let pollInterval = span(section, .pollInterval, within: Limits.pollInterval)
        let addresses = addresses(section, user: authorization ?? user)
        let smtp = provider(section, upstream: upstream, addresses: addresses)
        let outbox = outbox(section, smtp, submits: submits)
        let sentCopy = word(section, .sentCopy, Settings.SentCopy.self) ?? Defaults.sentCopy
        guard let imap, let user, let name, let login else { return nil }
        let account = Settings.Account(
            name: name.value, imap: imap.value, cleartext: cleartext, user: user.value,
            authorization: authorization?.value, login: login, sent: sent, archives: archives, replies: replies,
            show: show,
            copyOpenedTo: copyOpenedTo, since: since, caFile: caFile, proxy: proxy, compress: compress,
            pollInterval: pollInterval, addresses: addresses, smtp: smtp, outbox: outbox,
            sentCopy: sentCopy)
        return (account, name)
    }

    func proxy<Key>(_ section: Section<Key>, _ key: Key) -> ServiceURL? {
        section.parsed(section.string(key, expected: "a URL such as \"socks5h://127.0.0.1:1080\""), ServiceURL.proxy)?
            .value
    }

    /// RFC 4616 2: whose mailbox it is, where another one's name and password log in.
    private func authorization(_ section: Section<AccountKey>, _ login: Settings.Login?) -> Located<String>? {
        let name = section.string(.authorization, expected: "the user whose mailbox it is")
        if let name, case .bearer = login {
            report.problem(
                at: name.position, name.path, "belongs to a password, and this account has a token_command",
                expected: "none; with a token, `user` says whose mailbox it is")
        }
        return name
    }

    func isCleartext(
        _ section: Section<AccountKey>, _ key: AccountKey, _ url: ServiceURL, _ scheme: String
    ) -> Bool {
        guard section.boolean(key) == true, let node = section.node(key) else { return false }
        if url.scheme != scheme {
            report.problem(
                at: node.position, node.path, "contradicts \(url.scheme)://", expected: "false, or \(scheme)://")
        } else if !url.isLoopback {
            report.problem(
                at: node.position, node.path, "would send the password readable over the network",
                expected: "false; only a server on this machine's loopback may do without TLS")
        }
        return true
    }

    private func login(_ section: Section<AccountKey>) -> Settings.Login? {
        let given = AccountKey.login.filter(section.has)
        let choice = "exactly one of " + AccountKey.login.map(\.rawValue).joined(separator: ", ")
        guard let first = given.first else {
            report.problem(at: section.table.position, section.path, "no way to log in", expected: choice)
            return nil
        }
        for key in given.dropFirst() {
            guard let node = section.node(key) else { continue }
            report.problem(
                at: section.table[key.rawValue]?.keyPosition, node.path, "a second way to log in", expected: choice)
        }
        // All are read, so that a mistake in each is reported.
        return given.map { login(section, $0, isChosen: $0 == first) }.first ?? nil
    }

    private func login(_ section: Section<AccountKey>, _ key: AccountKey, isChosen: Bool) -> Settings.Login? {
        switch key {
        case .passwordCommand: return command(section, key).map { .password(.command($0)) }
        case .tokenCommand: return command(section, key).map { .bearer(command: $0) }
        case .passwordFile: return neededPath(section, key).map { .password(.file($0)) }
        case .passwordCredential: return credential(section, key).map { .password(.credential($0)) }
        case .password: return password(section, key).map { .password(.literal($0)) }
        case .each, .name, .imap, .cleartext, .user, .authorization, .sent, .archives, .replies, .since, .show,
            .copyOpenedTo, .caFile, .proxy, .compress, .pollInterval, .addresses, .smtp, .smtpCleartext, .outbox,
            .sentCopy:
            return nil
        }
    }

    func credential<Key>(_ section: Section<Key>, _ key: Key) -> String? {
        let form = "the name of a systemd credential: no slash, at most 255 bytes"
        return section.parsed(section.string(key, expected: form)) { text throws(Rejection) in
            guard !text.contains("/"), text != ".", text != "..", text.utf8.count <= 255 else {
                throw Rejection(what: "\(quoted(text)) is not such a name", expected: form)
            }
            return text
        }?.value
    }

    /// Nothing said about it may quote it.
    private func password(_ section: Section<AccountKey>, _ key: AccountKey) -> Secret? {
        guard let text = section.string(key, expected: "a string") else { return nil }
        let better = "password_command, password_file or password_credential"
        if text.position.file != nil || isPrivate {
            report.warning(at: text.position, text.path, "a password in the configuration; better is \(better)")
        } else {
            report.problem(
                at: text.position, text.path, "a password in a file that others can read",
                expected: "mode 0600 for the file, or \(better)")
        }
        return Secret(text.value)
    }

    private func sent(_ section: Section<AccountKey>) -> Settings.SentFolders {
        let form = "\"auto\", the name of a folder, or a list of names"
        guard let node = section.node(.sent) else { return Defaults.sent }
        if case .array(let elements) = node.value.value {
            if elements.isEmpty {
                report.problem(at: node.position, node.path, "is empty", expected: form)
            }
            return .named(section.strings(.sent, expected: form)?.map(\.value) ?? [])
        }
        guard let name = section.string(.sent, expected: form) else { return Defaults.sent }
        return name.value == "auto" ? .automatic : .named([name.value])
    }

    private func folders(_ section: Section<AccountKey>, _ key: AccountKey) -> Settings.Archives? {
        let form = "\"auto\", false, the name of a folder, or a list of names"
        guard let node = section.node(key) else { return nil }
        switch node.value.value {
        case .boolean(false): return .nowhere
        case .array: return .named(section.strings(key, expected: form)?.map(\.value) ?? [])
        default:
            guard let name = section.string(key, expected: form) else { return nil }
            return name.value == "auto" ? .automatic : .named([name.value])
        }
    }

    private func compress(_ section: Section<AccountKey>) -> Bool? {
        let form = "\"auto\", true or false"
        guard let node = section.node(.compress) else { return nil }
        if case .boolean(let value) = node.value.value { return value }
        if let word = section.string(.compress, expected: form), word.value != "auto" {
            report.problem(at: word.position, word.path, "\(quoted(word.value)) is neither", expected: form)
        }
        return nil
    }

    private func since(_ section: Section<AccountKey>) -> Duration? {
        guard let text = section.string(.since, expected: "a time span such as \"30d\", or \"all\"") else {
            return Defaults.since
        }
        if text.value == "all" { return nil }
        return section.parsed(text) { text throws(Rejection) in
            try Duration(parsing: text, within: Limits.since, or: "all")
        }?.value
    }
}
