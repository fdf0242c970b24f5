import Foundation
import Testing

@testable import Settings

/// Real files with real modes.
@Suite final class LoadTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString)")
    private var path: String { folder.appending(path: "config.toml").path }

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: folder) }

    private func write(_ login: String, mode: Int) throws {
        let text = """
            [[account]]
            imap = "imaps://imap.example.org"
            user = "me"
            \(login)
            """
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func problem(filesMustExist: Bool = true) -> String? {
        do throws(SettingsProblems) {
            _ = try Settings.load(path, filesMustExist: filesMustExist)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [(0o600, nil), (0o640, "expected mode 0600"), (0o644, "expected mode 0600")] as [(Int, String?)])
    func aPasswordNeedsAPrivateFile(_ mode: Int, _ expected: String?) throws {
        try write("password = \"x\"", mode: mode)
        let problem = problem()
        #expect(expected.map { problem?.contains($0) == true } ?? (problem == nil))
    }

    @Test(arguments: [0o620, 0o602, 0o666])
    func refusesAFileThatOthersWrite(_ mode: Int) throws {
        try write("password_command = [\"pass\"]", mode: mode)
        #expect(problem()?.contains("others can write it") == true)
    }

    @Test func namesTheFileThatIsNotThere() throws {
        try write("password_file = \"secret\"", mode: 0o644)
        #expect(
            problem()?.hasPrefix("\(path):4:17: account[1].password_file: \"\(folder.path)/secret\": No such") == true)
        #expect(problem(filesMustExist: false) == nil)
        try Data().write(to: folder.appending(path: "secret"))
        #expect(problem() == nil)
    }

    /// The list is as much a file that names commands as the configuration is.
    @Test func refusesAListThatOthersWrite() throws {
        try write("password_file = \"config.toml\"\neach = \"people.csv\"", mode: 0o644)
        let list = folder.appending(path: "people.csv").path
        let place = "\(path):5:8: account[1].each: \"\(list)\" "
        #expect(problem() == place + "cannot be read: No such file or directory; expected a list of accounts there")
        try Data("user\nann\n".utf8).write(to: URL(filePath: list))
        try FileManager.default.setAttributes([.posixPermissions: 0o622], ofItemAtPath: list)
        #expect(problem()?.hasPrefix(place + "others can write it") == true)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: list)
        #expect(problem() == nil)
    }

    @Test func refusesWhatIsNoFile() throws {
        #expect(problem()?.contains("No such file or directory; expected a configuration there") == true)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(problem()?.contains("is not a regular file") == true)
        try FileManager.default.removeItem(atPath: path)
        #expect(mkfifo(path, 0o600) == 0)
        #expect(problem()?.contains("is not a regular file") == true)
    }

    @Test func refusesAFileOfMoreThanAMegabyte() throws {
        try Data(repeating: 0x0A, count: (1 << 20) + 1).write(to: URL(filePath: path))
        #expect(problem()?.contains("larger than 1 MB") == true)
    }
}
