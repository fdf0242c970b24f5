import CPQ
import Foundation
import Secrets

/// A connection to PostgreSQL through libpq, in pipeline mode and without blocking; for one thread at a time.
final class PostgresConnection {
    typealias Instant = ContinuousClock.Instant

    private let library: cpq_library
    private let handle: OpaquePointer
    private let isHurried: () -> Bool
    private var prepared: Set<String> = []

    /// Connects by the keywords of libpq's section 34.1.2. `isHurried` is asked while it waits: from then on nothing
    /// waits for more than half a second.
    init(
        _ parameters: [(keyword: String, value: String)], password: Secret?, until deadline: Instant,
        isHurried: @escaping () -> Bool
    ) throws(PostgresFailure) {
        library = try Self.load()
        self.isHurried = isHurried
        guard let handle = Self.start(library, parameters, password) else { throw .lost("libpq has no memory") }
        self.handle = handle
        // Standard error is the log's, and a notice would be a line that nobody wrote.
        _ = library.PQsetNoticeProcessor(handle, { _, _ in }, nil)
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard state != PGRES_POLLING_FAILED, library.PQstatus(handle) != CONNECTION_BAD else {
                throw .lost(message)
            }
            try wait(for: state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline, "connecting")
            state = library.PQconnectPoll(handle)
        }
        guard library.PQsetnonblocking(handle, 1) == 0, library.PQenterPipelineMode(handle) == 1 else {
            throw .lost(message)
        }
    }

    deinit { library.PQfinish(handle) }

    var isEncrypted: Bool { library.PQsslInUse(handle) == 1 }
    /// A name, an address, or the directory of a Unix socket.
    var host: String { text(library.PQhost(handle)) }
    var user: String { text(library.PQuser(handle)) }
    var database: String { text(library.PQdb(handle)) }
    /// As the server says it: `15.18 (Debian 15.18-0+deb12u1)`.
    var serverVersion: String { text(library.PQparameterStatus(handle, "server_version")) }

    /// Runs statements in one go, with one wait for the server. Unless they begin a transaction themselves, PostgreSQL
    /// makes one of them all. After a refusal no transaction is open.
    func run(_ statements: [PostgresStatement], until deadline: Instant) throws(PostgresFailure) -> [PostgresRows] {
        do {
            return try pipeline(statements, until: deadline)
        } catch {
            if case .refused = error, library.PQtransactionStatus(handle) != PQTRANS_IDLE {
                _ = try pipeline([PostgresStatement("ROLLBACK")], until: deadline)
            }
            throw error
        }
    }
}

extension PostgresConnection {
    private enum Step {
        case prepare(String)
        case execute
    }

    private func pipeline(
        _ statements: [PostgresStatement], until deadline: Instant
    ) throws(PostgresFailure) -> [PostgresRows] {
        var steps: [Step] = []
        for statement in statements { try send(statement, &steps) }
        guard library.PQpipelineSync(handle) == 1 else { throw .lost(message) }
        try flush(until: deadline)
        var answers: [PostgresRows] = []
        var refusal: PostgresFailure.Refusal?
        for step in steps {
            switch try result(until: deadline) {
            case .rows(let rows):
                if case .prepare(let name) = step { prepared.insert(name) } else { answers.append(rows) }
            case .refused(let found): refusal = found
            // What stands behind a refusal in the pipeline.
            case .skipped: break
            case .synchronized: throw .lost("libpq answered out of order")
            }
        }
        guard case .synchronized = try result(until: deadline) else { throw .lost("libpq answered out of order") }
        if let refusal { throw .refused(refusal) }
        return answers
    }

    private func send(_ statement: PostgresStatement, _ steps: inout [Step]) throws(PostgresFailure) {
        if let name = statement.name, !prepared.contains(name) {
            guard library.PQsendPrepare(handle, name, statement.sql, 0, nil) == 1 else { throw .lost(message) }
            steps.append(.prepare(name))
        }
        let parameters = PostgresParameters(statement.parameters)
        let count = Int32(clamping: parameters.offsets.count)
        let isSent = parameters.bytes.withUnsafeBytes { bytes in
            let base = bytes.assumingMemoryBound(to: CChar.self).baseAddress
            let values = parameters.offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
            guard let name = statement.name else {
                return library.PQsendQueryParams(
                    handle, statement.sql, count, nil, values, parameters.lengths, parameters.formats, 0)
            }
            return library.PQsendQueryPrepared(
                handle, name, count, values, parameters.lengths, parameters.formats, 0)
        }
        guard isSent == 1 else { throw .lost(message) }
        steps.append(.execute)
    }

