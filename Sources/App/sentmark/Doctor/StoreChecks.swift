import Agent
import Foundation
import Host
import PixelServer
import Settings

/// Where the pixel server's hits are kept.
enum StoreFacts: Sendable, Equatable {
    /// The file, whether it is there, and why it cannot be written if it cannot.
    case sqlite(path: String, exists: Bool, refusal: String? = nil)
    case postgres(PostgresFacts)
}

/// What the facts about the store mean.
enum StoreChecks {
    static func checks(_ topic: String, _ store: Result<StoreFacts, Failure>) -> [Check] {
        switch store {
        case .failure(let failure): [Check(topic, "store", failure)]
        case .success(.sqlite(let path, _, let refusal?)):
            [
                Check(
                    topic, "store", .failed(.permission), "SQLite, \(path), cannot be written: \(refusal)",
                    action: "see that file system, owner and mode of the state directory allow it")
            ]
        case .success(.sqlite(let path, exists: true, nil)): [Check(topic, "store", .good, "SQLite, \(path)")]
        case .success(.sqlite(let path, exists: false, nil)):
            [Check(topic, "store", .good, "SQLite, \(path), which will be made at the first start")]
        case .success(.postgres(let facts)): [connection(topic, facts), durability(topic, facts), schema(topic, facts)]
        }
    }

    private static func connection(_ topic: String, _ facts: PostgresFacts) -> Check {
        let path =
            if facts.isEncrypted { "over TLS" } else if facts.host.hasPrefix("/") { "over a Unix socket" } else {
                "without TLS, on this machine"
            }
        return Check(
            topic, "store", .good,
            "PostgreSQL \(facts.version) at \(facts.host), \(path), as \(facts.user) in \(facts.database)")
    }

    private static func durability(_ topic: String, _ facts: PostgresFacts) -> Check {
        facts.syncs == false
            ? Check(
                topic, "durability", .failed(.inputOutput),
                "the database runs with fsync = off and loses hits in a power cut",
                action: "set fsync = on in its postgresql.conf")
            : Check(topic, "durability", .good, "what is committed is on disk")
    }

    private static func schema(_ topic: String, _ facts: PostgresFacts) -> Check {
        let name = "schema"
        switch facts.schema {
        case .missing(mayMake: true):
            return Check(topic, name, .good, "sentmark will be made in \(facts.database) at the first start")
        case .missing(mayMake: false):
            return Check(
                topic, name, .failed(.permission), "\(facts.user) has no right to make its tables in \(facts.database)",
                action: "as the database's owner: CREATE SCHEMA sentmark AUTHORIZATION \"\(facts.user)\"")
        case .newer(let version):
            return Check(
                topic, name, .failed(.dataError), "version \(version), of a newer Sentmark",
                action: "install that version")
        case .found(let version, let isCurrent):
            let hits = facts.hits.map { ", \($0) hits so far" } ?? ""
            let servers = facts.servers.counted("server")
            return Check(
                topic, name, .good,
                "version \(version)\(isCurrent ? "" : ", brought up to date at the next start")\(hits), "
                    + "written by \(servers) within a day")
        }
    }
}

extension StoreFacts {
    /// Looks, and changes nothing.
    static func find(_ server: Settings.Server) async -> Result<StoreFacts, Failure> {
        guard let database = PostgresServer(server.store) else {
            let directory = PixelServer.Configuration(server, Directories()).stateDirectory
            let path = directory.appendingPathComponent("hits.db").path
            let exists = FileManager.default.fileExists(atPath: path)
            let refusal = refusal(toWriteIn: directory) ?? (exists ? refusal(toWrite: path) : nil)
            return .success(.sqlite(path: path, exists: exists, refusal: refusal))
        }
        do {
            return .success(.postgres(try await onThread { try PostgresFacts.find(database) }))
        } catch {
            return .failure(Failure(error))
        }
    }

    /// Of a directory that is yet to be made, what it is to be made in counts.
    private static func refusal(toWriteIn directory: URL) -> String? {
        var place = directory
        while !FileManager.default.fileExists(atPath: place.path), place.path != "/" { place.deleteLastPathComponent() }
        return refusal(toWrite: place.path)
    }

    private static func refusal(toWrite path: String) -> String? {
        access(path, W_OK) == 0 ? nil : String(cString: strerror(errno))
    }
}
