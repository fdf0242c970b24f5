/// A conversation as a text file, to be played against a state machine or, through a scripted server, against a socket.
///
///     # Why this conversation is worth keeping. Its first comment; required.
///     > select Sent condstore        the client begins a command; the words are the player's business
///     C: t2 SELECT "Sent" (CONDSTORE)   a line the client must send, CRLF implied
///     S: * 5 EXISTS                  a line the server sends, CRLF implied
///     S+ * 1 FETCH (BODY[] {5}\r\nhel   bytes without a line end; \r \n \t \\ \xHH are understood here
///     C+ hello                       the same for the client
///     S* 3000 x                      "x", 3,000 times
///     T: 60000                       milliseconds pass
///     S.                             the server hangs up
///     E: exists 5                    what the client must report by now, in order; the player's words again
///
/// Lines end with a line feed; empty lines and comments separate.
package struct Dialogue: Equatable, Sendable {
    package struct Step: Equatable, Sendable {
        package let line: Int
        package let action: Action
    }

    package enum Action: Equatable, Sendable {
        case start(String)
        case client([UInt8])
        case server([UInt8])
        case expect(String)
        case pass(milliseconds: Int64)
        case hangUp
    }

    package let why: String
    package let steps: [Step]
}

/// A line that is none of the above.
package struct DialogueError: Error, Equatable, Sendable, CustomStringConvertible {
    package let line: Int
    package let reason: String
    package var description: String { "line \(line): \(reason)" }
}
