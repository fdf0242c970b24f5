import Foundation
import Logging
import Opens

/// One line for each event on standard error: its time and level, the message, and `key=value` pairs.
///
/// Under systemd the journal knows the time; there a line begins with its priority, as in sd-daemon(3).
struct LogLines: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    private let toJournal: Bool
    private let write: @Sendable (String) -> Void
    private let now: @Sendable () -> Date

    init(
        toJournal: Bool = LogLines.standardErrorIsJournal, now: @escaping @Sendable () -> Date = { Date() },
        write: @escaping @Sendable (String) -> Void = StandardError.write
    ) {
        self.toJournal = toJournal
        self.now = now
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.value("\($0.value)"))" }.joined()
        let head = toJournal ? "<\(event.level.priority)>" : "\(Timestamp.format(now())) \(event.level.rawValue) "
        write(head + TerminalText.clean("\(event.message)") + pairs + "\n")
    }

    /// In quotation marks where a blank, a mark or nothing would hide where it ends.
    private static func value(_ text: String) -> String {
        let clean = TerminalText.clean(text)
        guard clean.isEmpty || clean.contains(where: { " \"=".contains($0) }) else { return clean }
        return "\"" + clean.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
    }

    /// systemd.exec(5): JOURNAL_STREAM names the device and inode of the journal's socket.
    static var standardErrorIsJournal: Bool {
        guard let stream = ProcessInfo.processInfo.environment["JOURNAL_STREAM"] else { return false }
        var status = stat()
        return fstat(STDERR_FILENO, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
    }
}

extension Logger.Level {
    /// RFC 5424's numbers.
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
