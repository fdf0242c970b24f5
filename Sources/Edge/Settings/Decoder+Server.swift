extension Decoder {
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
