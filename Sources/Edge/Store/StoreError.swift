import GRDB

/// What went wrong with the agent's own state, and what to do about it.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        case diskFull
        case readOnly
        case inputOutput
        case damaged
        case missing
        case newer
        case older
        case busy
        case other
    }

    package let kind: Kind
    package let path: String
    package let detail: String

    package init(kind: Kind, path: String, detail: String) {
        self.kind = kind
        self.path = path
        self.detail = detail
    }

    /// Whether it is worth trying the same again later without anybody doing anything.
    package var isTemporary: Bool {
        switch kind {
        case .diskFull, .inputOutput, .busy, .readOnly: true
        case .damaged, .missing, .newer, .older, .other: false
        }
    }

    package var description: String {
        switch kind {
        case .diskFull: "\(path): no space left on the disk; free some, nothing is lost meanwhile"
        case .readOnly: "\(path): cannot be written (\(detail)); check the mount and the file's mode"
        case .inputOutput: "\(path): reading or writing failed (\(detail)); check the disk"
        case .damaged: "\(path): the database is damaged (\(detail))"
        case .missing: "\(path): there is no database yet; run `sentmark run` first"
        case .newer: "\(path): made by a newer Sentmark (\(detail)); update this one"
        case .older:
            "\(path): an older Sentmark wrote it; restart the agent (`systemctl --user restart sentmark`), which brings it up to date"
        case .busy: "\(path): another process holds the database; stop it (`fuser \(path)` tells which)"
        case .other: "\(path): \(detail)"
        }
    }
}

extension StoreError {
    init(_ error: any Error, path: String) {
        guard let error = error as? DatabaseError else {
            self.init(kind: .other, path: path, detail: "\(error)")
            return
        }
        let kind: Kind =
            switch error.resultCode {
            case .SQLITE_FULL: .diskFull
            case .SQLITE_READONLY, .SQLITE_PERM: .readOnly
            case .SQLITE_IOERR: .inputOutput
            case .SQLITE_CANTOPEN: .inputOutput
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damaged
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
            default: .other
            }
        self.init(kind: kind, path: path, detail: error.message ?? error.resultCode.description)
    }
}
