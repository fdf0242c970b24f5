#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The bytes of a configuration, or of a list that it names, and who else can read them.
struct PlainFile {
    let bytes: [UInt8]
    let isPrivate: Bool

    init(bytes: [UInt8], isPrivate: Bool) {
        self.bytes = bytes
        self.isPrivate = isPrivate
    }

    /// Up to one byte more than `maximumBytes`, so that its parser can tell.
    /// `expected`: what somebody should do who has none there.
    init(_ path: String, maximumBytes: Int, expected: String) throws(Rejection) {
        func unreadable(_ expected: String) -> Rejection {
            Rejection(what: "cannot be read: " + String(cString: strerror(errno)), expected: expected)
        }
        // Not blocking: a FIFO would otherwise wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(expected) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Rejection(what: "is not a regular file", expected: "a regular file")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & 0o022 == 0 else {
            throw Rejection(
                what: "others can write it, and it says which commands to run",
                expected: "your own file, writable by nobody else: chmod go-w")
        }
        isPrivate = status.st_mode & 0o077 == 0
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= maximumBytes {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable("a file") }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        self.bytes = bytes
    }
}
