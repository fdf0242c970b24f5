import Foundation
import Host
import Logging
import Networks
import Opens
import Settings
import Synchronization

/// What addresses are looked up in: built-in facts, fetched lists, an ASN database. It follows the files.
package final class LiveNetworks: Sendable {
    private struct Contents {
        var table = NetworkTable.builtIn
        var database: ASNDatabase?
    }

    private let directory: RangesDirectory
    private let lists: [PublishedList]
    private let databasePath: String?
    private let logger: Logger
    private let contents = Mutex(Contents())
    /// Which editions of the files have been read. Held while they are.
    private let seen = Mutex<[String: StateFile.Version]>([:])

    /// Reads what is there.
    package init(_ settings: Settings.Ranges, _ directory: RangesDirectory, logger: Logger) {
        self.directory = directory
        lists = PublishedList.allCases.filter { settings.urls[$0] != nil }
        databasePath = settings.asnDatabase
        self.logger = logger
        refresh()
        if let databasePath, StateFile.Version(databasePath) == nil {
            logger.warning("the ASN database is not there", metadata: ["path": "\(databasePath)"])
        }
    }

    /// Reads again what has changed. What cannot be used is logged: of a list what is built in serves, of a database what
    /// was read before.
    package func refresh() {
        seen.withLock { seen in
            let files = lists.map { directory.file(of: $0) }
            let found = Dictionary(
                uniqueKeysWithValues: files.compactMap { file in StateFile.Version(file).map { (file, $0) } })
            if found != seen.filter({ $0.key != databasePath }) { readLists() }
            let database = databasePath.flatMap { path in StateFile.Version(path).map { (path, $0) } }
            if let (path, version) = database, seen[path] != version { readDatabase(path) }
            seen = found
            if let (path, version) = database { seen[path] = version }
        }
    }

    package var lookup: NetworkLookup {
        { address in
            let contents = self.contents.withLock { $0 }
            var origin = contents.table.origin(of: address)
            origin.asn = contents.database?.asn(of: address) ?? origin.asn
            return origin
        }
    }

    private func readLists() {
        let read = lists.compactMap { list -> NetworkList? in
            do throws(HostError) {
                return try directory.read(list)
            } catch {
                logger.warning(
                    "a list of networks cannot be used",
                    metadata: ["list": "\(list.rawValue)", "problem": "\(error)"])
                return nil
            }
        }
        let table = NetworkTable.combining(read)
        contents.withLock { $0.table = table }
        logger.info("networks read", metadata: ["lists": "\(read.count)", "prefixes": "\(table.count)"])
    }

    private func readDatabase(_ path: String) {
        do {
            let database = try ASNDatabase(reading: path)
            contents.withLock { $0.database = database }
            logger.info("ASN database read", metadata: ["name": "\(database.name)"])
        } catch {
            logger.warning("the ASN database cannot be used", metadata: ["problem": "\(error)"])
        }
    }
}

extension ASNDatabase {
    /// Throws when the file cannot be read, or is none.
    package convenience init(reading path: String) throws(HostError) {
        guard let bytes = try StateFile.read(path, limit: Self.maximumBytes) else {
            throw HostError(
                code: .notFound, subject: path, detail: "is not there",
                action: "put the ASN database there, or leave "
                    + "asn_database out")
        }
        do throws(ListProblem) {
            try self.init(bytes)
        } catch {
            throw HostError(code: .unusable, subject: path, detail: "\(error)", action: "download it again")
        }
    }
}
