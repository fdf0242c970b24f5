/// Why PostgreSQL did not do what it was asked.
enum PostgresFailure: Error {
    /// There is no connection, or there is none any more: what was under way has happened or not.
    case lost(String)
    /// The server has said no; nothing of the transaction remains.
    case refused(Refusal)
    /// Nothing that time will mend: no libpq here, no password, a setting that does not do.
    case unusable(PixelServerError)

    struct Refusal {
        /// Five characters, PostgreSQL's appendix A.
        let state: String
        let message: String
        /// The column that a constraint is about.
        let column: String?
    }

    static let notNull = "23502"
    static let undefinedTable = "42P01"
    static let undefinedFunction = "42883"
}

extension PostgresFailure.Refusal {
    /// Another try of the same transaction may get through.
    var mayPass: Bool {
        // serialization_failure, deadlock_detected, lock_not_available; query_canceled by statement_timeout.
        ["40001", "40P01", "55P03", "57014"].contains(state)
    }

    /// This server takes no more from us; the next one may.
    var isGoodbye: Bool {
        // Shutdown, crash, start, the end of an idle transaction or session; a standby that takes no writes; too many
        // connections. 40003: what became of the transaction is not known.
        ["57P01", "57P02", "57P03", "57P05", "25P03", "25006", "53300", "40003"].contains(state)
            || state.hasPrefix("08")
    }

    /// The table of another month has been begun.
    var isOtherMonth: Bool { state == PostgresFailure.notNull && column == "month" }

    /// The batch's number has been used: it has been stored.
    var isOutOfTurn: Bool { state == PostgresFailure.notNull && column == "batch" }
}

extension PostgresFailure {
    /// `server`: where, without a password.
    func error(at server: String) -> PixelServerError {
        switch self {
        case .unusable(let error): return error
        case .lost(let why):
            return PixelServerError(
                .unreachable, "\(server): \(why)",
                .needsUser("see that it runs; docs/postgresql.md tells of role, password and TLS"))
        case .refused(let refusal):
            let detail = "\(server): \(refusal.message) (\(refusal.state))"
            let classOf = refusal.state.prefix(2)
            return switch true {
            case refusal.isGoodbye: PixelServerError(.unreachable, detail, .retryLater(after: .seconds(1)))
            case refusal.mayPass: PixelServerError(.storage, detail, .retryLater(after: .seconds(1)))
            case refusal.state == "53100": PixelServerError(.full, detail, .needsUser("make room on its disk"))
            case refusal.state == "42501", classOf == "28":
                PixelServerError(
                    .permission, detail, .needsUser("check the role, its password and its rights (docs/postgresql.md)"))
            case refusal.state == "3D000":
                PixelServerError(.storage, detail, .needsUser("create the database, or name another in `store`"))
            case refusal.state == PostgresFailure.undefinedTable:
                PixelServerError(
                    .storage, detail,
                    .needsUser("restore the database; in an empty one a server makes its tables at its start"))
            case classOf == "XX":
                PixelServerError(.unreadable, detail, .needsUser("see the database server's own log"))
            default: PixelServerError(.storage, detail, .needsUser("see the database server's own log"))
            }
        }
    }
}
