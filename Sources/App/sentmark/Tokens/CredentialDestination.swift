import ArgumentParser
import Foundation
import Host
import Secrets

/// Where a new credential goes: a new file of mode 0600, or standard output.
struct CredentialDestination: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("A new file for the credential, mode 0600. Never overwritten.", valueName: "file"),
        completion: .file())
    var output: String?

    /// Throws where no file can be made. To be asked before there is a credential: each uses up one of the 16 keys that a
    /// name can have.
    func check() throws(Failure) {
        guard let path = output else { return }
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Failure(.configuration, "\(path): is there already", action: "name another file, or move it away")
        }
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw Failure(.permission, "\(folder): no file can be made there", action: "make the folder, mode 0700")
        }
    }

    /// `undo` is called when it cannot be written, before the error is thrown.
    func write(_ credential: Secret, undo: () throws -> Void) throws {
        do {
            if let path = output {
                try SecretFile.create(path, credential)
            } else {
                try StandardOutput.write(credential.reveal { $0 } + [UInt8(ascii: "\n")])
            }
        } catch {
            try undo()
            throw error
        }
    }
}
