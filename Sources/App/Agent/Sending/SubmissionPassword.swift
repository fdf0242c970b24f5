import Host
import PixelServer
import Secrets
import Settings
import Tokens

/// What mail programs log in with at the proxy.
package enum SubmissionPassword {
    private static let randomBytes = 15

    /// Made, with the directory for it, if the configuration names none and there is none yet.
    package static func makeIfMissing(_ settings: Settings.Submission) throws(HostError) {
        guard settings.isPasswordMade, case .file(let path) = settings.password else { return }
        do {
            _ = try SecretFile.read(path)
        } catch  where error.code == .notFound {
            if let slash = path.lastIndex(of: "/") { try Directories.create(String(path[..<slash])) }
            try SecretFile.create(path, Secret(Base32.encode(systemRandomBytes(randomBytes))))
        }
    }
}
