import Foundation
import TestSupport

/// A disk on which no sync or, besides, no write succeeds while that is wished: a library that is loaded before the
/// program's others, since no kernel does this on request.
struct FailingDisk {
    enum Wish: String {
        /// What is written may be gone when the power goes.
        case sync
        /// As the kernel makes a disk read-only after errors, under files that are open for writing.
        case write = "read-only"
    }

    private let program: Program
    private let wish: URL
    private let library: URL

    init(under program: Program) throws {
        self.program = program
        wish = program.home.appending(path: "failing-disk")
        library = program.home.appending(path: "failing-disk.so")
        let source = try found(
            Bundle.module.url(forResource: "Fixtures/failing-disk", withExtension: "c"), "failing-disk.c")
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/env")
        // The one that comes with Swift, or what links Swift's programs.
        compiler.arguments = [
            "sh", "-c", #"$(command -v clang || command -v cc) -shared -fPIC -o "$1" "$0""#, source.path, library.path,
        ]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else {
            throw Program.Failure(description: "\(source.path) cannot be compiled: no clang and no cc?")
        }
    }

    func start() throws {
        try program.start(within: ["env", "LD_PRELOAD=\(library.path)", "FAILING_DISK=\(wish.path)"])
    }

    func begin(_ what: Wish) throws { try Data(what.rawValue.utf8).write(to: wish) }
    func end() throws { try FileManager.default.removeItem(at: wish) }
}
