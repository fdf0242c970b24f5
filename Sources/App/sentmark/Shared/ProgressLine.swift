import Foundation
import Synchronization

/// The last line of a terminal, which says what is going on and moves down as other lines are written above it.
final class ProgressLine: Sendable {
    /// Standard error, if that is a terminal.
    static let standardError = ProgressLine(
        columns: { terminalColumns(STDERR_FILENO) }, write: { FileHandle.standardError.write(Data($0.utf8)) })

    private let shown = Mutex("")
    private let columns: @Sendable () -> Int?
    private let sink: @Sendable (String) -> Void

    /// - Parameter columns: of the terminal; `nil` when it is none: then nothing is shown.
    init(columns: @escaping @Sendable () -> Int?, write: @escaping @Sendable (String) -> Void) {
        self.columns = columns
        sink = write
    }

    /// Replaces the line; an empty one takes it away.
    func show(_ text: String) {
        guard let columns = columns() else { return }
        let line = TerminalText.fit(TerminalText.clean(text), columns - 1)
        shown.withLock { shown in
            guard line != shown else { return }
            shown = line
            sink(Self.clear + line)
        }
    }

    /// Writes whole lines above it.
    func write(_ text: String) {
        shown.withLock { shown in sink(shown.isEmpty ? text : Self.clear + text + shown) }
    }

    /// To the first column, and what stands there is gone (ECMA-48 EL).
    private static let clear = "\r\u{1B}[K"
}
