import TestSupport

/// Sides of an IMAP conversation that no real server would take.
extension [ScriptStep] {
    /// Greeting and login, which are libcurl's.
    static let login: [ScriptStep] = [
        .send("* OK ready\r\n"),
        .expect("CAPABILITY$"), .send("* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n{tag} OK listed\r\n"),
        .expect("AUTHENTICATE PLAIN \\S+$"), .send("{tag} OK logged in\r\n"),
    ]

    /// A Sent folder with three messages, up to where the first of them is asked for.
    static let untilFetch: [ScriptStep] =
        login + [
            .expect("CAPABILITY$"), .send("{tag} OK in step\r\n"),
            .expect("LIST"), .send("* LIST (\\Sent) \"/\" Sent\r\n{tag} OK listed\r\n"),
            .expect("SELECT"), .send("* 3 EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT 4]\r\n{tag} OK selected\r\n"),
            .expect("UID SEARCH"), .send("* SEARCH 1 2 3\r\n{tag} OK found\r\n"),
            .expect("UID FETCH"),
        ]

    /// A server that goes on as its rules say.
    static func server(_ rules: KeyValuePairs<String, String>) -> [ScriptStep] { login + [.answer(rules)] }
}

/// An untagged FETCH response with one literal.
func fetch(_ uid: Int, _ item: String, _ text: String) -> String {
    "* \(uid) FETCH (UID \(uid) \(item) {\(text.utf8.count)}\r\n\(text))\r\n"
}
