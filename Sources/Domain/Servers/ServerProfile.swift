/// A kind of server or a provider: how it is known, and what is special about it.
package struct ServerProfile: Sendable {
    package let name: String
    /// Any one is enough.
    let signs: [ServerSign]
    package let quirks: [ServerQuirk]

    func fits(_ identity: ServerIdentity) -> Bool { signs.contains { $0.isSeen(in: identity) } }
}

extension ServerProfile {
    /// Providers before the software they run, since the first one that fits gives the name.
    ///
    /// XAPPLEPUSHSERVICE is no sign of iCloud: NetEase lists it too, QQ did, and so does a plug-in for Dovecot.
    package static let all = [
        ServerProfile(
            name: "Gmail", signs: [.host("imap.gmail.com"), .greeting("Gimap ready"), .capability(.gmail)],
            quirks: [.submissionsFiled]),
        ServerProfile(
            name: "Microsoft Exchange",
            signs: [
                .host("office365.com"), .host("outlook.com"), .host("outlook.office.com"),
                .greeting("The Microsoft Exchange IMAP4 service"),
            ], quirks: [.partialFetchUnreliable, .keywordsFixed, .submissionsFiled]),
        ServerProfile(
            name: "iCloud", signs: [.host("mail.me.com"), .greeting("iscream")],
            quirks: [.malformedVanished, .searchUnavailable]),
        ServerProfile(
            name: "Yahoo",
            signs: [.host("mail.yahoo.com"), .host("imap.aol.com"), .capability("XYMHIGHESTMODSEQ")],
            quirks: [.idleOfThreeMinutes, .shortCommandLines, .oneCommandAtATime, .searchFails, .keywordsFixed]),
        ServerProfile(name: "Yahoo Japan", signs: [.host("yahoo.co.jp")], quirks: [.searchRefused]),
        ServerProfile(name: "Fastmail", signs: [.host("fastmail.com")], quirks: []),
        ServerProfile(
            name: "Zoho",
            signs: [.host("zoho.com"), .host("zoho.eu"), .host("zoho.in"), .greeting("Zoho Mail IMAP4rev1")],
            quirks: [.modificationSequenceZero]),
        ServerProfile(
            name: "Yandex", signs: [.host("yandex.com"), .host("yandex.ru"), .greeting("Yandex IMAP4rev1")], quirks: []),
        ServerProfile(name: "mail.ru", signs: [.host("mail.ru")], quirks: []),
        ServerProfile(
            name: "NetEase",
            signs: [
                .host("163.com"), .host("126.com"), .host("yeah.net"), .host("188.com"),
                .greeting("Coremail System IMap"),
            ], quirks: [.idRequired, .noopIgnored]),
        ServerProfile(name: "QQ", signs: [.host("qq.com"), .greeting("QQMail")], quirks: [.idRequired]),
        ServerProfile(name: "Rambler", signs: [.host("rambler.ru")], quirks: [.idleOfOneMinute]),
        ServerProfile(name: "Seznam", signs: [.host("seznam.cz")], quirks: [.searchDropsConnection]),
        ServerProfile(
            name: "Proton Bridge", signs: [.greeting("gluon session"), .capability("XSTOP")], quirks: [.keywordsFixed]),
        ServerProfile(
            name: "Stalwart", signs: [.greeting("Stalwart"), .id("Stalwart")], quirks: [.keywordLimit99]),
        ServerProfile(name: "Zimbra", signs: [.greeting("Zimbra IMAP4rev1"), .id("Zimbra")], quirks: []),
        ServerProfile(name: "Cyrus", signs: [.greeting("Cyrus IMAP"), .id("Cyrus")], quirks: [.keywordLimit100]),
        ServerProfile(name: "Dovecot", signs: [.greeting("Dovecot"), .id("Dovecot")], quirks: [.notifyKeepsAwake]),
        ServerProfile(name: "Courier", signs: [.greeting("Courier-IMAP"), .id("Courier")], quirks: [.idlePolls]),
        ServerProfile(name: "hMailServer", signs: [.greeting("IMAPrev1")], quirks: []),
    ]
}
