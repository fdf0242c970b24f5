import CLinux
import Glibc

/// Listens for TCP connections, on the poller's thread.
package actor Listener {
    /// A connection that belongs to whoever was given it.
    package struct Accepted: Sendable {
        /// Neither blocks nor is inherited.
        package let socket: Int32
        /// The address at the other end, for people.
        package let peer: String

        package init(socket: Int32, peer: String) {
            self.socket = socket
            self.peer = peer
        }
    }

    /// Why an address cannot be listened on.
    package struct Failure: Error, Sendable { package let reason: String }

    package nonisolated let port: Int
    private let poller: Poller
    private var socket: Int32?
    private var waiter: (id: Int, continuation: CheckedContinuation<Void, Never>)?
    /// Somebody was to be woken who did not wait yet.
    private var isDue = false
    private var lastID = 0

    /// How long it waits where the process or the system has no room for one more connection.
    private static let pause = Duration.milliseconds(250)

    /// On the first address of the host that can be used; `port` 0 lets the system choose. Looks the name up, and waits
    /// for that.
    package init(host: String, port: Int, backlog: Int32 = 256, on poller: Poller) throws(Failure) {
        self.poller = poller
        let socket = try Self.listen(host, port, backlog)
        self.socket = socket
        self.port = Self.port(of: socket)
    }

    /// Whether somebody waits for a connection.
    var hasWaiter: Bool { waiter != nil }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { poller.asUnownedSerialExecutor() }

    /// The next connection; waits for it. `nil` once it is closed, or the task is cancelled. One caller at a time.
    package func accept() async -> Accepted? {
        while let socket, !Task.isCancelled {
            var storage = sockaddr_storage()
            let accepted = clinux_accept(socket, &storage)
            if accepted >= 0 {
                var on: Int32 = 1
                setsockopt(accepted, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
                return Accepted(socket: accepted, peer: Self.text(of: storage))
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EAGAIN: await wait(for: socket)
            // The next one would fail as well, at once and again.
            default: await pause()
            }
        }
        return nil
    }

    /// Takes no more connections.
    package func close() {
        guard let socket else { return }
        self.socket = nil
        poller.unwatch(socket)
        poller.cancelTimer(of: self)
        Glibc.close(socket)
        wake()
    }
}

extension Listener {
    private func wait(for socket: Int32) async {
        guard poller.watch(socket, for: .readable, { _ in self.wake() }) else { return await pause() }
        await untilWoken()
        // Closed meanwhile, its number may be somebody else's.
        if self.socket == socket { poller.unwatch(socket) }
    }

    private func pause() async {
        poller.setTimer(of: self, after: Self.pause) { self.wake() }
        await untilWoken()
        poller.cancelTimer(of: self)
    }

    private func untilWoken() async {
        lastID += 1
        let id = lastID
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiter = (id, continuation)
                // It may have come about on the way here.
                if isDue || socket == nil || Task.isCancelled { wake() }
            }
        } onCancel: {
            Task { await self.cancel(id) }
        }
    }

    private func cancel(_ id: Int) { if waiter?.id == id { wake() } }

    private func wake() {
        isDue = waiter == nil
        waiter?.continuation.resume()
        waiter = nil
    }
}

extension Listener {
    private static func listen(_ host: String, _ port: Int, _ backlog: Int32) throws(Failure) -> Int32 {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        let refusal = getaddrinfo(host, String(port), &hints, &first)
        guard refusal == 0 else { throw Failure(reason: String(cString: gai_strerror(refusal))) }
        defer { freeaddrinfo(first) }
        var error = EADDRNOTAVAIL
        var next = first
        while let address = next?.pointee {
            if let socket = listen(address, backlog) { return socket }
            error = errno
            next = address.ai_next
        }
        throw Failure(reason: String(cString: strerror(error)))
    }

    /// `nil` and errno if that cannot be.
    private static func listen(_ address: addrinfo, _ backlog: Int32) -> Int32? {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Glibc.socket(address.ai_family, type, 0)
        guard socket >= 0 else { return nil }
        var on: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if bind(socket, address.ai_addr, address.ai_addrlen) == 0, Glibc.listen(socket, backlog) == 0 { return socket }
        let error = errno
        Glibc.close(socket)
        errno = error
        return nil
    }

    private static func port(of socket: Int32) -> Int {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let known = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        return known == 0 ? names(of: storage).flatMap { Int($0.port) } ?? 0 : 0
    }

    private static func text(of storage: sockaddr_storage) -> String { names(of: storage)?.host ?? "unknown" }

    private static func names(of storage: sockaddr_storage) -> (host: String, port: String)? {
        var storage = storage
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let known = withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getnameinfo(
                    address, socklen_t(MemoryLayout<sockaddr_storage>.size), &host, socklen_t(host.count), &port,
                    socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV)
            }
        }
        guard known == 0 else { return nil }
        let text = { (name: [CChar]) in
            String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return (text(host), text(port))
    }
}
