import Foundation

/// Files that only their owner may read, written so that a crash leaves the old or the new, never a part.
enum PrivateFile {
    /// Refuses what is not a plain file of ours, can be read or written by others, or is larger than `maximum` bytes.
    /// `nil` when it does not exist.
    static func read(_ url: URL, maximum: Int) throws(PixelServerError) -> [UInt8]? {
        let descriptor = open(url.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw refusal(url, errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw refusal(url, errno) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() || geteuid() == 0 else {
            throw PixelServerError(
                .permission, "\(url.path): not a plain file of the user who runs this",
                .needsUser("make it one, or name another file"))
        }
        guard status.st_mode & 0o077 == 0 else {
            throw PixelServerError(
                .permission, "\(url.path): others can read or write it", .needsUser("run: chmod 600 '\(url.path)'"))
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Foundation.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw refusal(url, errno) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= maximum else {
                throw PixelServerError(
                    .unreadable, "\(url.path): larger than \(maximum) bytes", .needsUser("restore it from a backup"))
            }
        }
    }

    /// Mode 0600, on disk when it returns. With `exclusive`, a file that is there already stays and the result is false.
    @discardableResult
    static func write(_ bytes: [UInt8], to url: URL, exclusive: Bool = false) throws(PixelServerError) -> Bool {
        let temporary = url.path + ".new-\(getpid())"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw refusal(url, errno) }
        defer { unlink(temporary) }
        var rest = bytes[...]
        var failure: Int32 = 0
        while !rest.isEmpty, failure == 0 {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { failure = errno }
        }
        if failure == 0, fsync(descriptor) != 0 { failure = errno }
        close(descriptor)
        if failure == 0, (exclusive ? link(temporary, url.path) : rename(temporary, url.path)) != 0 { failure = errno }
        if exclusive, failure == EEXIST { return false }
        guard failure == 0 else { throw refusal(url, failure) }
        try syncDirectory(of: url)
        return true
    }

    static func makeDirectory(_ url: URL) throws(PixelServerError) {
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw PixelServerError(
                .permission, "\(url.path): cannot be created", .needsUser("create it, or name another directory"))
        }
    }

    /// A copy of a private file, mode 0600, on disk when it returns; a file that is there stays, and is an error.
    /// False when there is nothing to copy.
    static func copy(_ source: URL, to copy: URL) throws(PixelServerError) -> Bool {
        guard let bytes = try read(source, maximum: 1 << 24) else { return false }
        guard try write(bytes, to: copy, exclusive: true) else { throw refusal(copy, EEXIST) }
        return true
    }

    static func refusal(_ url: URL, _ number: Int32) -> PixelServerError {
        let detail = "\(url.path): \(String(cString: strerror(number)))"
        return switch number {
        case ENOSPC, EDQUOT: PixelServerError(.full, detail, .needsUser("make room on the disk"))
        case EEXIST: PixelServerError(.permission, detail, .needsUser("name a place where there is none"))
        case EROFS:
            PixelServerError(
                .permission, detail, .needsUser("mount the file system for writing, or name another place"))
        case EACCES, EPERM, ELOOP: PixelServerError(.permission, detail, .needsUser("check its owner and mode"))
        default: PixelServerError(.storage, detail, .needsUser("check the path and the disk"))
        }
    }

    static func syncDirectory(of url: URL) throws(PixelServerError) {
        let descriptor = open(url.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw refusal(url, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw refusal(url, errno) }
    }
}

/// An exclusive lock on a file, held until it is released or the process ends.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// `nil` when another holder has it.
    init?(_ url: URL, wait: Bool = false) throws(PixelServerError) {
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw PrivateFile.refusal(url, errno) }
        while flock(descriptor, LOCK_EX | (wait ? 0 : LOCK_NB)) != 0 {
            if errno == EINTR { continue }
            let number = errno
            close(descriptor)
            if number == EWOULDBLOCK { return nil }
            throw PrivateFile.refusal(url, number)
        }
        self.descriptor = descriptor
    }

    /// The lock is free for the next holder even while this object, or a child process, still has the file open.
    func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}
