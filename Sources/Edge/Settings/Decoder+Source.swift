extension Decoder {
    /// `nil` if it is none; ``source(_:_:)`` reports that.
    func kind(of table: TOMLTable) -> SourceKind? {
        guard case .string(let text)? = table["kind"]?.node.value else { return nil }
        return SourceKind(rawValue: text)
    }

    /// `nil` if something is missing without which there is no source; its problems are reported then.
    func source(
        _ item: (table: TOMLTable, path: String), _ kind: SourceKind?
    ) -> (source: Settings.Source, name: Located<String>)? {
        let section = section(item, kind)
        let isLog = kind == .accessLog
        let form = "the pixel server's URL, such as \"https://px.example.org\""
        let pixelURL = section.parsed(section.string(.pixelURL, expected: form), ServiceURL.web)
        if isLog, !section.has(.pixelURL) {
            section.reportMissing(
                .pixelURL, expected: "what the pixels' URLs begin with, such as \"https://px.example.org\"")
        }
        let url =
            isLog
            ? pixelURL
            : section.parsed(
                kind == nil ? section.string(.url, expected: form) : section.required(.url, expected: form),
                ServiceURL.web)
        let name = name(section, .name, otherwise: url?.map(\.host))
        if !section.has(.credentialFile) {
            section.reportMissing(.credentialFile, expected: "the file with the credential of the stream, smk1_…")
        }
        let credentialFile = neededPath(section, .credentialFile)
        let caFile = neededPath(section, .caFile)
        let proxy = proxy(section, .proxy)
        let log = isLog ? accessLog(section) : nil
        guard kind != nil, let url, let name, let credentialFile, !isLog || log != nil else { return nil }
        let source = Settings.Source(
            name: name.value, kind: log ?? .sentmark, url: url.value, credentialFile: credentialFile, caFile: caFile,
            proxy: proxy, pixelURL: pixelURL?.value ?? url.value)
        return (source, name)
    }

    /// The same of a provider.
    func providerSource(
        _ item: (table: TOMLTable, path: String), _ kind: SourceKind
    ) -> (source: Settings.ProviderSource, name: Located<String>)? {
        let section = section(item, kind)
        let url = apiURL(section, kind)
        let name = name(section, .name, otherwise: url?.map(\.host))
        if !SourceKey.password.contains(where: section.has) {
            section.reportMissing(
                .passwordFile, expected: "the key to the API; or password_command, or password_credential")
        }
        let key = password(
            section, command: .passwordCommand, file: .passwordFile, credential: .passwordCredential)
        let caFile = neededPath(section, .caFile)
        let proxy = proxy(section, .proxy)
        let what: Settings.ProviderSource.Kind? =
            switch kind {
            case .mailgun: domain(section).map { .mailgun(domain: $0) }
            case .mailgunEvents: domain(section).map { .mailgunEvents(domain: $0) }
            case .postmark: .postmark
            case .sparkpost: .sparkpost
            case .json: jsonList(section).map { .json($0) }
            case .sentmark, .accessLog: nil
            }
        guard let what, let url, let name, let key else { return nil }
        let source = Settings.ProviderSource(
            name: name.value, kind: what, url: url.value, key: key, caFile: caFile, proxy: proxy)
        return (source, name)
    }
}

extension Decoder {
    private func section(
        _ item: (table: TOMLTable, path: String), _ kind: SourceKind?
    ) -> Section<SourceKey> {
        let section = Section<SourceKey>(item.table, path: item.path, report: report)
        guard let kind else {
            _ = section.parsed(section.required(.kind, expected: SourceKind.names)) { text throws(Rejection) in
                throw Rejection(what: "\(quoted(text)) is not a kind of source", expected: SourceKind.names)
            }
            return section
        }
        for key in SourceKey.allCases where !kind.keys.contains(key) {
            guard let node = section.node(key) else { continue }
            report.problem(at: node.position, node.path, "means nothing for this kind of source", expected: "none")
        }
        return section
    }

    private func accessLog(_ section: Section<SourceKey>) -> Settings.Source.Kind? {
        let formats = Settings.Source.LogFormat.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
        let format = section.parsed(section.string(.format, expected: formats)) { text throws(Rejection) in
            guard let format = Settings.Source.LogFormat(rawValue: text) else {
                throw Rejection(what: "\(quoted(text)) is not a format", expected: formats)
            }
            return format
        }
        guard section.has(.path) else {
            section.reportMissing(.path, expected: "the web server's access log")
            return nil
        }
        return path(section, .path).map { .accessLog(path: $0.value, format?.value ?? Defaults.logFormat) }
    }

