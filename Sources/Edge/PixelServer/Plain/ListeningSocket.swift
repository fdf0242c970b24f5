import Foundation
import Opens

/// A socket that listens for TCP connections.
enum ListeningSocket {
    /// On the first address of the host that can be used; `port` 0 lets the system choose. The errno of the last one
    /// otherwise.
    static func open(host: String, port: Int, backlog: CInt = 4096) throws(Failure) -> CInt {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = streamSocket
        var first: UnsafeMutablePointer<addrinfo>?
        let refusal = getaddrinfo(host, String(port), &hints, &first)
        guard refusal == 0 else { throw Failure(why: String(cString: gai_strerror(refusal))) }
        defer { freeaddrinfo(first) }
        var error = EADDRNOTAVAIL
        var next = first
        while let address = next?.pointee {
            let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
            if descriptor >= 0 {
                var on: CInt = 1
                setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
                if fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0, makeNonblocking(descriptor),
                    bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, backlog) == 0
                {
                    return descriptor
                }
            }
            error = errno
            if descriptor >= 0 { close(descriptor) }
            next = address.ai_next
        }
        throw Failure(why: String(cString: strerror(error)))
    }

    /// One that was made by somebody else, ready to accept without waiting; `Failure` if it does not listen.
    static func inherit(_ descriptor: CInt) throws(Failure) {
        var listens: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, makeNonblocking(descriptor)
        else {
            throw Failure(why: String(cString: strerror(errno)))
        }
        guard listens != 0 else { throw Failure(why: String(cString: strerror(EINVAL))) }
    }

    /// The local address: as text with its port, and the port.
    static func address(of descriptor: CInt) -> (text: String, port: Int)? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let done = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard done == 0, let (address, port) = IPAddress.read(storage) else { return nil }
        return (address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)", port)
    }

    struct Failure: Error { let why: String }

    private static func makeNonblocking(_ descriptor: CInt) -> Bool {
        let flags = fcntl(descriptor, F_GETFL)
        return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0
    }

    #if canImport(Darwin)
        private static let streamSocket = SOCK_STREAM
    #else
        private static let streamSocket = CInt(SOCK_STREAM.rawValue)
    #endif
}

extension IPAddress {
    /// Of an Internet socket address, with the port.
    static func read(_ storage: sockaddr_storage) -> (IPAddress, Int)? {
        withUnsafePointer(to: storage) { pointer in
            switch CInt(storage.ss_family) {
            case AF_INET:
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { name in
                    IPAddress(bytes: withUnsafeBytes(of: name.pointee.sin_addr) { Array($0) })
                        .map { ($0, Int(UInt16(bigEndian: name.pointee.sin_port))) }
                }
            case AF_INET6:
                pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { name in
                    IPAddress(bytes: withUnsafeBytes(of: name.pointee.sin6_addr) { Array($0) })
                        .map { ($0, Int(UInt16(bigEndian: name.pointee.sin6_port))) }
                }
            default: nil
            }
        }
    }
}
