import Testing

@testable import Host

struct ActivatedSocketsTests {
    @Test(arguments: [
        [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "77"], ["LISTEN_PID": "78", "LISTEN_FDS": "1"],
        ["LISTEN_PID": "77", "LISTEN_FDS": "0"], ["LISTEN_PID": "77", "LISTEN_FDS": "-1"],
        ["LISTEN_PID": "77", "LISTEN_FDS": "17"], ["LISTEN_PID": "77", "LISTEN_FDS": "one"],
        ["LISTEN_PID": "77", "LISTEN_FDS": "99999999999999999999"],
    ])
    func areNone(environment: [String: String]) {
        #expect(ActivatedSockets(environment: environment, process: 77) == nil)
    }

    @Test func areKnownByTheirNames() throws {
        func sockets(_ count: Int, _ names: String?) throws -> ActivatedSockets {
            var environment = ["LISTEN_PID": "77", "LISTEN_FDS": "\(count)"]
            environment["LISTEN_FDNAMES"] = names
            return try #require(ActivatedSockets(environment: environment, process: 77))
        }
        let both = try sockets(2, "operations:sentmark-serve.socket")
        #expect(both.descriptor(named: "operations") == 3)
        #expect(both.descriptor(notNamed: "operations") == 4)
        let one = try sockets(1, nil)
        #expect(one.descriptor(named: "operations") == nil)
        #expect(one.descriptor(notNamed: "operations") == 3)
        // Fewer names than sockets, and names that are empty.
        let unnamed = try sockets(3, ":operations")
        #expect(unnamed.sockets.map(\.descriptor) == [3, 4, 5])
        #expect(unnamed.sockets.map(\.name) == ["", "operations", ""])
    }
}
