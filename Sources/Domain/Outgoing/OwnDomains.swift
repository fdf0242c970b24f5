import MIME

/// The domains that the user shares with colleagues.
package enum OwnDomains {
    /// Those of the addresses, without the ones where everybody has a mailbox.
    package static func of(_ addresses: [EnvelopeAddress]) -> Set<String> {
        Set(addresses.map(\.domain)).subtracting(publicProviders)
    }

    private static let publicProviders: Set<String> = [
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "ymail.com",
        "aol.com", "icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "pm.me", "tutanota.com",
        "tuta.com",
        "fastmail.com", "fastmail.fm", "hey.com", "zoho.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com",
        "web.de",
        "t-online.de", "freenet.de", "mailbox.org", "posteo.de", "mail.com", "orange.fr", "free.fr", "laposte.net",
        "sfr.fr",
        "wanadoo.fr", "libero.it", "virgilio.it", "yandex.ru", "yandex.com", "mail.ru", "bk.ru", "list.ru", "inbox.ru",
        "qq.com", "163.com", "126.com", "sina.com", "naver.com", "daum.net", "seznam.cz", "wp.pl", "o2.pl", "onet.pl",
        "comcast.net", "verizon.net", "att.net", "btinternet.com", "bluewin.ch", "yahoo.co.uk", "yahoo.co.jp",
        "yahoo.de",
        "yahoo.fr", "hotmail.co.uk", "hotmail.fr", "hotmail.de", "outlook.de", "outlook.fr", "live.nl", "ziggo.nl",
    ]
}
