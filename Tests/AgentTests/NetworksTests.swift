import Foundation
import Host
import Logging
import Settings
import Synchronization
import TestSupport
import Testing

@testable import Agent
@testable import Opens

/// What addresses are looked up in while files come, change and go.
@Suite final class LiveNetworksTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "ranges-\(UUID().uuidString)")
    private var directory: RangesDirectory {
        RangesDirectory(Directories(environment: ["XDG_STATE_HOME": folder.path]))
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func list(_ list: PublishedList, _ prefixes: [String], fetched: Date = Date()) -> NetworkList {
        let parts = list.classes.map {
            NetworkList.Part(networkClass: $0, prefixes: prefixes.compactMap { IPPrefix($0) })
        }
        return NetworkList(list: list, source: "https://a", fetched: fetched, published: prefixes.count, parts: parts)
    }

    private func settings(_ lines: String = "") throws -> Settings.Ranges {
        let text = "[server]\npublic_url = \"https://px.example.org\"\n[ranges]\n\(lines)\n"
        return try Settings.parse(text: text, file: folder.path + "/config.toml").ranges
    }

    private func origin(_ address: String, _ networks: LiveNetworks) throws -> NetworkOrigin {
        networks.lookup(try #require(IPAddress(address)))
    }

    @Test func followsTheFiles() throws {
        let networks = LiveNetworks(try settings(), directory, logger: .init(label: "t"))
        #expect(try origin("172.225.0.9", networks).netclass == .appleRelay)
        try directory.write(list(.appleRelay, ["104.28.1.0/24"]))
        #expect(try origin("104.28.1.1", networks).netclass == nil)
        networks.refresh()
        #expect(try origin("104.28.1.1", networks).netclass == .appleRelay)
        #expect(try origin("172.225.0.9", networks).netclass == nil)
        try directory.write(list(.appleRelay, ["104.28.2.0/24"]))
        try directory.write(list(.linode, ["45.33.0.0/17"]))
        networks.refresh()
        #expect(try origin("104.28.1.1", networks).netclass == nil)
        #expect(try origin("104.28.2.1", networks).netclass == .appleRelay)
        #expect(try origin("45.33.1.1", networks) == NetworkOrigin(netclass: .linode, asn: 63_949))
        try FileManager.default.removeItem(atPath: directory.file(of: .appleRelay))
        networks.refresh()
        #expect(try origin("172.225.0.9", networks).netclass == .appleRelay)
    }

    @Test func ofADamagedListWhatIsBuiltInServes() throws {
        let words = Mutex<[String]>([])
        let logger = Logger(label: "t") { _ in Words { word in words.withLock { $0.append(word) } } }
        try directory.write(list(.appleRelay, ["104.28.1.0/24"]))
        try directory.write(list(.linode, ["45.33.0.0/17"]))
        let file = directory.file(of: .appleRelay)
        var bytes = try Data(contentsOf: URL(filePath: file))
        bytes[40] ^= 1
        try bytes.write(to: URL(filePath: file))
        let networks = LiveNetworks(try settings(), directory, logger: logger)
        #expect(try origin("172.225.0.9", networks).netclass == .appleRelay)
        #expect(try origin("45.33.1.1", networks).netclass == .linode)
        #expect(words.withLock { $0.count { $0.contains("apple-relay.list: it is damaged; fetch it again") } } == 1)
    }

    /// Somebody who moved one list over another gets neither.
    @Test func aListUnderAnothersNameIsRefused() throws {
        try directory.write(list(.linode, ["45.33.0.0/17"]))
        try FileManager.default.moveItem(atPath: directory.file(of: .linode), toPath: directory.file(of: .aws))
        let error = #expect(throws: HostError.self) { try directory.read(.aws) }
        #expect(error?.detail == "it is another list")
    }

    @Test func aListThatIsOffIsNotUsed() throws {
        try directory.write(list(.appleRelay, ["104.28.1.0/24"]))
        let networks = LiveNetworks(try settings("apple-relay = false"), directory, logger: .init(label: "t"))
        #expect(try origin("104.28.1.1", networks).netclass == nil)
        #expect(try origin("172.225.0.9", networks).netclass == .appleRelay)
    }

    /// The database says which system; where it knows nothing, the list does. What is damaged later changes nothing.
    @Test func theDatabaseComesBeforeTheLists() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: "a.mmdb")
        func write(_ asn: UInt32) throws {
            let file = DatabaseFile(networks: [(DatabaseFile.ipv4(66, 249, 80, 0), 96 + 24, DatabaseFile.asn(asn))])
            try Data(file.bytes()).write(to: path, options: .atomic)
        }
        try write(64_496)
        let networks = LiveNetworks(try settings("asn_database = \"a.mmdb\""), directory, logger: .init(label: "t"))
        #expect(try origin("66.249.80.1", networks) == NetworkOrigin(netclass: .googleProxy, asn: 64_496))
        #expect(try origin("66.249.81.1", networks) == NetworkOrigin(netclass: .googleProxy, asn: 15_169))
        #expect(try origin("203.0.113.1", networks) == NetworkOrigin())
        try write(64_497)
        networks.refresh()
        #expect(try origin("66.249.80.1", networks).asn == 64_497)
        try Data("none".utf8).write(to: path)
        networks.refresh()
        #expect(try origin("66.249.80.1", networks).asn == 64_497)
    }
}

private struct Words: LogHandler {
    let say: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(say: @escaping @Sendable (String) -> Void) { self.say = say }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { say("\(event.message) \(event.metadata ?? [:])") }
}
