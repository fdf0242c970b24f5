import Foundation
import Secrets

/// A file with one secret in it, that nobody but its owner can read.
package enum SecretFile {
    package static let maximumBytes = 65_536

    /// Reads it, without one line end at its end.
    ///
    /// A link is followed: what it leads to must be a regular file of ours, without any right for group and others, in
    /// a directory where others cannot replace it. 64 KB at most; empty is an error.
    package static func read(_ path: String) throws(HostError) -> Secret {
        try read(path, checked: true)
    }

    /// `checked` is false for files whose protection is somebody else's business.
    static func read(_ path: String, checked: Bool) throws(HostError) -> Secret {
        // Not blocking: a FIFO would wait for its writer.
        guard let file = FileDescriptor(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) else {
            throw .system(path, "cannot be read", action: "check the path and its permissions")
        }
        var status = stat()
        guard fstat(file.number, &status) == 0 else {
            throw .system(path, "cannot be read", action: "check the path and its permissions")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw HostError(
                code: .unusable, subject: path, detail: "is not a regular file", action: "name the file with the secret"
            )
        }
        if checked { try check(path, status) }
        guard var bytes = file.read(limit: maximumBytes) else {
            throw .system(path, "cannot be read", action: "check the disk")
        }
        guard bytes.count <= maximumBytes else {
            throw HostError(
                code: .unusable, subject: path, detail: "is larger than 64 KB", action: "name the file with the secret")
        }
        if bytes.last == UInt8(ascii: "\n") {
            bytes.removeLast()
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        }
        guard !bytes.isEmpty else {
            throw HostError(code: .unusable, subject: path, detail: "is empty", action: "write the secret into it")
        }
        return Secret(bytes)
    }

    /// Writes a new file, mode 0600. One that is there is never overwritten. On disk when this returns.
    package static func create(_ path: String, _ secret: Secret) throws(HostError) {
        guard let file = FileDescriptor(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)) else {
            throw .system(path, "cannot be made", action: "name a file that is not there, in a folder that is")
        }
        let isWritten = secret.reveal { file.write($0 + [UInt8(ascii: "\n")]) } && fsync(file.number) == 0
        guard isWritten else {
            let error = HostError.system(path, "cannot be written", action: "check the space on the disk")
            unlink(path)
            throw error
        }
        if let folder = FileDescriptor(open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
            fsync(folder.number)
        }
    }

    private static func check(_ path: String, _ status: stat) throws(HostError) {
        guard status.st_uid == geteuid() else {
            throw HostError(
                code: .unsafe, subject: path, detail: "belongs to another user", action: "chown it to yourself")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw HostError(
                code: .unsafe, subject: path,
                detail: "others have rights on it (mode \(String(status.st_mode & 0o777, radix: 8)))",
                action: "chmod 600 \(path)")
        }
        guard let real = realpath(path, nil) else {
            throw .system(path, "cannot be read", action: "check the path and its permissions")
        }
        defer { free(real) }
        let folder = parent(of: String(cString: real))
        var above = stat()
        // In a sticky directory such as /tmp others can make files and not replace this one.
        guard stat(folder, &above) == 0, above.st_mode & 0o022 == 0 || above.st_mode & S_ISVTX != 0 else {
            throw HostError(
                code: .unsafe, subject: path, detail: "others can replace it: they can write in \(folder)",
                action: "chmod go-w \(folder)")
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// A secret that systemd hands to the service (`LoadCredential=`).
package enum SystemdCredential {
    /// Reads `$CREDENTIALS_DIRECTORY/NAME`. Its protection is systemd's: the modes differ between its versions.
    package static func read(
        _ name: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(HostError) -> Secret {
        guard !name.isEmpty, !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 < 0x20 }), name != ".",
            name != ".."
        else {
            throw HostError(
                code: .unusable, subject: "credential", detail: "has a name that cannot be one",
                action: "use the name in LoadCredential=")
        }
        guard let folder = environment["CREDENTIALS_DIRECTORY"], folder.hasPrefix("/") else {
            throw HostError(
                code: .notFound, subject: "credential \(name)", detail: "this process has no credentials from systemd",
                action: "run it as a service with LoadCredential=\(name):PATH in its unit")
        }
        return try SecretFile.read("\(folder)/\(name)", checked: false)
    }
}