    private func apiURL(_ section: Section<SourceKey>, _ kind: SourceKind) -> Located<ServiceURL>? {
        if kind == .json {
            return section.parsed(
                section.required(.url, expected: "the URL that answers with the list of opens"), ServiceURL.list)
        }
        guard !section.has(.url), let text = kind.defaultURL else {
            return section.parsed(section.string(.url, expected: "the API's URL"), ServiceURL.web)
        }
        return section.parsed(
            Located(value: text, position: section.table.position, path: section.path(of: "url")), ServiceURL.web)
    }

    private func domain(_ section: Section<SourceKey>) -> String? {
        let form = "the domain that mail is sent from, such as \"mg.example.org\""
        return section.parsed(section.required(.domain, expected: form)) { text throws(Rejection) in
            guard Authority(text[...])?.host == text.lowercased(), text.contains(".") else {
                throw Rejection(what: "\(quoted(text)) is no domain", expected: form)
            }
            return text
        }?.value
    }

    private func jsonList(_ section: Section<SourceKey>) -> Settings.JSONList? {
        let id = valuePath(section, .id, isRequired: true)
        let time = valuePath(section, .time, isRequired: true)
        let messageID = valuePath(section, .messageID)
        let token = valuePath(section, .token)
        if section.has(.messageID) == section.has(.token) {
            report.problem(
                at: section.table.position, section.path,
                section.has(.token) ? "says twice what an open is of" : "does not say what an open is of",
                expected: "either message_id or token")
        }
        let header = plain(section, .header, "the name of a header field, such as \"Authorization\"")
        let since = plain(section, .since, "the name of a parameter, such as \"since\"")
        let list = Settings.JSONList(
            header: header ?? Defaults.apiHeader,
            list: valuePath(section, .list) ?? Settings.ValuePath(steps: []), id: id ?? Settings.ValuePath(steps: []),
            time: time ?? Settings.ValuePath(steps: []),
            timeFormat: word(section, .timeFormat, Settings.JSONList.TimeFormat.self) ?? Defaults.timeFormat,
            messageID: messageID, token: token, recipient: valuePath(section, .recipient),
            userAgent: valuePath(section, .userAgent), address: valuePath(section, .address),
            machine: valuePath(section, .machine),
            order: word(section, .order, Settings.JSONList.Order.self) ?? Defaults.order, since: since,
            paging: paging(section))
        return id == nil || time == nil ? nil : list
    }

    private func paging(_ section: Section<SourceKey>) -> Settings.JSONList.Paging {
        let parameter = plain(section, .cursorParameter, "the name of a parameter, such as \"cursor\"")
        let cursor = valuePath(section, .cursor)
        let next = valuePath(section, .next)
        if section.has(.cursor) != section.has(.cursorParameter) {
            section.reportMissing(
                section.has(.cursor) ? .cursorParameter : .cursor, expected: "both cursor and cursor_parameter, or none"
            )
        }
        if section.has(.next), section.has(.cursor), let node = section.node(.cursor) {
            report.problem(at: node.position, node.path, "a second way to the next page", expected: "none, or no next")
        }
        if let cursor, let parameter { return .cursor(cursor, parameter: parameter) }
        return next.map { .link($0) } ?? .none
    }

    private func valuePath(
        _ section: Section<SourceKey>, _ key: SourceKey, isRequired: Bool = false
    ) -> Settings.ValuePath? {
        let form = Settings.ValuePath.form
        let text = isRequired ? section.required(key, expected: form) : section.string(key, expected: form)
        return section.parsed(text) { text throws(Rejection) in try Settings.ValuePath(parsing: text) }?.value
    }

    /// A name that can stand in a header and a URL as it is.
    private func plain(_ section: Section<SourceKey>, _ key: SourceKey, _ form: String) -> String? {
        section.parsed(section.string(key, expected: form)) { text throws(Rejection) in
            let isPlain = text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x5F
            }
            guard isPlain, text.utf8.count <= Limits.nameBytes else {
                throw Rejection(what: "\(quoted(text)) is no such name", expected: form)
            }
            return text
        }?.value
    }
}
