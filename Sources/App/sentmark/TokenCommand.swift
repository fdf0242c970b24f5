import ArgumentParser

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make tokens, and read them.",
        discussion: """
            A token names one message in the feed of one sender. It is signed, so that nobody else can make one, and \
            holds no address, subject or Message-ID.

            EXAMPLES
              sentmark token new --html
              sentmark token inspect message.eml
            """,
        subcommands: [TokenNewCommand.self, TokenInspectCommand.self])
}
