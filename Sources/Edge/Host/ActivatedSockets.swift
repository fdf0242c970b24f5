import Foundation

/// The listening sockets that the service manager hands to its service: sd_listen_fds(3).
package struct ActivatedSockets: Sendable, Equatable {
    /// The first that the manager hands over.
    static let first: CInt = 3
    /// More than any service of ours has.
    private static let limit = 16

    /// In the manager's order, by the name that the socket unit gives (`FileDescriptorName=`).
    package let sockets: [(name: String, descriptor: CInt)]

    /// `nil` when there are none for this process.
    package init?(environment: [String: String] = ProcessInfo.processInfo.environment, process: Int32 = getpid()) {
        guard environment["LISTEN_PID"].flatMap(Int32.init) == process,
            let count = environment["LISTEN_FDS"].flatMap(Int.init), (1...Self.limit).contains(count)
        else { return nil }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
        sockets = (0..<count).map { index in
            (index < names.count ? String(names[index]) : "", Self.first + CInt(index))
        }
    }

    /// The first of that name; `nil` when there is none.
    package func descriptor(named name: String) -> CInt? { sockets.first { $0.name == name }?.descriptor }

    /// The first of another name.
    package func descriptor(notNamed name: String) -> CInt? { sockets.first { $0.name != name }?.descriptor }

    /// Programs that we start do not get them.
    package func closeOnExec() { for socket in sockets { _ = fcntl(socket.descriptor, F_SETFD, FD_CLOEXEC) } }

    package static func == (a: ActivatedSockets, b: ActivatedSockets) -> Bool {
        a.sockets.elementsEqual(b.sockets) { $0 == $1 }
    }
}
