import Foundation
import Secrets
import Testing

@testable import Settings

/// An `[[account]]` with `each`: one account for each line of a list.
struct ManyAccountsTests {
    private static let template = """
        [[account]]
        each = "people.csv"
        imap = "imaps://imap.example.org"
        name = "{user}"
        user = "sentmark"
        authorization = "{user}@example.org"
        password_file = "keys/{key}"
        sent = ["{folder}", "Old {folder}"]
        """

    private func settings(_ text: String, _ list: String, isPrivate: Bool = false) throws(SettingsProblems) -> Settings
    {
        try Settings.parse(text: Array(text.utf8), file: "/c/a.toml", isPrivate: false, home: nil) { path in
            #expect(path == "/c/people.csv")
            return PlainFile(bytes: Array(list.utf8), isPrivate: isPrivate)
        }
    }

    private func problems(_ text: String, _ list: String, isPrivate: Bool = false) -> [String] {
        do {
            _ = try settings(text, list, isPrivate: isPrivate)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func aLineIsAnAccount() throws {
        let list = "# staff\r\nuser,key,folder\r\n\r\nann,a,Sent\r\nben,b,\"Sent, \"\"all\"\"\"\r\n"
        let accounts = try settings(Self.template, list).accounts
        #expect(accounts.map(\.name) == ["ann", "ben"])
        #expect(accounts.map(\.user) == ["sentmark", "sentmark"])
        #expect(accounts.map(\.authorization) == ["ann@example.org", "ben@example.org"])
        #expect(accounts.map(\.login) == [.password(.file("/c/keys/a")), .password(.file("/c/keys/b"))])
        #expect(accounts[1].sent == .named(["Sent, \"all\"", "Old Sent, \"all\""]))
    }

    @Test func theMailboxNamesTheAccount() throws {
        let text = Self.template.replacing("name = \"{user}\"\n", with: "")
        #expect(try settings(text, "user,key,folder\nann,a,S\n").accounts.map(\.name) == ["ann@example.org"])
    }

    @Test func aThousandAreTenLines() throws {
        let list = "user,key,folder\n" + (0..<1000).map { "m\($0),k,Sent\n" }.joined()
        #expect(Set(try settings(Self.template, list).accounts.map(\.name)).count == 1000)
    }

    /// What is wrong, said once each, with the file, line and column where it is to be corrected.
    @Test(
        arguments: [
            (
                "user,key\nann,a\nben,b\n",
                [
                    "/c/a.toml:8:9: account[1].sent[1]: the list has no column \"folder\"; "
                        + "expected one of {user}, {key}",
                    "/c/a.toml:8:21: account[1].sent[2]: the list has no column \"folder\"; "
                        + "expected one of {user}, {key}",
                ]
            ),
            (
                "user,key,folder\nann,a,Sent\nann,b,Sent\n",
                [
                    "/c/people.csv:3:1: account[1].name: a second account is named \"ann\"; expected another name than at "
                        + "/c/people.csv:2"
                ]
            ),
            (
                "user,key,folder\nann,a\nben,b,\"Sent\ncid,,\u{7}\n",
                [
                    "/c/people.csv:2:1: has 2 fields; expected 3: user,key,folder",
                    "/c/people.csv:3:1: a quotation mark is not closed, or text follows it; "
                        + "expected a line such as a,\"b, c\"",
                    "/c/people.csv:4:6: account[1].sent[1]: holds a control character; expected a string",
                    "/c/people.csv:4:6: account[1].sent[2]: holds a control character; expected a string",
                ]
            ),
            (
                "ann@example.org\n",
                [
                    "/c/people.csv:1:1: the first line does not name the columns; expected the columns' names, such as "
                        + "user,name: small letters, digits and _, each once"
                ]
            ),
            ("", ["/c/people.csv:1:1: is empty; expected the columns' names, then a line per account"]),
        ] as [(String, [String])])
    func saysWhatIsWrongAndWhere(_ list: String, _ expected: [String]) {
        #expect(problems(Self.template, list) == expected)
    }

    /// A thousand accounts repeat the mistakes of their template, and the user should read each once.
    @Test func aMistakeInTheTemplateIsOneMistake() {
        let text = Self.template + "\ncolour = 1\nsince = \"{since}\"\n"
        let found = problems(text, "user,key,folder,since\nann,a,S,30d\nben,b,S,always\n")
        #expect(found.count == 2)
        #expect(found.first?.hasPrefix("/c/a.toml:9:1: account[1].colour: unknown key") == true)
        #expect(found.last?.hasPrefix("/c/people.csv:3:9: account[1].since: \"always\" is not a time span") == true)
    }

    @Test func passwordsInAListNeedAPrivateList() throws {
        let text = Self.template.replacing("password_file = \"keys/{key}\"", with: "password = \"{key}\"")
        let list = "user,key,folder\nann,correct horse,S\n"
        #expect(
            problems(text, list) == [
                "/c/a.toml:7:12: account[1].password: passwords in a list that others can read; "
                    + "expected mode 0600 for it, or password_file = \"keys/{user}\""
            ])
        let account = try settings(text, list, isPrivate: true).accounts[0]
        #expect(account.login == .password(.literal(Secret("correct horse"))))
    }

    @Test func anIdentityBelongsToAPassword() {
        let text = """
            [[account]]
            imap = "imaps://imap.example.org"
            user = "a"
            authorization = "b"
            token_command = ["oama"]
            """
        #expect(
            problems(text, "").first?.hasPrefix("/c/a.toml:4:17: account[1].authorization: belongs to a pass") == true)
    }

    @Test(arguments: [
        [0x22], [0xFF, 0x0A], Array("user\n\"".utf8), Array(",,\n,,\n".utf8),
        Array(String(repeating: "a,", count: 100_000).utf8), Array("user,key,folder\n{user},{{user}},}{\n".utf8),
    ])
    func survivesAnyList(_ bytes: [UInt8]) {
        for end in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 50)) {
            _ = try? Settings.parse(text: Array(Self.template.utf8), file: "a", isPrivate: true, home: nil) { _ in
                PlainFile(bytes: Array(bytes[..<end]), isPrivate: true)
            }
        }
    }
}
