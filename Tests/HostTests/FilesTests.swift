import Foundation
import Secrets
import Testing

@testable import Host

@Suite struct DirectoriesTests {
    @Test(
        arguments: [
            (["HOME": "/h"], ["/h/.config/sentmark", "/h/.local/state/sentmark", "/h/.local/state/sentmark/run"]),
            (
                ["HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": "/r"],
                ["/c/sentmark", "/s/sentmark", "/r/sentmark"]
            ),
            (
                ["HOME": "/h", "XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": "", "XDG_RUNTIME_DIR": "/r"],
                ["/h/.config/sentmark", "/h/.local/state/sentmark", "/r/sentmark"]
            ),
        ] as [([String: String], [String])])
    func followXDG(_ environment: [String: String], _ expected: [String]) {
        let directories = Directories(environment: environment)
        #expect([directories.configuration, directories.state, directories.runtime] == expected)
    }

    @Test func areMadePrivateAndLeftAlone() throws {
        let scratch = try Scratch()
        let environment = ["HOME": scratch.path, "XDG_RUNTIME_DIR": scratch.path + "/run"]
        try Directories(environment: environment).create()
        for folder in [".local", ".local/state/sentmark", "run/sentmark"] {
            #expect(try scratch.mode(folder) == 0o700)
        }
        try scratch.file(".local/state/sentmark/agent.db", "x")
        try Directories(environment: environment).create()
        #expect(FileManager.default.fileExists(atPath: scratch.path + "/.local/state/sentmark/agent.db"))
    }

    @Test(arguments: [(0o777, "others can write in it"), (0o720, "others can write in it")])
    func refuseAFolderThatOthersWriteIn(_ mode: Int, _ detail: String) throws {
        let scratch = try Scratch()
        let path = scratch.path + "/open"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let error = #expect(throws: HostError.self) { try Directories.create(path) }
        #expect(error?.code == .unsafe && error?.detail == detail)
    }

    @Test func refuseAFileInTheWay() throws {
        let scratch = try Scratch()
        let path = try scratch.file("state", "x")
        #expect(throws: HostError.self) { try Directories.create(path) }
        #expect(throws: HostError.self) { try Directories.create(path + "/below") }
    }
}

@Suite struct SecretFileTests {
    @Test(arguments: [
        ("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret"), ("secret\n\n", "secret\n"),
        (" two words ", " two words "),
    ])
    func loseOneLineEnd(_ content: String, _ secret: String) throws {
        let scratch = try Scratch()
        #expect(try SecretFile.read(scratch.file("s", content)) == Secret(secret))
    }

    @Test(arguments: [0o640, 0o604, 0o644, 0o620, 0o601, 0o660])
    func areRefusedWithRightsForOthers(_ mode: Int) throws {
        let scratch = try Scratch()
        let path = try scratch.file("s", "secret", mode: mode)
        let error = #expect(throws: HostError.self) { try SecretFile.read(path) }
        #expect(error?.code == .unsafe && error?.action == "chmod 600 \(path)")
    }

    @Test(arguments: [0o600, 0o400])
    func areReadThroughALink(_ mode: Int) throws {
        let scratch = try Scratch()
        let path = try scratch.file("s", "secret", mode: mode)
        try FileManager.default.createSymbolicLink(atPath: scratch.path + "/link", withDestinationPath: path)
        #expect(try SecretFile.read(scratch.path + "/link") == Secret("secret"))
    }

    @Test(arguments: ["", "\n", String(repeating: "x", count: 65_537)])
    func areNeitherEmptyNorHuge(_ content: String) throws {
        let scratch = try Scratch()
        let path = try scratch.file("s", content)
        let error = #expect(throws: HostError.self) { try SecretFile.read(path) }
        #expect(error?.code == .unusable)
    }

    @Test func areFiles() throws {
        let scratch = try Scratch()
        #expect(mkfifo(scratch.path + "/fifo", 0o600) == 0)
        let codes = [scratch.path, scratch.path + "/fifo", scratch.path + "/none"].map { path in
            #expect(throws: HostError.self) { try SecretFile.read(path) }?.code
        }
        #expect(codes == [.unusable, .unusable, .notFound])
    }

    @Test func belongToUs() throws {
        let scratch = try Scratch()
        // Root can give a file away; everybody else has root's to look at.
        let path = try geteuid() == 0 ? scratch.file("s", "secret") : "/etc/passwd"
        if geteuid() == 0 { #expect(chown(path, 65_534, 65_534) == 0) }
        let error = #expect(throws: HostError.self) { try SecretFile.read(path) }
        #expect(error?.code == .unsafe && error?.detail == "belongs to another user")
    }

    @Test(arguments: [(0o777, HostError.Code.unsafe), (0o770, .unsafe), (0o1777, nil), (0o755, nil)])
    func areNotInAFolderThatOthersWriteIn(_ mode: Int, _ code: HostError.Code?) throws {
        let scratch = try Scratch()
        let path = try scratch.file("s", "secret")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: scratch.path)
        do throws(HostError) {
            _ = try SecretFile.read(path)
            #expect(code == nil)
        } catch {
            #expect(error.code == code)
        }
    }

    @Test func areMadePrivateAndNeverOverwritten() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/new"
        try SecretFile.create(path, Secret("one"))
        #expect(try scratch.mode("new") == 0o600)
        let error = #expect(throws: HostError.self) { try SecretFile.create(path, Secret("two")) }
        #expect(error?.code == .system(EEXIST))
        #expect(try SecretFile.read(path) == Secret("one"))
    }

    @Test func comeFromSystemd() throws {
        let scratch = try Scratch()
        // systemd's own mode for a credential.
        try scratch.file("mail", "secret\n", mode: 0o440)
        let environment = ["CREDENTIALS_DIRECTORY": scratch.path]
        #expect(try SystemdCredential.read("mail", environment: environment) == Secret("secret"))
        for (name, environment) in [("mail", [:]), ("other", environment), ("../mail", environment), ("", environment)]
        {
            #expect(throws: HostError.self) { try SystemdCredential.read(name, environment: environment) }
        }
    }
}

@Suite struct DiskSpaceTests {
    @Test func isReadWhereThereIsADisk() throws {
        let space = try DiskSpace(at: "/")
        #expect(space.total > 0 && space.available <= space.total)
        let error = #expect(throws: HostError.self) { try DiskSpace(at: "/nowhere/at/all") }
        #expect(error?.code == .notFound)
    }

    @Test func clocksGoOn() {
        let clock = HostClock.system
        let (first, second) = (clock.elapsed(), clock.elapsed())
        #expect(first <= second && first > .zero)
        #expect(clock.now() > Date(timeIntervalSince1970: 1_700_000_000))
    }
}