    private func flush(until deadline: Instant) throws(PostgresFailure) {
        while true {
            switch library.PQflush(handle) {
            case 0: return
            // The server may be sending answers and take no more before they are read.
            case 1: try wait(for: POLLIN | POLLOUT, until: deadline, "sending")
            default: throw .lost(message)
            }
            guard library.PQconsumeInput(handle) == 1 else { throw .lost(message) }
        }
    }

    private enum Answer {
        case rows(PostgresRows)
        case refused(PostgresFailure.Refusal)
        case skipped
        case synchronized
    }

    private func result(until deadline: Instant) throws(PostgresFailure) -> Answer {
        let found = try next(until: deadline)
        guard let found else { throw .lost(message) }
        defer { library.PQclear(found) }
        let status = library.PQresultStatus(found)
        if status == PGRES_PIPELINE_SYNC { return .synchronized }
        // Each statement's results end with none.
        while let further = try next(until: deadline) { library.PQclear(further) }
        switch status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return .rows(rows(found))
        case PGRES_PIPELINE_ABORTED: return .skipped
        default:
            // Without a state the error is libpq's own: the connection is gone.
            guard let state = field(found, Diagnostic.state) else { throw .lost(message) }
            return .refused(
                PostgresFailure.Refusal(
                    state: state, message: field(found, Diagnostic.message) ?? "",
                    column: field(found, Diagnostic.column)))
        }
    }

    private func next(until deadline: Instant) throws(PostgresFailure) -> OpaquePointer? {
        while library.PQisBusy(handle) == 1 {
            try wait(for: POLLIN, until: deadline, "answering")
            guard library.PQconsumeInput(handle) == 1 else { throw .lost(message) }
        }
        return library.PQgetResult(handle)
    }

    private func rows(_ result: OpaquePointer) -> PostgresRows {
        let columns = library.PQnfields(result)
        return (0..<library.PQntuples(result)).map { row in
            (0..<columns).map { column in
                guard library.PQgetisnull(result, row, column) == 0, let value = library.PQgetvalue(result, row, column)
                else { return nil }
                let bytes = UnsafeRawBufferPointer(
                    start: value, count: Int(library.PQgetlength(result, row, column)))
                return String(decoding: bytes, as: UTF8.self)
            }
        }
    }
}

extension PostgresConnection {
    /// Codes of PQresultErrorField, which are macros of characters (postgres_ext.h).
    private enum Diagnostic {
        static let state = Int32(UInt8(ascii: "C"))
        static let message = Int32(UInt8(ascii: "M"))
        static let column = Int32(UInt8(ascii: "c"))
    }

    private static let slice = 50
    private static let hurry = Duration.milliseconds(500)

    /// Until the socket is ready. `what` the server is late with goes into the error.
    private func wait(for events: Int32, until deadline: Instant, _ what: String) throws(PostgresFailure) {
        var deadline = deadline
        var wasHurried = false
        while true {
            if !wasHurried, isHurried() {
                wasHurried = true
                deadline = min(deadline, .now + Self.hurry)
            }
            let left = (deadline - .now) / .milliseconds(1)
            guard left > 0 else { throw .lost("no answer in time while \(what)") }
            var descriptor = pollfd(fd: library.PQsocket(handle), events: Int16(events), revents: 0)
            let count = poll(&descriptor, 1, Int32(min(left.rounded(.up), Double(Self.slice))))
            if count > 0 { return }
            if count < 0, errno != EINTR { throw .lost(String(cString: strerror(errno))) }
        }
    }

    /// What libpq says went wrong, on one line.
    private var message: String {
        text(library.PQerrorMessage(handle)).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    }

    private func field(_ result: OpaquePointer, _ code: Int32) -> String? {
        library.PQresultErrorField(result, code).map { String(cString: $0) }
    }

    private func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

    private static func load() throws(PostgresFailure) -> cpq_library {
        var reason = [CChar](repeating: 0, count: 256)
        guard let library = cpq_load(&reason, reason.count) else {
            let why = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw .unusable(
                PixelServerError(
                    .unreachable, "libpq, PostgreSQL's client library, cannot be loaded: \(why)",
                    .needsUser("install it (Debian and Ubuntu: apt install libpq5; version 14 or newer)")))
        }
        return library.pointee
    }

    private static func start(
        _ library: cpq_library, _ parameters: [(keyword: String, value: String)], _ password: Secret?
    ) -> OpaquePointer? {
        var keywords = parameters.map { strdup($0.keyword) }
        var values = parameters.map { strdup($0.value) }
        if let password {
            keywords.append(strdup("password"))
            values.append(password.reveal { bytes in strdup(bytes.map { CChar(bitPattern: $0) } + [0]) })
        }
        defer { for text in keywords + values { free(text) } }
        // 1: `dbname` may be a URL.
        return library.PQconnectStartParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
    }
}
