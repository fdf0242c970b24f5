import Testing

/// Plays every file of Fixtures/server and Fixtures/client against its machine.
struct DialogueTests {
    static let servers = dialogueNames("server")
    static let clients = dialogueNames("client")

    @Test func areThere() {
        #expect(Self.servers.count >= 20)
        #expect(Self.clients.count >= 6)
    }

    @Test(arguments: servers)
    func serverPlaysWhole(_ name: String) throws { try ServerPlayer(name).play { [$0] } }

    @Test(arguments: servers)
    func serverPlaysByteByByte(_ name: String) throws { try ServerPlayer(name).play(\.singly) }

    @Test(arguments: servers)
    func serverPlaysCutAnywhere(_ name: String) throws {
        let player = try ServerPlayer(name)
        for cut in 1..<min(400, max(2, player.longestSegment)) { try player.play { $0.cut(at: cut) } }
    }

    @Test(arguments: clients)
    func clientPlaysWhole(_ name: String) throws { try ClientPlayer(name).play { [$0] } }

    @Test(arguments: clients)
    func clientPlaysByteByByte(_ name: String) throws { try ClientPlayer(name).play(\.singly) }

    @Test(arguments: clients)
    func clientPlaysCutAnywhere(_ name: String) throws {
        let player = try ClientPlayer(name)
        for cut in 1..<min(400, max(2, player.longestStep)) { try player.play { $0.cut(at: cut) } }
    }
}
