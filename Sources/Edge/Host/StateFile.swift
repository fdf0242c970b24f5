import Foundation

/// A file of our state that is replaced as a whole: a crash leaves the old one or the new one.
package enum StateFile {
    /// What tells one edition of a file from another; a rename gives a new inode even within a tick of the clock.
    package struct Version: Sendable, Hashable {
        private let device: UInt64
        private let inode: UInt64
        private let size: Int64
        private let seconds: Int
        private let nanoseconds: Int

        /// `nil` when there is no file, or none that can be looked at.
        package init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            #if canImport(Darwin)
                let modified = status.st_mtimespec
            #else
                let modified = status.st_mtim
            #endif
            device = UInt64(truncatingIfNeeded: status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            seconds = Int(modified.tv_sec)
            nanoseconds = Int(modified.tv_nsec)
        }
    }

    /// All of a regular file of at most `limit` bytes; `nil` when it is not there.
    package static func read(_ path: String, limit: Int) throws(HostError) -> [UInt8]? {
        // Not blocking: a FIFO would wait for its writer.
        guard let file = FileDescriptor(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) else {
            if errno == ENOENT { return nil }
            throw .system(path, "cannot be read", action: "check the path and its permissions")
        }
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw HostError(code: .unusable, subject: path, detail: "is not a regular file", action: "move it away")
        }
        guard let bytes = file.read(limit: limit) else {
            throw .system(path, "cannot be read", action: "check the disk")
        }
        guard bytes.count <= limit else {
            throw HostError(
                code: .unusable, subject: path, detail: "is larger than \(limit >> 20) MB", action: "move it away")
        }
        return bytes
    }

    /// On disk when this returns, mode 0600, in place of what was there.
    package static func replace(_ path: String, _ bytes: [UInt8]) throws(HostError) {
        let temporary = "\(path).new-\(getpid())"
        unlink(temporary)
        guard let file = FileDescriptor(open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)) else {
            throw .system(path, "cannot be written", action: "check the permissions of its directory")
        }
        guard file.write(bytes), fsync(file.number) == 0, rename(temporary, path) == 0 else {
            let error = HostError.system(path, "cannot be written", action: "check the space on the disk")
            unlink(temporary)
            throw error
        }
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        if let folder = FileDescriptor(open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) { fsync(folder.number) }
    }
}
