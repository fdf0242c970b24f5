import Foundation
import Testing

@testable import Host

@Suite struct StateFileTests {
    @Test func isReplacedAsAWhole() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/a.list"
        #expect(try StateFile.read(path, limit: 10) == nil)
        #expect(StateFile.Version(path) == nil)
        try StateFile.replace(path, [1, 2, 3])
        let first = StateFile.Version(path)
        #expect(first != nil && first == StateFile.Version(path))
        #expect(try scratch.mode("a.list") == 0o600)
        try StateFile.replace(path, [4, 5, 6])
        #expect(try StateFile.read(path, limit: 3) == [4, 5, 6])
        #expect(StateFile.Version(path) != first)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["a.list"])
    }

    /// What a process left that was killed while it wrote is in nobody's way.
    @Test func writesOverWhatWasLeft() throws {
        let scratch = try Scratch()
        try scratch.file("a.list.new-\(getpid())", "half")
        try StateFile.replace(scratch.path + "/a.list", [1])
        #expect(try StateFile.read(scratch.path + "/a.list", limit: 1) == [1])
    }

    @Test func saysWhatCannotBeRead() throws {
        let scratch = try Scratch()
        let path = try scratch.file("a.list", "four")
        let long = #expect(throws: HostError.self) { try StateFile.read(path, limit: 3) }
        #expect(long?.code == .unusable && long?.subject == path)
        let folder = #expect(throws: HostError.self) { try StateFile.read(scratch.path, limit: 3) }
        #expect(folder?.detail == "is not a regular file")
        #expect(mkfifo(scratch.path + "/fifo", 0o600) == 0)
        #expect(throws: HostError.self) { try StateFile.read(scratch.path + "/fifo", limit: 3) }
        #expect(throws: HostError.self) { try StateFile.replace(scratch.path + "/none/a.list", [1]) }
    }
}
