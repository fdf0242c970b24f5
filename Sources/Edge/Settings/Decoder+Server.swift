extension Decoder {
    /// `nil` if something is missing without which there is no source; its problems are reported then.
    func source(_ item: (table: TOMLTable, path: String)) -> (source: Settings.Source, name: Located<String>)? {
        // The keys of a kind that is not there yet are not known either: one word about the kind is enough.
        if let kind = item.table["kind"], case .string(let text) = kind.node.value, Self.laterKinds.contains(text) {
            report.problem(
                at: kind.node.position, "\(item.path).kind", "not supported yet: \(quoted(text))",
                expected: Self.kinds)
            return nil
        }
        let section = Section<SourceKey>(item.table, path: item.path, report: report)
        let word = section.parsed(section.required(.kind, expected: Self.kinds)) { text throws(Rejection) in
            guard Self.kindNames.contains(text) else {
                throw Rejection(what: "\(quoted(text)) is not a kind of source", expected: Self.kinds)
            }
            return text
        }
        let isLog = word?.value == "access-log"
        let form = "the pixel server's URL, such as \"https://px.example.org\""
        let pixelURL = section.parsed(section.string(.pixelURL, expected: form), ServiceURL.web)
        if isLog, !section.has(.pixelURL) {
            section.reportMissing(
                .pixelURL, expected: "what the pixels' URLs begin with, such as \"https://px.example.org\"")
        }
        for key in isLog ? [SourceKey.url, .caFile, .proxy] : [.path, .format] {
            guard let node = section.node(key) else { continue }
            report.problem(at: node.position, node.path, "means nothing for this kind of source", expected: "none")
        }
        let url =
            isLog
            ? pixelURL
            : section.parsed(
                word == nil ? section.string(.url, expected: form) : section.required(.url, expected: form),
                ServiceURL.web)
        let name = name(section, .name, otherwise: url?.map(\.host))
        if !section.has(.credentialFile) {
            section.reportMissing(.credentialFile, expected: "the file with the credential of the stream, smk1_…")
        }
        let credentialFile = neededPath(section, .credentialFile)
        let caFile = neededPath(section, .caFile)
        let proxy = proxy(section, .proxy)
        let log = isLog ? accessLog(section) : nil
        guard word != nil, let url, let name, let credentialFile, !isLog || log != nil else { return nil }
        let source = Settings.Source(
            name: name.value, kind: log ?? .sentmark, url: url.value, credentialFile: credentialFile, caFile: caFile,
            proxy: proxy, pixelURL: pixelURL?.value ?? url.value)
        return (source, name)
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

    private static var kindNames: [String] { ["sentmark", "access-log"] }
    private static var laterKinds: Set<String> { ["postmark", "mailgun"] }
    private static var kinds: String { kindNames.map { "\"\($0)\"" }.joined(separator: " or ") }

    /// `retention` is what holds if the section does not say.
    func server(_ section: Section<ServerKey>, retention: Duration) -> Settings.Server? {
        let listen = address(section, .listen, such: "\(Defaults.listen)")
        let publicURL = section.parsed(
            section.required(
                .publicURL, expected: "what the pixels' URLs begin with, such as \"https://px.example.org\""),
            ServiceURL.web)
        let store = store(section)
        let proxies = section.strings(.trustedProxies, expected: "a list of address ranges, such as [\"127.0.0.1/32\"]")
        let trusted = (proxies ?? []).compactMap { text in
            section.parsed(text) { text throws(Rejection) in try Network(parsing: text) }?.value
        }
        let kept = span(section, .retention, within: Limits.retention)
        let metrics = section.boolean(.metrics)
        let metricsListen = address(section, .metricsListen, such: "127.0.0.1:9025")
        let gpc = word(section, .gpc, Settings.Preference.self)
        let dnt = word(section, .dnt, Settings.Preference.self)
        let secretFile = path(section, .secretFile)
        let clientAddress = word(section, .clientAddress, Settings.ClientAddress.self)
        if section.has(.clientAddress), !section.has(.trustedProxies) {
            section.reportMissing(.trustedProxies, expected: "the proxies that say so, since there is client_address")
        }
        let certificate = certificate(section, chain: .certificateFile, key: .keyFile)
        guard let publicURL else { return nil }
        let secretDefault = Located(value: Defaults.secretFile, position: section.table.position, path: section.path)
        return Settings.Server(
            listen: listen ?? Defaults.listen, publicURL: publicURL.value, store: store,
            trustedProxies: trusted, clientAddress: clientAddress ?? Defaults.clientAddress, certificate: certificate,
            retention: kept ?? retention, metrics: metrics ?? Defaults.metrics,
            metricsListen: metricsListen, globalPrivacyControl: gpc ?? Defaults.preference,
            doNotTrack: dnt ?? Defaults.preference,
            secretFile: secretFile?.value ?? path(secretDefault))
    }

    private func store(_ section: Section<ServerKey>) -> Settings.HitStore {
        let form = "\"sqlite\", \"sqlite:PATH\" or \"\(DatabaseURL.form)\""
        let password = password(
            section, command: .storePasswordCommand, file: .storePasswordFile, credential: .storePasswordCredential)
        guard let text = section.string(.store, expected: form) else { return Defaults.store }
        if ["postgresql:", "postgres:"].contains(where: { text.value.lowercased().hasPrefix($0) }) {
            let url = section.parsed(text) { text throws(Rejection) in try DatabaseURL(parsing: text) }
            return url.map { .postgresql($0.value, password) } ?? Defaults.store
        }
        if let key = ServerKey.storePassword.first(where: section.has) {
            report.problem(
                at: section.table[key.rawValue]?.keyPosition, section.path(of: key.rawValue),
                "SQLite takes no password",
                expected: "store = \"postgresql://…\" beside it, or none")
        }
        if text.value == "sqlite" { return .stateDirectory }
        let prefix = "sqlite:"
        if text.value.hasPrefix(prefix), text.value.count > prefix.count {
            return .file(path(text.map { String($0.dropFirst(prefix.count)) }))
        }
        // Not quoted: what looks like a URL may hold a password.
        report.problem(at: text.position, text.path, "not a store", expected: form)
        return Defaults.store
    }
}
