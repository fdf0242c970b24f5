import Mailbox
import Servers

/// A logged-in connection, and the server at its other end.
final class Line: Sendable {
    let opened: LoginDesk.Opened
    let server: MailServer

    init(_ opened: LoginDesk.Opened, _ server: MailServer) {
        self.opened = opened
        self.server = server
    }

    var connection: Connection { opened.connection }
}
