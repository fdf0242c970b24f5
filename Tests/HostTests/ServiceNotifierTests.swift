import Foundation
import Testing

@testable import Host

/// A real datagram socket in the place of systemd's.
@Suite struct ServiceNotifierTests {
    enum Kind: CaseIterable, Sendable { case path, abstract }

    @Test(arguments: Kind.allCases)
    func speaksSystemdsProtocol(_ kind: Kind) throws {
        let scratch = try Scratch()
        let manager = try ServiceManager(kind == .path ? scratch.path + "/notify" : "@sentmark-\(UUID().uuidString)")
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": manager.name]))
        notifier.ready()
        notifier.ready(status: "2 accounts")
        notifier.status("a\nREADY=1")
        notifier.keepAlive()
        notifier.stopping()
        let messages = (0..<5).map { _ in manager.receive() }
        #expect(messages == ["READY=1", "READY=1\nSTATUS=2 accounts", "STATUS=a READY=1", "WATCHDOG=1", "STOPPING=1"])
        notifier.reloading()
        let parts = manager.receive().split(separator: "=")
        #expect(parts.dropLast() == ["RELOADING", "1\nMONOTONIC_USEC"])
        #expect(parts.last.flatMap { Int64($0) } ?? 0 > 0)
    }

    @Test(
        arguments: [
            ([:], nil), (["WATCHDOG_USEC": "60000000"], .seconds(30)),
            (["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"], nil),
            (["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "\(getpid())"], .seconds(30)),
            (["WATCHDOG_USEC": "soon"], nil), (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "-5"], nil),
        ] as [([String: String], Duration?)])
    func livesAtHalfTheTime(_ environment: [String: String], _ interval: Duration?) throws {
        let environment = environment.merging(["NOTIFY_SOCKET": "/s"]) { a, _ in a }
        #expect(try #require(ServiceNotifier(environment: environment)).watchdogInterval == interval)
    }

    @Test(arguments: [nil, "", "/", "@", "relative", "vsock:2:1", "/" + String(repeating: "x", count: 108)])
    func isNotThereWithoutAManager(_ socket: String?) {
        #expect(ServiceNotifier(environment: socket.map { ["NOTIFY_SOCKET": $0] } ?? [:]) == nil)
    }

    @Test func doesNotMindAManagerThatIsGone() throws {
        let scratch = try Scratch()
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": scratch.path + "/gone"]))
        #expect(!notifier.ready())
    }

    @Test func givesASignOfLifeOnlyWhileAlive() async throws {
        let scratch = try Scratch()
        let manager = try ServiceManager(scratch.path + "/notify")
        let notifier = try #require(
            ServiceNotifier(environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "2000"]))
        let answers = Answers([true, false, false, true])
        let watch = Task { await notifier.watch { await answers.next() } }
        #expect(manager.receive() == "WATCHDOG=1")
        #expect(manager.receive() == "WATCHDOG=1")
        await answers.exhausted()
        watch.cancel()
        await watch.value
        notifier.stopping()
        #expect(manager.receive() == "STOPPING=1", "two signs for two times alive")
    }
}

/// Answers in turn, then `false` for ever.
private actor Answers {
    private var left: [Bool]
    private var waiting: CheckedContinuation<Void, Never>?
    private var isOver = false

    init(_ answers: [Bool]) { left = answers }

    func next() -> Bool {
        guard left.isEmpty else { return left.removeFirst() }
        isOver = true
        waiting?.resume()
        waiting = nil
        return false
    }

    func exhausted() async {
        guard !isOver else { return }
        await withCheckedContinuation { waiting = $0 }
    }
}

private struct ServiceManager {
    let name: String
    private let socket: FileDescriptor

    init(_ name: String) throws {
        self.name = name
        #if os(Linux)
            let kind = Int32(SOCK_DGRAM.rawValue)
        #else
            let kind = SOCK_DGRAM
        #endif
        socket = try #require(FileDescriptor(Foundation.socket(AF_UNIX, kind, 0)))
        // A message that does not come fails the test and does not hold it.
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(name.utf8).enumerated().map { $0 == 0 && $1 == UInt8(ascii: "@") ? 0 : $1 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(
            MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path) + bytes.count)
        let number = socket.number
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, length) }
        }
        try #require(result == 0)
    }

    func receive() -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket.number, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
